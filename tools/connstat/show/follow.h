/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Prints entries as they come and go, a line each, for list --follow and watch --entries.
 */
#ifndef TOOLS_FOLLOW_H
#define TOOLS_FOLLOW_H

#include "common/context.h"
#include "show/selecting.h"

struct follow {
    const struct context *context;
    connstat_t *cs;
    struct selecting *selecting; /* read, not bound */
    uint64_t limit;              /* how many lines to print */
    double interval_seconds;     /* 0 means a second */
    bool shows_first;            /* begins with a line for each entry that is there already */
};

/* Follow until the limit is reached, the segment is removed, or its reader has gone. Returns an
 * enum status. */
int follow_entries(const struct follow *follow);

#endif
