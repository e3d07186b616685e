/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef TOOLS_WORKERS_H
#define TOOLS_WORKERS_H

#include <connstat.h>

/* How many workers live. A negative errno: what connstat_for_each_worker says. */
int workers_count(connstat_t *cs);

#endif
