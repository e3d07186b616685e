/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Counters. Each record has a shard of its own, for one thread, a shared one, for any thread of
 * the process, and as many extra ones as further threads could get. What lives is a sum over the
 * ALIVE records, so a death needs no correction; what was ever opened and closed is a sum over all
 * shards, which are never set back, so totals never fall.
 *
 *   live   = opened - closed - base            of a record that is ALIVE
 *   lost   = base                              of it, plus
 *            opened - closed                   of one that is not, unless it left in order
 */
#ifndef SHM_SHARD_H
#define SHM_SHARD_H

#include "segment.h"

/* One more. sole_writer: only this thread writes the shard; else any thread of the process may. */
static inline void counter_add(_Atomic uint64_t *counter, bool sole_writer)
{
    /* release: counters of one shard are read in the order in which they were written */
    if (likely(sole_writer))
        atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                              memory_order_release);
    else
        atomic_fetch_add_explicit(counter, 1, memory_order_release);
}

/* Of a record being joined: what its last holder left becomes lost, or closed if it left in order.
 * One writer; doing it again changes nothing. */
void shard_settle_record(const struct segment *s, uint32_t record);

/* An extra shard for a further thread of a living record; its index, or -EUSERS. */
int64_t shard_take_extra(const struct segment *s, uint32_t record, uint64_t word);

/* After the sweep of a record that is LEAVING or BURIED as word: give its extra shards back. The
 * one who does it has record me. */
void shard_release_extra(const struct segment *s, uint32_t record, uint64_t word, uint32_t me,
                         uint64_t me_word);

/* Does the holder of record, as of word, own extra shards, or has it adopted any to settle them? */
bool shard_has_extra(const struct segment *s, uint32_t record, uint64_t word);

/* Calls visit for each shard of an ALIVE record that may hold counts or parked slots, except the record's
 * own shard. A process with one thread has no other. */
typedef void (*shard_visit)(const struct segment *s, struct shard *shard, void *arg);
void shard_for_each_further(const struct segment *s, uint32_t record, shard_visit visit, void *arg);

static inline bool shard_has_further(const struct segment *s, uint32_t record)
{
    struct record *r = segment_record(s, record);

    return atomic_load_explicit(&r->extra, memory_order_relaxed) != 0 ||
           (atomic_load_explicit(&r->flags, memory_order_relaxed) & RECORD_SHARED) != 0;
}

/* Calls visit for each shard of an ALIVE record, its own included. */
static inline void shard_for_each(const struct segment *s, uint32_t record, shard_visit visit,
                                  void *arg)
{
    visit(s, segment_shard(s, shard_index_own(record)), arg);
    if (unlikely(shard_has_further(s, record)))
        shard_for_each_further(s, record, visit, arg);
}

struct shard_pair {
    uint64_t opened, closed;
};

/* shard_read where the writer came between. */
struct shard_pair shard_read_again(const struct shard_type *type);

/* opened and closed of one instant, unless the writer is too quick three times. acquire: with the
 * release of counter_add; weaker, the second look at opened could be taken before closed, and the
 * pair be of two instants. */
static inline struct shard_pair shard_read(const struct shard_type *type)
{
    uint64_t opened = atomic_load_explicit(&type->opened, memory_order_acquire);
    uint64_t closed = atomic_load_explicit(&type->closed, memory_order_acquire);

    if (unlikely(atomic_load_explicit(&type->opened, memory_order_relaxed) != opened))
        return shard_read_again(type);
    return (struct shard_pair){opened, closed};
}

#endif
