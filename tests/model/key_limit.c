/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * RACERS registrations for the LIMIT places of one key. shm/keys/limit.c and lib/register_key.c are the
 * code. Beside them, each by its macro:
 *   OLD_CELLS  the first racers' slots are parked with the cell of an entry of this key
 *   IN_PLACE   the first racers are PENDING already, their cells in place, and have but to decide
 *   OTHER      who is refused takes its slot again for another key; AGAIN: for the same
 *   LEAVER     an entry in the lowest cell leaves (HAS_LEFT: has left), and then its slot, parked
 *              with the cell, is taken: THEN_OTHER, THEN_UNKEYED, THEN_AGAIN (one more racer)
 *   THIEF      it is another who takes it
 *   OWN        the leaver's slot, parked under OWN, is the first racer's own
 *   UNLIMITED  a registration of the key without a limit
 *   DEATHS     the first racer dies after its step STOP; another marks its record dead and sweeps;
 *              when all have ended, one more comes
 *   SURVEYS_ONLY  nobody counts before its surveys
 * Never more than LIMIT live, and no place stays empty that somebody asked for.
 */
#include "key_decide.h"
#ifndef RACERS
#define RACERS 2
#endif
#ifndef OLD_CELLS
#define OLD_CELLS 0
#endif
#ifndef IN_PLACE
#define IN_PLACE 0
#endif
#ifndef STOP
#define STOP 0
#endif

static int try_register(struct party *p, int slot)
{
    int error = slot_claim(p, slot, load_rlx(&words[slot]), KEY);

#ifdef WRONG_PARKED_BEFORE_ENTRY
    parked_before[p->me] = parked_alike(p);
#endif
    if (error == 0 && index_insert(p) == DIED)
        error = DIED;
    return error == 0 ? enter_race(p) : error;
}

static int begin(struct party *p)
{
    if (p->me >= IN_PLACE)
        return try_register(p, p->me);
    p->slot = p->where = p->me;
    p->key = KEY;
    p->word = WORD(PENDING, p->me, 1) | WITH_KEY(KEY);
    return decide_or_withdraw(p);
}

/* ---- who is there --------------------------------------------------------------------------- */

static int result[PARTIES], place_of[PARTIES];
static bool leaver_seen[PARTIES];    /* LIVE still, by whom that went live */
static bool unlimited_seen[PARTIES]; /* LIVE already, by whom that began then */

static void *races(void *argument)
{
    struct party p = {.me = (int)(intptr_t)argument};

    if (p.me == 0)
        p.dies_at = STOP;
#ifdef UNLIMITED
    unlimited_seen[p.me] = STATE(load_acq(&words[OTHER_PARTY])) == LIVE;
#endif
    result[p.me] = begin(&p);
    place_of[p.me] = p.where;
#if defined LEAVER && !defined HAS_LEFT
    if (result[p.me] == GOES_LIVE)
        leaver_seen[p.me] = load_acq(&words[LEAVER_]) == (WORD(LIVE, LEAVER_, 1) | WITH_KEY(KEY));
#endif
#ifdef OTHER
    if (result[p.me] == WITHDRAWS) {
        slot_claim(&p, p.slot, p.word, OTHER_KEY);
        slot_publish(&p);
    }
#endif
#ifdef AGAIN
    if (result[p.me] == WITHDRAWS)
        result[p.me] = try_register(&p, p.slot);
#endif
#ifdef DEATHS
    if (result[p.me] == DIED)
        store_rel(&records[p.me], RECORD(R_DEAD, 1));
#endif
    return 0;
}

/* The slot that the leaver parked, for something else. */
static void take_over(struct party *p)
{
    uint64_t seen = load_rlx(&words[LEAVER_]);

    if (STATE(seen) != PARKED)
        return;
#if defined THEN_AGAIN
    result[p->me] = try_register(p, LEAVER_);
#elif defined THEN_UNKEYED
    if (slot_claim(p, LEAVER_, seen, NO_KEY) == 0)
        slot_publish(p);
#elif defined THEN_OTHER
    if (slot_claim(p, LEAVER_, seen, OTHER_KEY) == 0)
        key_enter(p);
#else
    (void)p;
#endif
}

