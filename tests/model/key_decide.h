/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A registration under a limit decides whether it may live: shm/keys/limit.c is the code.
 */
#ifndef MODEL_KEY_DECIDE_H
#define MODEL_KEY_DECIDE_H

#include "key_look_up.h"

#ifndef LIMIT
#define LIMIT 1
#endif
#ifdef WRONG_ONE_SURVEY
#define SURVEYS 1
#else
#define SURVEYS 8
#endif

/* Racers are 0 to 3. */
enum { LATE = 4, LEAVER_, OTHER_PARTY, SWEEPER };
enum { GOES_LIVE = 1, WITHDRAWS };

struct rival {
    int slot;
    uint64_t word;
};

struct field {
    int standing;
    uint64_t digest; /* a bit for each slot and generation */
    int count;
    struct rival rivals[STEPS * CELLS];
};

static void judge(const struct party *p, int slot, int cell, struct field *field)
{
    for (int round = 0; round < 8; round++) {
        uint64_t seen = load_acq(&words[slot]);
        bool ours, alive;

        if ((STATE(seen) != LIVE && STATE(seen) != PENDING) || !(seen & KEYED))
            return;
#ifndef WRONG_CELL_UNCHECKED
        if (atomic_load_explicit(&cells[cell], STILL_ORDER) != (uint64_t)slot + 1)
            return;
#endif
        ours = load_rlx(&keys[slot]) == (uint64_t)p->key;
        atomic_thread_fence(memory_order_acquire);
        alive = is_alive(seen);
        if (load_rlx(&words[slot]) != seen)
            continue;
        if (!ours || !alive)
            return;
        if (STATE(seen) == PENDING && cell > p->where) {
            field->rivals[field->count++] = (struct rival){slot, seen};
        } else {
            field->standing++;
            assert(LIFE(seen) < 6);
            field->digest |= 1ull << (slot * 6 + (int)LIFE(seen));
        }
        return;
    }
}

static void survey(const struct party *p, struct field *field)
{
    int end = (reach_of() + 1) * CELLS;

    field->standing = field->count = 0;
    field->digest = 0;
    for (int i = 0; i < end; i++) {
        int slot = (int)atomic_load_explicit(&cells[i], FOUND_ORDER) - 1;

        if (slot >= 0 && slot != p->slot)
            judge(p, slot, i, field);
    }
    walk_ended();
}

static int make_room(struct party *p, struct field *field)
{
#ifdef WRONG_NO_ABORT
    return GOES_LIVE;
#endif
    for (int left = field->count; left > 0; left--) {
#ifdef WRONG_LOWEST_FIRST
        struct rival *rival = &field->rivals[field->count - left];
#else
        struct rival *rival = &field->rivals[left - 1];
#endif
        uint64_t seen = rival->word;

        if (field->standing + 1 + left <= LIMIT)
            return GOES_LIVE;
        if (atomic_compare_exchange_strong_explicit(&words[rival->slot], &seen,
                                                    BECOME(seen, ABORTED), memory_order_acq_rel,
                                                    memory_order_acquire))
            STEP(p);
#ifdef WRONG_ANY_GENERATION
        else if (STATE(seen) == LIVE && ++field->standing >= LIMIT)
#else
        else if (seen == BECOME(rival->word, LIVE) && ++field->standing >= LIMIT)
#endif
            return WITHDRAWS;
    }
    return GOES_LIVE;
}

#ifndef SURVEYS_ONLY
/* What looks like a cell of the key: at most so many contend. */
static int count_cells(void)
{
    int end = (reach_of() + 1) * CELLS, found = 0;

    for (int i = 0; i < end; i++)
        found += load_rlx(&cells[i]) != 0;
    walk_ended();
    return found;
}

/* Of one's own slots those that are parked under this key still. */
static int parked_alike(const struct party *p)
{
#ifdef OWN
    return p->me == 0 && load_rlx(&keys[LEAVER_]) == KEY &&
           load_rlx(&words[LEAVER_]) == (WORD(PARKED, LEAVER_, 1) | WITH_KEY(OWN));
#else
    return 0 * p->me;
#endif
}

#ifdef WRONG_PARKED_BEFORE_ENTRY
static int parked_before[PARTIES];
#endif

/* Is there room for all who are there, us included, whoever comes first? */
static bool has_room(const struct party *p)
{
    int found;
#ifdef WRONG_PARKED_BEFORE_ENTRY
    int all = count_cells(), parked = parked_before[p->me];
#else
    int all = count_cells(), parked = parked_alike(p);
#endif

#ifdef WRONG_ONE_CELL_TOO_MANY
    all--;
#endif
    if (all - parked <= LIMIT)
        return true;
#ifdef WRONG_LIVE_ALONE
    return count_key(p->key, false, &found) + 1 <= LIMIT;
#else
    return count_key(p->key, true, &found) <= LIMIT;
#endif
}
#endif

static int find_place(struct party *p)
{
    uint64_t in_the_way = 0;
    struct field field;

#ifndef SURVEYS_ONLY
    if (has_room(p))
        return GOES_LIVE;
#endif
    for (int i = 0; i < SURVEYS; i++) {
        survey(p, &field);
        if (field.standing < LIMIT) {
            int verdict = make_room(p, &field);

            if (verdict != WITHDRAWS)
                return verdict;
            field.digest = 0;
        } else if (field.digest == in_the_way) {
            return WITHDRAWS;
        }
        in_the_way = field.digest;
    }
    return WITHDRAWS;
}

static bool leaver_seen_gone[PARTIES]; /* by whom, before it went live */

static int decide(struct party *p)
{
    uint64_t word = p->word;
    int verdict;

#ifndef WRONG_NO_SEQ_CST
    atomic_thread_fence(memory_order_seq_cst);
#endif
#ifdef WRONG_PENDING_AFTER_FENCE
    if (slot_pending(p) == DIED)
        return DIED;
    word = p->word;
#endif
    verdict = find_place(p);
    if (verdict != GOES_LIVE)
        return verdict;
#ifdef MOMENT
    leaver_seen_gone[p->me] = STATE(load_acq(&words[LEAVER_])) != LIVE;
#endif
    if (!atomic_compare_exchange_strong_explicit(&words[p->slot], &word, BECOME(word, LIVE),
                                                 memory_order_acq_rel, memory_order_acquire))
        return WITHDRAWS;
    p->word = BECOME(word, LIVE);
    STEP(p);
    return GOES_LIVE;
}

static int decide_or_withdraw(struct party *p)
{
    int verdict = decide(p);

    return verdict == WITHDRAWS && slot_withdraw(p) == DIED ? DIED : verdict;
}

/* Its cell is in place: rivals count it. */
static int enter_race(struct party *p)
{
#ifndef WRONG_PENDING_AFTER_FENCE
    if (slot_pending(p) == DIED)
        return DIED;
#endif
    return decide_or_withdraw(p);
}

#endif
