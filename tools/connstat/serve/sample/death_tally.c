/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/sample/death_tally.h"

void death_tally_init(struct death_tally *tally)
{
    *tally = (struct death_tally){.lock = PTHREAD_MUTEX_INITIALIZER};
}

static void count_death(struct death_counts *counts, const struct connstat_death *death)
{
    switch (death->cause) {
    case CONNSTAT_SIGNALLED:
        if (death->status > 0 && death->status < DEATH_SIGNALS)
            counts->by_signal[death->status]++;
        else
            counts->died++;
        break;
    case CONNSTAT_EXITED:
        counts->exited++;
        break;
    case CONNSTAT_EXECED:
        counts->execed++;
        break;
    default:
        counts->died++;
    }
}

static int visit_death(const struct connstat_death *death, void *arg)
{
    struct death_tally *tally = arg;
    if (death->number <= tally->last)
        return 0;
    /* Between two updates more workers died than the segment keeps deaths: of these nobody knows
     * how. */
    tally->counts.died += death->number - tally->last - 1;
    count_death(&tally->counts, death);
    tally->last = death->number;
    return 0;
}

static int visit_first(const struct connstat_death *death, void *arg)
{
    *(uint64_t *)arg = death->number;
    return 1;
}

/* Returns the number of deaths to begin counting after. While the segment still knows all its
 * deaths, they are counted from the first one, so that a restarted server goes on with the same
 * numbers. Once it has forgotten some, counting begins with the next one: a counter that began in
 * the middle would look like a burst of deaths to Prometheus. */
static uint64_t first_baseline(connstat_t *cs)
{
    uint64_t first = 0;
    struct connstat_totals totals;
    connstat_for_each_death(cs, visit_first, &first);
    if (first == 1 || connstat_totals(cs, &totals) != 0)
        return 0;
    return totals.deaths;
}

void death_tally_update(struct death_tally *tally, connstat_t *cs, int64_t created_at_ns)
{
    pthread_mutex_lock(&tally->lock);
    if (created_at_ns != tally->created_at_ns) {
        tally->counts = (struct death_counts){0};
        tally->created_at_ns = created_at_ns;
        tally->last = first_baseline(cs);
    }
    connstat_for_each_death(cs, visit_death, tally);
    pthread_mutex_unlock(&tally->lock);
}

struct death_counts death_tally_counts(struct death_tally *tally)
{
    pthread_mutex_lock(&tally->lock);
    struct death_counts counts = tally->counts;
    pthread_mutex_unlock(&tally->lock);
    return counts;
}
