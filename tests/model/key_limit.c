/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * RACERS registrations for the LIMIT places of one key; one that is refused takes its slot again
 * (-DOTHER: for another key; -DAGAIN: for the same). Never more than LIMIT live, and no place
 * stays empty that somebody asked for. shm/limit.c and lib/register_key.c are the code.
 */
#include "key.h"
#ifndef RACERS
#define RACERS 2
#endif
#ifndef LIMIT
#define LIMIT 1
#endif

enum { GOES_LIVE = 1, WITHDRAWS };

struct rival {
    int slot;
    uint64_t word;
};

struct field {
    int standing;
    int count;
    struct rival rivals[STEPS * CELLS];
};

static void judge(int slot, int cell, int where, struct field *field)
{
    for (int round = 0; round < 8; round++) {
        uint64_t seen = load_acq(&words[slot]);
        bool ours, alive;

        if (STATE(seen) != LIVE && STATE(seen) != CLAIMED && STATE(seen) != PENDING)
            return;
#ifndef WRONG_CELL_UNCHECKED
        if (load_acq(&cells[cell]) != (uint64_t)slot + 1)
            return;
#endif
        ours = load_rlx(&keys[slot]) == KEY;
        atomic_thread_fence(memory_order_acquire);
        alive = R_STATE(load_acq(&records[OWNER(seen)])) == R_ALIVE;
        if (load_rlx(&words[slot]) != seen)
            continue;
        if (!ours || !alive)
            return;
        if (STATE(seen) == PENDING && cell > where)
            field->rivals[field->count++] = (struct rival){slot, seen};
        else
            field->standing++;
        return;
    }
}

static void survey(const struct party *p, struct field *field)
{
    int end = (reach_of() + 1) * CELLS;

    field->standing = field->count = 0;
    for (int i = 0; i < end; i++) {
        int slot = (int)load_acq(&cells[i]) - 1;

        if (slot >= 0 && slot != p->me)
            judge(slot, i, p->where, field);
    }
}

static int make_room(struct party *p, struct field *field)
{
    for (int left = field->count; left > 0; left--) {
        struct rival *rival = &field->rivals[left - 1];
        uint64_t seen = rival->word;

        if (field->standing + 1 + left <= LIMIT)
            return GOES_LIVE;
        if (atomic_compare_exchange_strong_explicit(&words[rival->slot], &seen,
                                                    WORD(ABORTED, rival->slot, GENERATION(seen)),
                                                    memory_order_acq_rel, memory_order_acquire))
            STEP(p);
#ifdef WRONG_ANY_GENERATION
        else if (STATE(seen) == LIVE && ++field->standing >= LIMIT)
#else
        else if (seen == WORD(LIVE, rival->slot, GENERATION(rival->word)) &&
                 ++field->standing >= LIMIT)
#endif
            return WITHDRAWS;
    }
    return GOES_LIVE;
}

static int decide(struct party *p)
{
    struct field field;
    uint64_t word = p->word;
    int verdict;

    atomic_thread_fence(memory_order_seq_cst);
    survey(p, &field);
    if (field.standing >= LIMIT)
        return WITHDRAWS;
    verdict = make_room(p, &field);
    if (verdict != GOES_LIVE)
        return verdict;
    if (!atomic_compare_exchange_strong_explicit(&words[p->me], &word,
                                                 WORD(LIVE, p->me, GENERATION(word)),
                                                 memory_order_acq_rel, memory_order_acquire))
        return WITHDRAWS;
    STEP(p);
    return GOES_LIVE;
}

static int try_register(struct party *p)
{
    int verdict;
    uint64_t releasing;

    if (key_claim(p, PENDING, KEY) == DIED || index_insert(p) == DIED)
        return DIED;
    verdict = decide(p);
    if (verdict != WITHDRAWS)
        return verdict;
    releasing = WORD(RELEASING, p->me, GENERATION(p->word));
    store_rel(&words[p->me], releasing);
    STEP(p);
    return slot_give_back(p, p->me, releasing) == DIED ? DIED : WITHDRAWS;
}

static int result[PARTIES];

static void *races(void *argument)
{
    struct party p = {.me = (int)(intptr_t)argument};

    result[p.me] = try_register(&p);
#ifdef OTHER
    if (result[p.me] == WITHDRAWS) {
        key_claim(&p, CLAIMED, OTHER_KEY);
        store_rel(&words[p.me], WORD(LIVE, p.me, GENERATION(p.word)));
    }
#endif
#ifdef AGAIN
    if (result[p.me] == WITHDRAWS)
        result[p.me] = try_register(&p);
#endif
    return 0;
}

static void scenario(void)
{
    pthread_t threads[RACERS];
    int won = 0;

    index_reset();
    for (int i = 0; i < RACERS; i++)
        start(&threads[i], races, i);
    for (int i = 0; i < RACERS; i++)
        pthread_join(threads[i], 0);
    for (int i = 0; i < RACERS; i++)
        won += result[i] == GOES_LIVE;
    assert(won == LIMIT);
}
