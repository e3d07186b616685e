/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat serve --audit: compares the entries with the kernel's sockets from time to time.
 */
#ifndef SERVE_AUDITOR_H
#define SERVE_AUDITOR_H

#include "net/look.h"

struct auditor {
    double period_seconds; /* 0: never */
    int64_t next_ns;       /* when to look next, by CLOCK_MONOTONIC */
    bool has_before;       /* the first of two looks found something: the next one decides */
    struct look before;
    struct watched_sockets found; /* by the last two */
};

/* Look if it is time for it; to be called every second. */
void auditor_tick(struct auditor *auditor, connstat_t *cs);
void auditor_free(struct auditor *auditor);

#endif
