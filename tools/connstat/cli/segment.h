/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Opening the segment that a command is about.
 */
#ifndef TOOLS_SEGMENT_H
#define TOOLS_SEGMENT_H

#include <connstat.h>

#include "common/context.h"

/* Open the segment for reading; entries of dead workers are hidden. False: the error was printed
 * and *status is the exit status. */
bool segment_open(const struct context *context, connstat_t **cs, int *status);

/* Open the segment for reading (or for writing), use it and close it. Returns an enum status: that
 * of use, or of the attempt to open. */
typedef int (*segment_use)(const struct context *context, connstat_t *cs, void *arg);
int segment_read(const struct context *context, segment_use use, void *arg);
int segment_write(const struct context *context, segment_use use, void *arg);

/* For a command that goes on: what has become of the segment since the last call with this
 * made_at_ns, 0 at first. A handle follows its name, so after SEGMENT_REPLACED all that was learned
 * of the segment (its types, ids, numbers of deaths) is another's. What is not as before is
 * printed on standard error. */
enum segment_fate { SEGMENT_STANDS, SEGMENT_REPLACED, SEGMENT_REMOVED };
enum segment_fate segment_look(const struct context *context, connstat_t *cs, int64_t *made_at_ns);

/* Find the type of that name; NULL means CONNSTAT_ANY_TYPE. False: there is none, which was
 * printed, and *status is the exit status. */
bool segment_type(const struct context *context, connstat_t *cs, const char *name, int *type,
                  int *status);

/* The types of those names, a bit each; no names: 0, which means all. False as above. */
struct type_names {
    const char *names[CONNSTAT_MAX_TYPES];
    size_t count;
};
bool segment_types(const struct context *context, connstat_t *cs, const struct type_names *wanted,
                   uint64_t *types, int *status);

/* Fill in the names of the segment's counts, by type. Returns how many there are. */
size_t segment_count_names(connstat_t *cs, const char *names[CONNSTAT_MAX_TYPES]);

#endif
