/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "records/shard.h"

#include "records/fate.h"

#include <errno.h>

/* Orders as in shard_read. */
struct shard_pair shard_read_again(const struct shard_type *type)
{
    struct shard_pair pair;

    for (int i = 0; i < 2; i++) {
        pair.opened = atomic_load_explicit(&type->opened, memory_order_acquire);
        pair.closed = atomic_load_explicit(&type->closed, memory_order_acquire);
        if (atomic_load_explicit(&type->opened, memory_order_relaxed) == pair.opened)
            break;
    }
    return pair;
}

/* Settles what the last holder left: it becomes lost (base = opened - closed) or, if that holder left in
 * order, closed (closed = opened - base). Either way opened - closed == base afterwards, so doing it
 * once more changes nothing. */
static void settle(const struct segment *s, struct shard *shard, bool left)
{
    struct shard_type *types = shard_types(shard);
    _Atomic uint64_t *base = shard_base(s, shard);
    uint64_t before = 0;

    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++) {
        uint64_t opened = atomic_load_explicit(&types[t].opened, memory_order_relaxed);
        uint64_t closed = atomic_load_explicit(&types[t].closed, memory_order_relaxed);

        if (left)
            atomic_store_explicit(&types[t].closed,
                                  opened - atomic_load_explicit(&base[t], memory_order_relaxed),
                                  memory_order_relaxed);
        else
            atomic_store_explicit(&base[t], opened - closed, memory_order_relaxed);
        for (uint32_t i = 0; i < PARKED_SLOTS; i++)
            atomic_store_explicit(&types[t].parked[i], 0, memory_order_relaxed);
        before += opened;
    }
    atomic_store_explicit(&shard->opened_before, before, memory_order_relaxed);
}

void shard_settle_record(const struct segment *s, uint32_t record)
{
    uint64_t word = atomic_load_explicit(&segment_record(s, record)->word, memory_order_relaxed);
    bool left = record_has_left(s, record, word);

    settle(s, segment_shard(s, shard_index_own(record)), left);
    settle(s, segment_shard(s, shard_index_shared(record)), left);
}

static void link_extra(const struct segment *s, uint32_t record, uint32_t index)
{
    struct record *r = segment_record(s, record);
    struct shard *shard = segment_shard(s, index);
    uint64_t head = atomic_load_explicit(&r->extra, memory_order_relaxed);

    /* release: with the acquire of who walks the list: the link behind the new head is written */
    do
        atomic_store_explicit(&shard->next, head, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&r->extra, &head, index + 1, memory_order_release,
                                                  memory_order_relaxed));
}

int64_t shard_take_extra(const struct segment *s, uint32_t record, uint64_t word)
{
    for (uint32_t n = 0; n < EXTRA_SHARDS; n++) {
        uint32_t index = shard_index_extra(s, n);
        struct shard *shard = segment_shard(s, index);
        uint64_t owner = atomic_load_explicit(&shard->owner, memory_order_relaxed);
        uint64_t mine = shard_owner_word(SHARD_OWNED, false, record, record_incarnation(word));

        /* acquire: with the release of shard_release_extra: it is settled */
        if (shard_state(owner) == SHARD_FREE &&
            atomic_compare_exchange_strong_explicit(&shard->owner, &owner, mine,
                                                    memory_order_acquire, memory_order_relaxed)) {
            link_extra(s, record, index);
            return index;
        }
    }
    return -EUSERS;
}

static bool is_held_by(uint64_t owner, uint32_t record, uint64_t word)
{
    return shard_state(owner) != SHARD_FREE && shard_record(owner) == record &&
           shard_incarnation(owner) == record_incarnation(word);
}

bool shard_has_extra(const struct segment *s, uint32_t record, uint64_t word)
{
    for (uint32_t n = 0; n < EXTRA_SHARDS; n++)
        if (is_held_by(atomic_load_explicit(&segment_shard(s, shard_index_extra(s, n))->owner,
                                            memory_order_relaxed),
                       record, word))
            return true;
    return false;
}

void shard_release_extra(const struct segment *s, uint32_t record, uint64_t word, uint32_t me,
                         uint64_t me_word)
{
    bool record_left = record_has_left(s, record, word);

    for (uint32_t n = 0; n < EXTRA_SHARDS; n++) {
        struct shard *shard = segment_shard(s, shard_index_extra(s, n));
        uint64_t owner = atomic_load_explicit(&shard->owner, memory_order_acquire);
        uint64_t settling;
        bool left;

        if (!is_held_by(owner, record, word))
            continue;
        /* Whoever adopts the shard carries on what the first one noted: how its holder ended. */
        left = shard_state(owner) == SHARD_SETTLING ? shard_left(owner) : record_left;
        settling = shard_owner_word(SHARD_SETTLING, left, me, record_incarnation(me_word));
        /* acquire: with the last counts of its holder. Weaker, it could be settled without them. */
        if (!atomic_compare_exchange_strong_explicit(&shard->owner, &owner, settling,
                                                     memory_order_acquire, memory_order_relaxed))
            continue;
        settle(s, shard, left);
        /* release: with shard_take_extra's acquire: the next holder counts on from here */
        atomic_store_explicit(&shard->owner, 0, memory_order_release);
    }
}

void shard_for_each_further(const struct segment *s, uint32_t record, shard_visit visit, void *arg)
{
    struct record *r = segment_record(s, record);
    uint64_t next = atomic_load_explicit(&r->extra, memory_order_acquire);

    if (atomic_load_explicit(&r->flags, memory_order_relaxed) & RECORD_SHARED)
        visit(s, segment_shard(s, shard_index_shared(record)), arg);
    /* Bounded: the list may be linked anew while we walk it, or be damaged, and lead in a circle.
     */
    for (uint32_t i = 0; i < EXTRA_SHARDS; i++) {
        uint64_t index = next - 1;

        if (index < shard_index_extra(s, 0) || index >= s->geometry.shard_count)
            return;
        visit(s, segment_shard(s, (uint32_t)index), arg);
        next = atomic_load_explicit(&segment_shard(s, (uint32_t)index)->next, memory_order_acquire);
    }
}
