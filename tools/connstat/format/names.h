/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What things are called in output.
 */
#ifndef TOOLS_NAMES_H
#define TOOLS_NAMES_H

/* The name of a type's count: "ws_sockets" for the default types, any other type's own name. */
const char *name_of_count(const char *type_name);

const char *name_of_kind(int kind);       /* "channel", "connection" */
const char *name_of_refusal(int refusal); /* "full", "size", "invalid", "workers", "limit" */
const char *name_of_cause(int cause);     /* "died", "exited", "signalled", "execed" */

/* "SIGSEGV"; "signal 40" where it has no name. Returns buf or a constant. */
const char *name_of_signal(int number, char *buf, unsigned long size);

#endif
