/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "records/moving.h"

#include "records/record.h"

#define LOOKS 200u /* at moves that are not over, of all records together */

/* The one shard that all threads of a record add to. */
static struct shard *shard_of(const struct segment *s, uint32_t record)
{
    return segment_shard(s, shard_index_shared(record));
}

uint64_t moving_begin(const struct segment *s, uint32_t record)
{
    /* relaxed: the release below carries it */
    atomic_fetch_add_explicit(&shard_of(s, record)->moves, 1, memory_order_relaxed);
    /* release: with the acquire in moving_last: who notes this number sees that the move has begun.
     * Weaker, it could take the move to be over that is still to come. */
    return atomic_fetch_add_explicit(&segment_header(s)->moves, 1, memory_order_release) + 1;
}

void moving_end(const struct segment *s, uint32_t record)
{
    /* release: with the acquire in is_at_rest: the exchange is before it. Weaker, a list could find the
     * move over, and the entry in its old type still. */
    atomic_fetch_add_explicit(&shard_of(s, record)->moves_done, 1, memory_order_release);
}

/* Are all moves over that the caller knows to have begun? Those of the dead are: there is nobody to
 * make the exchange. */
static bool is_at_rest(const struct segment *s, const struct hidden *hidden, uint32_t record)
{
    const struct shard *shard = shard_of(s, record);
    uint64_t word, done;

    if (!record_visible(s, hidden, record, &word))
        return true;
    /* acquire: with the release of moving_end; and before the load that follows: so many were done
     * when no more than so many had begun */
    done = atomic_load_explicit(&shard->moves_done, memory_order_acquire);
    /* More are done than begun where one was swept by mistake, and ended its move nevertheless. */
    return atomic_load_explicit(&shard->moves, memory_order_relaxed) <= done;
}

uint64_t moving_last(const struct segment *s, const struct hidden *hidden)
{
    struct live_walk walk = LIVE_WALK_BEGIN;
    /* acquire: with the release of moving_begin */
    uint64_t last = atomic_load_explicit(&segment_header(s)->moves, memory_order_acquire);
    uint32_t record, looks = LOOKS;

    if (last == 0)
        return 0;
    while ((record = live_walk_next(s, &walk)) != LIVE_WALK_END)
        if (record < s->geometry.shape.max_workers)
            while (unlikely(!is_at_rest(s, hidden, record)) && looks > 0)
                looks--;
    return last;
}
