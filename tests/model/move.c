/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * An entry moves from a slot of one type to one of another (lib/move.c), beside somebody who lists
 * both types (slots/table.c, entry/visit.c), and one who takes what slot becomes free. -DBACKWARDS:
 * the list begins with the new type; -DONE_TYPE: it lists the new type alone, twice. -DLEAVES:
 * another thread takes the entry out meanwhile. -DSTOP=n: who moves it stops for ever after its n-th
 * step; -DDIES: its process is dead then, and is swept.
 *
 * A content is a head and one word of metadata, the same number in both.
 */
#include "rc11.h"

#ifndef STOP
#define STOP 0
#endif
#ifndef EXCHANGE_ORDER
#define EXCHANGE_ORDER memory_order_acq_rel
#endif
#ifndef ARRIVE_ORDER
#define ARRIVE_ORDER memory_order_release
#endif
#ifndef NUMBER_ORDER
#define NUMBER_ORDER memory_order_release
#endif
#ifndef ARRIVED_ORDER
#define ARRIVED_ORDER memory_order_acquire
#endif
#ifndef NOTE_ORDER
#define NOTE_ORDER memory_order_acquire
#endif
enum { WORKER = 1, SWEEPER, OTHER };
enum { OLD, NEW }; /* the two slots */
enum { REGISTERED, UPDATED, ARRIVING };
#define STAMP(form, rest) ((uint64_t)(rest) << 2 | (uint64_t)(form))
#define FORM(stamp)       ((int)((stamp)&3))
#define REST(stamp)       ((stamp) >> 2)
enum { MINE = 1, OTHERS = 9 };
#define OWN(state) WORD(state, WORKER, 1)
#define NO_LIMIT   99

static word_t words[2], stamps[2], room[2][3], record;
static word_t moves; /* that have begun */
static word_t is_made, has_moved, was_taken_out;

/* ---- who moves it --------------------------------------------------------------------------- */

static int step;
#define STEP()                                                                                     \
    do {                                                                                           \
        if (++step == STOP)                                                                        \
            return false;                                                                          \
    } while (0)

static void empty(int slot)
{
    store_rel(&words[slot], WORD(FREE, 0, 1));
}

static bool arrive(void)
{
    uint64_t number;

#ifdef WRONG_NUMBER_FIRST
    number = atomic_fetch_add_explicit(&moves, 1, NUMBER_ORDER) + 1;
    STEP();
#endif
    atomic_thread_fence(memory_order_release); /* churn.c: an entry that was in this slot */
    store_rlx(&stamps[NEW], STAMP(ARRIVING, 1));
    STEP();
    store_rlx(&room[NEW][0], MINE);
    store_rlx(&room[NEW][1], 0);
    store_rlx(&room[NEW][2], MINE);
    STEP();
#ifndef WRONG_NUMBER_FIRST
    number = atomic_fetch_add_explicit(&moves, 1, NUMBER_ORDER) + 1;
    STEP();
#endif
    store_rlx(&room[NEW][1], number);
    STEP();
    atomic_store_explicit(&words[NEW], OWN(UPDATING), ARRIVE_ORDER);
    STEP();
    return true;
}

static bool hand_over(void)
{
    uint64_t seen = OWN(UPDATING);
#ifdef WRONG_SETTLED_BEFORE_MOVED
    store_rel(&stamps[NEW], STAMP(UPDATED, 0));
    STEP();
#endif
#ifdef WRONG_LEFT_BEFORE_ARRIVED /* two exchanges for one */
    bool moved = cas_with(&words[OLD], &seen, OWN(RELEASING), EXCHANGE_ORDER);
#else
    bool moved = cas_with(&words[OLD], &seen, OWN(CLAIMED), EXCHANGE_ORDER);
#endif
    if (moved)
        store_rel(&is_made, 1);
    STEP();
    if (!moved) {
        seen = OWN(UPDATING);
        assert(cas(&words[NEW], &seen, OWN(RELEASING)));
        STEP();
        empty(NEW);
        STEP();
        empty(OLD);
        return true;
    }
    store_rel(&stamps[NEW], STAMP(UPDATED, 0));
    STEP();
    seen = OWN(UPDATING);
    assert(cas(&words[NEW], &seen, OWN(LIVE))); /* its id is nobody's but ours yet */
    STEP();
    store_rel(&words[OLD], OWN(RELEASING));
    STEP();
    empty(OLD);
    store_rlx(&has_moved, 1);
    return true;
}

