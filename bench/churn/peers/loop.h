/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The work itself, inlined into each peer so that none pays for an indirect call.
 */
#ifndef LOOP_H
#define LOOP_H

#include "peer.h"

typedef uint64_t (*add_fn)(void *session, const struct record *record);
typedef void (*remove_fn)(void *session, uint64_t id);

static inline __attribute__((always_inline)) const struct record *churn_record(struct churn *churn)
{
    return &churn->workload->records[churn->turn++ % WORKLOAD_RECORDS];
}

static inline __attribute__((always_inline)) void churn_fill(void *session, struct churn *churn,
                                                             add_fn add)
{
    for (uint64_t i = 0; i < churn->standing; i++)
        churn->ids[i] = add(session, churn_record(churn));
}

static inline __attribute__((always_inline)) void
churn_pairs(void *session, struct churn *churn, unsigned count, add_fn add, remove_fn remove)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t *id = &churn->ids[churn->hot ? 0 : random_below(&churn->random, churn->standing)];
        remove(session, *id);
        *id = add(session, churn_record(churn));
    }
}

#endif
