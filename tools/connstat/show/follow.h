/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Entries that come and go, a line each: list --follow and watch --entries.
 */
#ifndef TOOLS_FOLLOW_H
#define TOOLS_FOLLOW_H

#include "common/context.h"
#include "query/select.h"

struct follow {
    const struct context *context;
    connstat_t *cs;
    struct selection *selection; /* bound */
    uint64_t limit;              /* of lines */
    double interval_seconds;     /* 0: a second */
    bool shows_first;            /* a line for each that is there already */
};

/* Until the limit, the end of the segment or of whoever reads it. Returns an enum status. */
int follow_entries(const struct follow *follow);

#endif
