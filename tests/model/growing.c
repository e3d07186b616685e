/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A table grows beside those who claim and sweep, by the real code: lib/file/mapping.c, shm/growth.c,
 * shm/records/claim.c and shm/records/sweep.c.
 *
 * Two workers, each of a process of its own, find the table full, grow it, follow and claim. The
 * first one dies after its step STOP (0: never). A sweeper that opened the segment before it grew
 * clears away what the dead one had.
 *   TWO_THREADS  a second thread of the sweeper's process uses what the first has followed
 * What a process knows is mapped there; nobody takes the log for damaged, or the file for cut;
 * nothing of the dead one is left, and what lives has a slot of its own.
 *   WRONG_FOLLOW_BEFORE_DEATH  the sweeper follows the log before it is told of the death
 */
#include "growing.h"

#include "records/claim.c"
#include "records/sweep.c"

#ifndef STOP
#define STOP 0
#endif

/* Nobody here has a key, or a second thread that counts; and the record stays where it is. */
void index_remove(const struct segment *s, uint32_t type, uint32_t slot)
{
    (void)s, (void)type, (void)slot;
    assert(false);
}

bool shard_has_extra(const struct segment *s, uint32_t record, uint64_t word)
{
    (void)s, (void)record, (void)word;
    return false;
}

void shard_release_extra(const struct segment *s, uint32_t record, uint64_t word, uint32_t me,
                         uint64_t me_word)
{
    (void)s, (void)record, (void)word, (void)me, (void)me_word;
}

void shard_for_each_further(const struct segment *s, uint32_t record, shard_visit visit, void *arg)
{
    (void)s, (void)record, (void)visit, (void)arg;
}

void record_release(const struct segment *s, uint32_t record, uint64_t word)
{
    (void)s, (void)record, (void)word;
}

#define BURIED record_word(RECORD_BURIED, 0, 0, 1)

#define STEP(number)                                                                               \
    do {                                                                                           \
        if (process == FIRST && STOP == (number))                                                  \
            return;                                                                                \
    } while (0)

static void registers(int process)
{
    struct mapping *mapping = &mappings[process];
    struct segment *s = &mapping->segment;
    struct claim claim = {0};
    uint32_t hand = 0;

    if (claim_find(s, 0, slot_word(SLOT_CLAIMED, (uint32_t)process, 0), &hand, &claim) < 0) {
        int error = mapping_grow(mapping, 0, THERE, SLOTS);

        assert(error == 0);
        STEP(1);
        if (claim_find(s, 0, slot_word(SLOT_CLAIMED, (uint32_t)process, 0), &hand, &claim) < 0)
            return;
    }
    assert(claim.slot == THERE && load_rlx(&is_mapped[process]));
    STEP(2);
    slot_publish(&segment_words(s, 0)[claim.slot], claim.word);
}

static void *works(void *argument)
{
    int process = (int)(intptr_t)argument;

    registers(process);
    if (process == FIRST && STOP != 0)
        store_rel(&memory.records[process].word, BURIED);
    return 0;
}

static void *sweeps(void *argument)
{
    struct mapping *mapping = &mappings[SWEEPER];
    uint64_t word;
    int error = 0;

#ifdef WRONG_FOLLOW_BEFORE_DEATH
    error = mapping_keep_up(mapping);
#endif
    if (!record_is(&mapping->segment, FIRST, BURIED))
        return argument;
#ifndef WRONG_FOLLOW_BEFORE_DEATH
    error = mapping_keep_up(mapping);
#endif
    assert(error == 0);
    sweep_holdings(&mapping->segment, FIRST, BURIED, SWEEPER, 0);
    word = load_rlx(&memory.words[THERE]);
    assert(slot_state(word) == SLOT_FREE || slot_owner(word) != FIRST);
    return argument;
}

static void *uses_what_is_known(void *argument)
{
    const struct segment *s = &mappings[SWEEPER].segment;

    if (segment_capacity(s, 0) > THERE)
        assert(load_rlx(&is_mapped[SWEEPER]));
    return argument;
}

static void scenario(void)
{
    pthread_t threads[4];
    int count = 0;

    segment_reset();
    start(&threads[count++], works, FIRST);
    start(&threads[count++], works, SECOND);
    start(&threads[count++], sweeps, 0);
#ifdef TWO_THREADS
    start(&threads[count++], uses_what_is_known, 0);
#endif
    (void)uses_what_is_known;
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], 0);
}
