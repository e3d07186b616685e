/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "common/workers.h"

static int go_on(const struct connstat_worker *worker, void *arg)
{
    (void)worker, (void)arg;
    return 0;
}

int workers_count(connstat_t *cs)
{
    return connstat_for_each_worker(cs, go_on, NULL);
}
