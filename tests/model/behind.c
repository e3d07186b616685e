/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A limit of one on a key, decided by one that is behind, by the real code: shm/keys/limit.c,
 * index.c, index_count.c, lib/file/mapping.c and shm/growth.c.
 *
 * Two registrations of one key race. The first has found the table full, grows it, and takes the
 * slot that came; the second has the last old one, in a process that has not followed yet. One and
 * one alone goes live.
 *   LOOKS  instead of the second one, the first has no limit, and a process that is behind looks
 *          the key up once it was told: it follows at its start, and finds the entry
 *   WRONG_SKIP_UNKNOWN  who is behind passes over cells of slots that it does not know, and never
 *                       answers INDEX_BEHIND
 *   WRONG_NO_FOLLOWING  a look-up does not follow
 *   FENCE_ORDER         a weaker order for the fence of index_decide
 */
#include "growing.h"

/* Each key has one home, and one tag. */
#define SHM_SIPHASH_H
static inline uint64_t siphash_two_words(const uint64_t secret[2], const uint64_t words[2])
{
    (void)secret, (void)words;
    return 1;
}

#define __builtin_prefetch(at, ...) ((void)(at))
#undef __SSE2__
#include "keys/index.c"
#include "keys/index_count.c"
#ifdef FENCE_ORDER
#undef atomic_thread_fence
#define atomic_thread_fence(order)                                                                 \
    __c11_atomic_thread_fence(WEAKER(order, memory_order_seq_cst, FENCE_ORDER))
#endif
#include "keys/limit.c"
#ifdef FENCE_ORDER
#undef atomic_thread_fence
#define atomic_thread_fence __c11_atomic_thread_fence
#endif
#include "records/claim.c"

/* Nobody here has a second thread that counts. */
void shard_for_each_further(const struct segment *s, uint32_t record, shard_visit visit, void *arg)
{
    (void)s, (void)record, (void)visit, (void)arg;
}

enum { LIMIT = 1, TAG = 1 << 10 };

static const struct key_hash key = {{7, 8}, 0, TAG};
static bool is_live[PROCESSES];
static word_t told;

static void take_slot(int process, struct claim *claim)
{
    uint64_t as = slot_word(SLOT_CLAIMED, (uint32_t)process, 0) | SLOT_KEYED;
    uint32_t hand = process == FIRST ? THERE : 0;

    if (process == FIRST)
        assert(mapping_grow(&mappings[process], 0, THERE, SLOTS) == 0);
    assert(claim_find(&mappings[process].segment, 0, as, &hand, claim) == 0);
    assert((claim->slot == THERE) == (process == FIRST));
}

/* As try_register of lib/register_key.c. */
static void enter(int process, struct claim *claim, uint64_t *where)
{
    const struct segment *s = &mappings[process].segment;
    struct room room;

    take_slot(process, claim);
    room = index_find_room(s, 0, claim->slot, &key, UINT32_MAX);
    slot_begin_payload();
    index_set_key(segment_key_slot(s, 0, claim->slot), &key);
    assert(index_insert(s, 0, claim->slot, &key, &room, where) == 0);
}

/* As decide and decide_again there. */
static enum index_verdict decide(int process, const struct contender *me)
{
    struct mapping *mapping = &mappings[process];
    enum index_verdict verdict = index_decide(&mapping->segment, 0, &key, me);

    if (verdict == INDEX_BEHIND) {
        assert(process == SECOND && segment_is_behind(&mapping->segment));
        assert(mapping_keep_up(mapping) == 0);
        verdict = index_decide(&mapping->segment, 0, &key, me);
    }
    assert(verdict != INDEX_BEHIND); /* it grew once */
    return verdict;
}

static void *registers(void *argument)
{
    static const struct parked nothing[PARKED_SLOTS];
    static struct rival rivals[PROCESSES][2];
    int process = (int)(intptr_t)argument;
    _Atomic uint64_t *word;
    struct claim claim;
    struct contender me = {.limit = LIMIT, .parked = nothing, .rivals = rivals[process]};

    enter(process, &claim, &me.where);
    word = &segment_words(&mappings[process].segment, 0)[claim.slot];
    me.slot = claim.slot;
    me.word = slot_become(claim.word, SLOT_PENDING);
    store_rel(word, me.word);
    is_live[process] = decide(process, &me) == INDEX_GOES_LIVE;
    if (!is_live[process])
        store_rel(word, slot_become(claim.word, SLOT_RELEASING));
    return 0;
}

static void *registers_and_tells(void *argument)
{
    struct claim claim;
    uint64_t where;

    enter(FIRST, &claim, &where);
    slot_publish(&segment_words(&mappings[FIRST].segment, 0)[claim.slot], claim.word);
    store_rel(&told, 1);
    return argument;
}

static void *looks_up(void *argument)
{
    struct mapping *mapping = &mappings[SECOND];
    uint64_t was_told = load_acq(&told);

#ifndef WRONG_NO_FOLLOWING
    assert(mapping_keep_up(mapping) == 0);
#endif
    assert(index_count(&mapping->segment, NULL, 0, &key) >= was_told);
    return argument;
}

static void reset(void)
{
    segment_reset();
    memory.taken[0] &= ~1ull; /* the last old slot */
    memory.words[0] = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
        memory.buckets[bucket].reach = 0;
        for (uint32_t cell = 0; cell < BUCKET_CELLS; cell++)
            memory.buckets[bucket].cells[cell] = 0;
    }
#ifdef WRONG_SKIP_UNKNOWN
    mappings[SECOND].segment.geometry.types[0].maximum = THERE - 1;
#endif
    is_live[FIRST] = is_live[SECOND] = false;
    told = 0;
}

static void scenario(void)
{
    pthread_t threads[2];

    reset();
#ifdef LOOKS
    start(&threads[0], registers_and_tells, 0);
    start(&threads[1], looks_up, 0);
#else
    start(&threads[0], registers, FIRST);
    start(&threads[1], registers, SECOND);
#endif
    (void)registers, (void)registers_and_tells, (void)looks_up;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], 0);
#ifndef LOOKS
    assert(is_live[FIRST] + is_live[SECOND] == LIMIT);
#endif
}
