/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * An entry of one slot is updated by two threads of its worker, each -DUPDATES times, while a reader
 * looks, which may be slower than two updates of the same spare (slots/payload.c, slots/table.c).
 * -DSHARED: both use one spare, which they take by its holder word. -DLEAVES: a third thread takes
 * the entry out meanwhile. -DSTOP=n: the first one stops for ever after its n-th step; -DDIES: its
 * process is dead then, its slot is swept, and another worker registers in it.
 *
 * A content is a head and one word of metadata, both the same number: of generation 1 the first one
 * or an update's, of generation 2 the other worker's. A look that finds neither an entry nor a
 * reason to look again would miss an entry that lives.
 */
#include "rc11.h"

#ifndef UPDATES
#define UPDATES 1
#endif
#ifndef UPDATERS
#define UPDATERS 2
#endif
#ifndef STOP
#define STOP 0
#endif
enum { WORKER = 1, SWEEPER, NEXT };
enum { REGISTERED, UPDATED, COPIED }; /* what a stamp says; it is form 2, use or version 4, ... */
#define STAMP(form, number, rest)                                                                  \
    ((uint64_t)(rest) << 8 | (uint64_t)(number) << 2 | (uint64_t)(form))
#define FORM(stamp)   ((int)((stamp)&3))
#define NUMBER(stamp) ((stamp) >> 2 & 63)
#define REST(stamp)   ((stamp) >> 8)
enum { FIRST = 1, OTHERS = 9 }; /* contents; those of updates are between */
enum { DONE, BUSY, GONE, STOPPED };

static word_t word, stamp, room[2], record;
static word_t spare_sequence[2], spare[2][2], holder;

/* Seeds that weaken one order, or leave a step out. */
#ifndef COPIED_ORDER
#define COPIED_ORDER memory_order_release
#endif
#ifndef UPDATED_ORDER
#define UPDATED_ORDER memory_order_release
#endif
#ifndef STAMP_ORDER
#define STAMP_ORDER memory_order_acquire
#endif
#ifndef BEGIN_ORDER
#define BEGIN_ORDER memory_order_acq_rel
#endif

#define STEP()                                                                                     \
    do {                                                                                           \
        if (++step == stops_at)                                                                    \
            return STOPPED;                                                                        \
    } while (0)

/* ---- who updates ---------------------------------------------------------------------------- */

static int replace(int index, uint64_t value, int stops_at, int step)
{
    uint64_t old = load_rlx(&stamp), use = load_rlx(&spare_sequence[index]) + 1;
    bool first = FORM(old) == REGISTERED;
    uint64_t head = first ? REST(old) : load_rlx(&room[0]);
    uint64_t metadata = load_rlx(&room[!first]);

    store_rlx(&spare_sequence[index], use);
    STEP();
#ifndef WRONG_NO_SPARE_FENCE
    atomic_thread_fence(memory_order_release);
#endif
    store_rlx(&spare[index][0], head);
    STEP();
    store_rlx(&spare[index][1], metadata);
    STEP();
#ifndef WRONG_IN_PLACE
    atomic_store_explicit(&stamp, STAMP(COPIED, use, index), COPIED_ORDER);
#endif
    STEP();
#ifndef WRONG_NO_ROOM_FENCE
    atomic_thread_fence(memory_order_release);
#endif
    store_rlx(&room[0], value);
    STEP();
    store_rlx(&room[1], value);
    STEP();
#ifdef WRONG_NO_VERSION
    atomic_store_explicit(&stamp, STAMP(UPDATED, 1, 0), UPDATED_ORDER);
#else
    atomic_store_explicit(&stamp, STAMP(UPDATED, first ? 1 : NUMBER(old) + 1, 0), UPDATED_ORDER);
#endif
    STEP();
    return DONE;
}

static int update(int me, uint64_t value, int stops_at)
{
    uint64_t seen = WORD(LIVE, WORKER, 1), updating = BECOME(seen, UPDATING);
    int spare_index = me, result;

#ifdef WRONG_UNGUARDED
    store_rlx(&word, updating);
#else
    if (!cas_with(&word, &seen, updating, BEGIN_ORDER))
        return STATE(seen) == UPDATING ? BUSY : GONE;
#endif
    if (stops_at == 1)
        return STOPPED;
#ifdef SHARED
    uint64_t nobody = 0;

    spare_index = 0;
    if (!cas_with(&holder, &nobody, (uint64_t)me + 1, memory_order_acquire)) {
        cas(&word, &updating, WORD(LIVE, WORKER, 1));
        return BUSY;
    }
#endif
    result = replace(spare_index, value, stops_at, 1);
    if (result != DONE)
        return result;
#ifdef SHARED
    store_rel(&holder, 0);
#endif
    if (cas(&word, &updating, WORD(LIVE, WORKER, 1)))
        return DONE;
    assert(updating == WORD(RELEASING, WORKER, 1));
    store_rel(&word, WORD(FREE, 0, 1));
    return GONE;
}

static uint64_t last_of[2]; /* what each has updated last */

static void *updates(void *argument)
{
    int me = (int)(intptr_t)argument;

    for (int i = 0; i < UPDATES; i++) {
        uint64_t value = (uint64_t)(2 + 2 * i + me);
        int result = update(me, value, me == 0 ? STOP : 0);

        if (result == DONE)
            last_of[me] = value;
        if (result == STOPPED) {
#ifdef DIES
            store_rel(&record, RECORD(R_BURIED, 1));
#endif
            break;
        }
    }
    return 0;
}