static void *leaves(void *argument)
{
    struct party p = party_of(LEAVER_, LIVE, KEY, 0);

#ifndef HAS_LEFT
    slot_park(&p);
#endif
#ifndef THIEF
    take_over(&p);
#endif
    (void)p;
    return argument;
}

static void *steals(void *argument)
{
    struct party p = {.me = OTHER_PARTY};

    take_over(&p);
    return argument;
}

static void *enters_without_limit(void *argument)
{
    struct party p = {.me = OTHER_PARTY};

    slot_claim(&p, p.me, load_rlx(&words[p.me]), KEY);
    key_enter(&p);
    return argument;
}

static void *sweeps(void *argument)
{
    struct party p = {.me = SWEEPER};

    slot_sweep(&p, 0, 0);
    return argument;
}

/* ---- what must hold ------------------------------------------------------------------------- */

static int number_of(const bool *flags)
{
    int number = 0;

    for (int i = 0; i < PARTIES; i++)
        number += flags[i] && result[i] == GOES_LIVE;
    return number;
}

static void verify(void)
{
    int won = 0;

    for (int i = 0; i < PARTIES; i++)
        won += result[i] == GOES_LIVE;
    assert(won <= LIMIT);
#if defined LEAVER && !defined HAS_LEFT
    assert(won >= LIMIT - 1);
    assert(number_of(leaver_seen) <= LIMIT - 1);
#elif defined UNLIMITED
    assert(won >= LIMIT - 1);
    assert(number_of(unlimited_seen) <= LIMIT - 1);
#elif defined DEATHS
    assert(result[0] == DIED || won == LIMIT);
#else
    assert(won == LIMIT);
#endif
    (void)number_of;
#ifdef MOMENT
    /* Two racers, two places: the loser may have met the leaver and the winner only if both stood
     * at one moment. */
    for (int i = 0; i < 2; i++)
        assert(result[i] != WITHDRAWS || place_of[1 - i] < place_of[i] || !leaver_seen_gone[1 - i]);
#endif
}

/* All have ended: what the dead one left is swept, and one more asks. */
static void come_late(void)
{
    struct party sweeper = {.me = SWEEPER}, late = {.me = LATE};
    int live = 0;

    store_rel(&records[0], RECORD(R_DEAD, 1));
    slot_sweep(&sweeper, 0, 0);
    assert(STATE(words[0]) == FREE && places[0] == 0);
    for (int i = 0; i < STEPS * CELLS; i++)
        assert(cells[i] != 1);
    result[0] = NONE;
    for (int i = 0; i < PARTIES; i++)
        live += result[i] == GOES_LIVE;
    result[LATE] = try_register(&late, LATE);
    assert((result[LATE] == GOES_LIVE) == (live < LIMIT));
}

static void scenario(void)
{
    pthread_t threads[RACERS + 2];
    int count = RACERS;

    index_reset();
    for (int i = 0; i < PARTIES; i++)
        result[i] = NONE, leaver_seen[i] = leaver_seen_gone[i] = unlimited_seen[i] = false;
    for (int i = 0; i < IN_PLACE; i++)
        index_preset(i, PENDING, KEY, i);
    for (int i = 0; i < OLD_CELLS; i++)
        index_preset(i, PARKED, KEY, i);
#ifdef LEAVER
#if defined OWN
    index_preset(LEAVER_, PARKED, OWN, 0);
#elif defined HAS_LEFT
    index_preset(LEAVER_, PARKED, KEY, 0);
#else
    index_preset(LEAVER_, LIVE, KEY, 0);
#endif
    start(&threads[count++], leaves, 0);
#endif
#ifdef THIEF
    start(&threads[count++], steals, 0);
#endif
#ifdef UNLIMITED
    start(&threads[count++], enters_without_limit, 0);
#endif
#ifdef DEATHS
    start(&threads[count++], sweeps, 0);
#endif
    for (int i = 0; i < RACERS; i++)
        start(&threads[i], races, i);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], 0);
    verify();
#ifdef DEATHS
    come_late();
#endif
    (void)leaves, (void)steals, (void)enters_without_limit, (void)sweeps, (void)come_late;
}
