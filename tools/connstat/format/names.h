/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The words that output uses for types, kinds, causes and signals.
 */
#ifndef TOOLS_NAMES_H
#define TOOLS_NAMES_H

#include <connstat.h>

/* The name of a type's count: "ws_sockets" for the default types, any other type's own name. */
const char *name_of_count(const char *type_name);

/* The same within a segment: where another type has the plural for its name, the type's own. */
const char *name_of_count_in(connstat_t *cs, int type);

/* The type of that name, or whose count has it. -ENOENT: none. */
int type_of_name(connstat_t *cs, const char *name);

/* Whether in conditions it is an entry's own: id, type, pid ... */
bool name_is_of_entry(const char *name);

const char *name_of_kind(int kind);       /* "channel", "connection" */
const char *name_of_refusal(int refusal); /* "full", "size", "invalid", "workers", "limit" */
const char *name_of_cause(int cause);     /* "died", "exited", "signalled", "execed" */

/* "SIGSEGV"; "signal 40" where it has no name. Returns buf or a constant. */
const char *name_of_signal(int number, char *buf, unsigned long size);

#endif