/* ---- others who change the slot ------------------------------------------------------------- */

/* By another thread of the worker: connstat_unregister. */
static void *takes_out(void *argument)
{
    /* Again where the word has changed: an update was begun or completed. */
    for (uint64_t seen = WORD(LIVE, WORKER, 1);
         OWNER(seen) == WORKER && STATE(seen) != RELEASING;) {
        if (!cas(&word, &seen, BECOME(seen, RELEASING)))
            continue;
        if (STATE(seen) == LIVE)
            store_rel(&word, WORD(FREE, 0, 1));
        break;
    }
    return argument;
}

static void *sweeps(void *argument)
{
    uint64_t dead = load_acq(&record), seen = load_acq(&word);

    if (dead == RECORD(R_BURIED, 1) && OWNER(seen) == WORKER &&
        cas(&word, &seen, WORD(RELEASING, SWEEPER, 1)))
        store_rel(&word, WORD(FREE, 0, 1));
    return argument;
}

static void *takes(void *argument)
{
    uint64_t seen = WORD(FREE, 0, 1);

    if (!cas(&word, &seen, WORD(CLAIMED, NEXT, 2)))
        return argument;
    atomic_thread_fence(memory_order_release);
    store_rlx(&stamp, STAMP(REGISTERED, 0, OTHERS));
    store_rlx(&room[0], OTHERS);
    store_rel(&word, WORD(LIVE, NEXT, 2));
    return argument;
}

/* ---- who reads ------------------------------------------------------------------------------ */

enum { ENTRY, NONE, CHANGED };

/* As look_closely, which takes in table_look. */
static int look(uint64_t *content, uint64_t *generation)
{
    uint64_t seen = load_acq(&word), said, head, metadata, was;
    word_t *unless = &stamp;

    if (STATE(seen) != LIVE && STATE(seen) != UPDATING)
        return NONE;
    was = said = atomic_load_explicit(&stamp, STAMP_ORDER);
    switch (FORM(said)) {
    case COPIED:
        unless = &spare_sequence[REST(said)];
        was = load_rlx(unless);
        head = load_rlx(&spare[REST(said)][0]);
        metadata = load_rlx(&spare[REST(said)][1]);
#ifndef WRONG_ANY_USE
        if (was != NUMBER(said))
            return CHANGED;
#endif
        break;
    case UPDATED:
        head = load_rlx(&room[0]);
        metadata = load_rlx(&room[1]);
        break;
    default:
        head = REST(said);
        metadata = load_rlx(&room[0]);
    }
#ifndef WRONG_NO_ACQUIRE_FENCE
    atomic_thread_fence(memory_order_acquire);
#endif
    bool visible = OWNER(seen) != WORKER || R_STATE(load_acq(&record)) == R_ALIVE;
    uint64_t again = load_rlx(&word);
    if (again != seen && again != BECOME(seen, LIVE) && again != BECOME(seen, UPDATING))
        return CHANGED;
    if (load_rlx(unless) != was)
        return CHANGED;
    if (!visible)
        return NONE;
    assert(head == metadata);
    *content = head;
    *generation = GENERATION(seen);
    return ENTRY;
}

static int check_look(void)
{
    uint64_t content = 0, generation = 0;
    int result = look(&content, &generation);

    if (result == ENTRY)
        assert(generation == 1 ? content != OTHERS : content == OTHERS);
#if !defined(LEAVES) && !defined(DIES)
    assert(result != NONE); /* it lives all the while */
#endif
    return result;
}

static void *reads(void *argument)
{
    check_look();
    return argument;
}

static void verify(void)
{
    uint64_t content = 0, generation = 0;
    int result;

#ifdef DIES
    sweeps(0);
    assert(word == WORD(FREE, 0, 1) || word == WORD(LIVE, NEXT, 2));
#endif
    result = look(&content, &generation);
    assert(result != CHANGED); /* nobody works any more: one look will do, whoever stands still */
#if !defined(LEAVES) && !defined(DIES) && STOP == 0
    assert(word == WORD(LIVE, WORKER, 1));
    assert(content == FIRST || content == last_of[0] || content == last_of[1]);
    assert(content != FIRST || last_of[0] + last_of[1] == 0);
#elif defined(LEAVES)
    assert(STATE(word) == FREE || word == WORD(LIVE, NEXT, 2));
#endif
}

static void scenario(void)
{
    pthread_t threads[6];
    int count = 0;

    word = WORD(LIVE, WORKER, 1);
    stamp = STAMP(REGISTERED, 0, FIRST);
    room[0] = FIRST;
    room[1] = spare_sequence[0] = spare_sequence[1] = holder = 0;
    spare[0][0] = spare[0][1] = spare[1][0] = spare[1][1] = 0;
    last_of[0] = last_of[1] = 0;
    record = RECORD(R_ALIVE, 1);
    for (int i = 0; i < UPDATERS; i++)
        start(&threads[count++], updates, i);
    start(&threads[count++], reads, 0);
#if defined(LEAVES)
    start(&threads[count++], takes_out, 0);
    start(&threads[count++], takes, 0);
#elif defined(DIES)
    start(&threads[count++], sweeps, 0);
    start(&threads[count++], takes, 0);
#endif
    (void)takes_out, (void)takes, (void)sweeps;
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], 0);
    verify();
}
