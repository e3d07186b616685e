/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the header promises and the library is about to get; this file goes with the last of it.
 */
#include <connstat.h>
#include <errno.h>

int connstat_register_key(connstat_t *cs, int type, struct connstat_key key, uint32_t limit,
                          const struct connstat_field *metadata, size_t count, connstat_id *id)
{
    (void)key;
    return limit ? -ENOTSUP : connstat_register(cs, type, metadata, count, id);
}

uint64_t connstat_count_key(connstat_t *cs, int type, struct connstat_key key)
{
    (void)cs, (void)type, (void)key;
    return 0;
}

int64_t connstat_for_each_key(connstat_t *cs, int type, struct connstat_key key,
                              connstat_visit_fn visit, void *arg)
{
    (void)cs, (void)type, (void)key, (void)visit, (void)arg;
    return -ENOTSUP;
}

int connstat_check(connstat_t *cs, connstat_report_fn report, void *arg)
{
    (void)cs, (void)report, (void)arg;
    return -ENOTSUP;
}

int connstat_repair(connstat_t *cs)
{
    (void)cs;
    return -ENOTSUP;
}