static bool move(void)
{
    uint64_t seen = WORD(FREE, 0, 0);

    if (!cas(&words[NEW], &seen, OWN(CLAIMED)))
        return true; /* the table of the new type is full */
    STEP();
    seen = OWN(LIVE);
    if (!cas(&words[OLD], &seen, OWN(UPDATING))) {
        empty(NEW);
        return true;
    }
    STEP();
    return arrive() && hand_over();
}

static void *moves_it(void *argument)
{
    if (!move()) {
#ifdef DIES
        store_rel(&record, RECORD(R_BURIED, 1));
#endif
    }
    return argument;
}

/* ---- others --------------------------------------------------------------------------------- */

static void *takes_out(void *argument)
{
    uint64_t seen = OWN(LIVE);

    if (cas(&words[OLD], &seen, OWN(RELEASING))) {
        empty(OLD);
        store_rlx(&was_taken_out, 1);
    } else if (seen == OWN(UPDATING) && cas(&words[OLD], &seen, OWN(RELEASING))) {
        store_rlx(&was_taken_out, 1);
    }
    return argument;
}

static void *takes_slots(void *argument)
{
    for (int slot = OLD; slot <= NEW; slot++) {
        uint64_t seen = WORD(FREE, 0, 1);

        if (!cas(&words[slot], &seen, WORD(CLAIMED, OTHER, 2)))
            continue;
        atomic_thread_fence(memory_order_release);
        store_rlx(&stamps[slot], STAMP(REGISTERED, OTHERS));
        store_rlx(&room[slot][0], OTHERS);
        store_rel(&words[slot], WORD(LIVE, OTHER, 2));
    }
    return argument;
}

static void *sweeps(void *argument)
{
    uint64_t dead = load_acq(&record);

    for (int slot = OLD; slot <= NEW; slot++) {
        uint64_t seen = load_acq(&words[slot]);

        if (dead == RECORD(R_BURIED, 1) && OWNER(seen) == WORKER &&
            cas(&words[slot], &seen, WORD(RELEASING, SWEEPER, GENERATION(seen))))
            empty(slot);
    }
    return argument;
}

/* ---- who lists ------------------------------------------------------------------------------ */

enum { ENTRY, NONE, CHANGED };

static bool has_arrived(void)
{
    return atomic_load_explicit(&words[OLD], ARRIVED_ORDER) == OWN(CLAIMED);
}

/* One look, as look_closely; limit: the greatest number of a move that is shown. */
static int look(int slot, uint64_t limit, uint64_t *content)
{
    uint64_t seen = load_acq(&words[slot]), said, head, metadata, moved = 0;
    bool found = true;

    if (STATE(seen) != LIVE && STATE(seen) != UPDATING)
        return NONE;
    said = load_acq(&stamps[slot]);
    if (FORM(said) == ARRIVING)
        found = has_arrived();
    if (FORM(said) == REGISTERED) {
        head = REST(said);
        metadata = load_rlx(&room[slot][0]);
    } else {
        head = load_rlx(&room[slot][0]);
        moved = load_rlx(&room[slot][1]);
        metadata = load_rlx(&room[slot][2]);
    }
    atomic_thread_fence(memory_order_acquire);
    bool visible = OWNER(seen) != WORKER || R_STATE(load_acq(&record)) == R_ALIVE;
    uint64_t again = load_rlx(&words[slot]);
    if (again != BECOME(seen, LIVE) && again != BECOME(seen, UPDATING))
        return CHANGED;
#ifdef WRONG_ARRIVAL_ONCE
    if (found && load_rlx(&stamps[slot]) != said)
        return CHANGED;
#else
    if (load_rlx(&stamps[slot]) != said)
        return CHANGED;
#endif
    if (!found || !visible || moved > limit)
        return NONE;
    assert(head == metadata);
    assert((OWNER(seen) == OTHER) == (head == OTHERS));
    *content = head;
    return ENTRY;
}

/* Which of the looks found the entry that moves, and not another one. */
static int look_for_it(int slot, uint64_t limit)
{
    uint64_t content = 0;
    int result = look(slot, limit, &content);

    return result == ENTRY && content == OTHERS ? NONE : result;
}

