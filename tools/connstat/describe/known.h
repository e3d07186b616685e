/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which of connstat_system_stats' numbers mean something: its struct has 0 for the others, too.
 */
#ifndef TOOLS_KNOWN_H
#define TOOLS_KNOWN_H

#include <connstat.h>

struct known {
    bool usage;  /* open files and memory: /proc told of every worker */
    bool uptime; /* the segment was made by a clock that was set */
};

int known_read(struct known *known, connstat_t *cs); /* 0 or a negative errno */

#endif
