/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef TOOLS_WORKERS_H
#define TOOLS_WORKERS_H

#include <connstat.h>

/* How many workers live; or the negative errno of connstat_for_each_worker. */
int workers_count(connstat_t *cs);

#endif