#ifdef LISTS_ALL
/* As is_on_its_way of shm/slots/moving.c. */
static bool is_on_its_way(void)
{
    for (int looks = 0; looks < 3; looks++) {
        uint64_t seen = load_rlx(&words[NEW]), said;
        bool arrived;

        if (STATE(seen) != CLAIMED && STATE(seen) != RELEASING && STATE(seen) != UPDATING)
            return false;
        said = atomic_load_explicit(&stamps[NEW], NOTE_ORDER);
        if (FORM(said) != ARRIVING)
            return false;
        arrived = has_arrived();
#ifdef WRONG_ARRIVED_NOTED
        arrived = false;
#endif
#ifdef WRONG_NOTED_ONCE
        return !arrived;
#endif
        uint64_t now = load_rlx(&words[NEW]);
        if (GENERATION(now) != GENERATION(seen))
            return false;
        if (now == seen && load_rlx(&stamps[NEW]) == said)
            return !arrived;
    }
    return false;
}

static void *lists_all(void *argument)
{
    bool was_made = load_acq(&is_made);
#ifdef WRONG_NOTED_FIRST
    bool arrives = is_on_its_way();
    uint64_t limit = load_acq(&moves);
#else
    uint64_t limit = load_acq(&moves);
    bool arrives = limit != 0 && is_on_its_way();
#endif
    int first, second;

#ifdef WRONG_NOTHING_NOTED
    arrives = false;
#endif
    /* What arrives later is not shown in the new type, even where its move has begun. */
#ifdef BACKWARDS
    first = look_for_it(NEW, arrives ? 0 : limit);
    second = look_for_it(OLD, limit);
#else
    first = look_for_it(OLD, limit);
    second = look_for_it(NEW, arrives ? 0 : limit);
#endif
    assert(first != ENTRY || second != ENTRY);
    (void)was_made;
#if !defined(LEAVES) && !defined(DIES)
    /* it moved before the list began: it is not missed */
    if (was_made || (limit == 1 && !arrives))
        assert(first != NONE || second != NONE);
#endif
    return argument;
}
#endif

/* Each type by itself: who finds that it has left the old type finds it in the new one. */
static void *lists_one(void *argument)
{
#ifdef ONE_TYPE
    int first = look_for_it(NEW, NO_LIMIT) == ENTRY ? NONE : ENTRY;
#else
    int first = look_for_it(OLD, NO_LIMIT);
#endif
    int second = look_for_it(NEW, NO_LIMIT);

#if !defined(LEAVES) && !defined(DIES)
    assert(first != NONE || second != NONE);
#endif
    (void)first, (void)second;
    return argument;
}

static void verify(void)
{
    int in_old, in_new;

#ifdef DIES
    sweeps(0);
#endif
    in_old = look_for_it(OLD, NO_LIMIT);
    in_new = look_for_it(NEW, NO_LIMIT);
    assert(in_old != CHANGED && in_new != CHANGED);
#ifdef DIES
    assert(in_old == NONE && in_new == NONE);
    assert(OWNER(words[OLD]) != WORKER && OWNER(words[NEW]) != WORKER);
#else
    assert((in_old == ENTRY) + (in_new == ENTRY) == !was_taken_out);
    assert(!has_moved || in_old != ENTRY);
#endif
}

static void scenario(void)
{
    pthread_t threads[5];
    int count = 0;

    words[OLD] = OWN(LIVE);
    words[NEW] = WORD(FREE, 0, 0);
    stamps[OLD] = STAMP(REGISTERED, MINE);
    room[OLD][0] = MINE;
    stamps[NEW] = room[NEW][0] = room[NEW][1] = room[NEW][2] = 0;
    record = RECORD(R_ALIVE, 1);
    moves = is_made = has_moved = was_taken_out = 0;
    step = 0;
    start(&threads[count++], moves_it, 0);
#ifdef LISTS_ALL
    start(&threads[count++], lists_all, 0);
#else
    start(&threads[count++], lists_one, 0);
#endif
    start(&threads[count++], takes_slots, 0);
#ifdef LEAVES
    start(&threads[count++], takes_out, 0);
#endif
#ifdef DIES
    start(&threads[count++], sweeps, 0);
#endif
    (void)lists_one, (void)takes_out, (void)sweeps;
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], 0);
    verify();
}
