/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Reapers that write obituaries together: a dead record's number, its entry in the ring, its
 * burial, the count. One of them may die after step STOP. Record 0 is taken again after its
 * release, and dies again: two deaths of one record, two obituaries. shm/records/obituary.c is the code.
 */
#include "rc11.h"

#ifndef STOP
#define STOP 0
#endif
#define RING   4
#define DEATHS 2

static word_t record, deaths, claims[RING], text[RING];
static word_t joined_again;

static uint64_t claim_word(uint64_t number)
{
    return number << 8 | 1;
}

/* Only the first writer of an entry's text counts. */
static void fill(uint64_t number, uint64_t word)
{
    uint64_t unset = 0;

    cas(&text[number % RING], &unset, word);
}

/* False: the caller died. */
static bool complete(uint64_t number, int *steps)
{
    uint64_t word = load_acq(&record);
    uint64_t expected = number;

#ifdef WRONG_NUMBER_UNCHECKED
    if (R_STATE(word) == R_DEAD) {
#else
    if (R_STATE(word) == R_DEAD && load_rlx(&deaths) == number) {
#endif
        fill(number, word);
        if (--*steps == 0)
            return false;
        cas(&record, &word, (word & ~7ull) | R_BURIED);
        if (--*steps == 0)
            return false;
    }
    cas(&deaths, &expected, number + 1);
    return --*steps != 0;
}

static bool finish(int *steps)
{
    uint64_t number = load_acq(&deaths);

    return load_acq(&claims[number % RING]) != claim_word(number) || complete(number, steps);
}

static bool bury(uint64_t word, int *steps)
{
    for (int round = 0; round < DEATHS + 1; round++) {
        uint64_t number = load_acq(&deaths);
        uint64_t claim = load_acq(&claims[number % RING]);

        if (load_acq(&record) != word)
            return true;
        if (claim == claim_word(number)) {
            if (!complete(number, steps))
                return false;
            continue;
        }
        if (claim != 0)
            continue;
        if (cas(&claims[number % RING], &claim, claim_word(number))) {
            if (--*steps == 0 || !complete(number, steps))
                return false;
        }
    }
    return true;
}

/* One pass of a reaper; the sweep between burial and release is of no matter here. */
static void pass(int steps)
{
    uint64_t word = load_acq(&record);

    if (R_STATE(word) == R_DEAD && !bury(word, &steps))
        return;
    word = load_acq(&record);
    if (R_STATE(word) != R_BURIED)
        return;
#ifndef WRONG_RELEASE_UNCOUNTED
    if (!finish(&steps))
        return;
#endif
    cas_with(&record, &word, (word & ~7ull) | R_FREE, memory_order_release);
}

static void *reaps(void *argument)
{
    pass((int)(intptr_t)argument);
    pass((int)(intptr_t)argument == 0 ? 0 : -1);
    return 0;
}

static void *dies_reaping(void *argument)
{
    pass(STOP);
    return argument;
}

static void *joins_and_dies(void *argument)
{
    uint64_t word = load_rlx(&record);

    if (R_STATE(word) == R_FREE && cas(&record, &word, RECORD(R_DEAD, 2))) {
        store_rlx(&joined_again, 1);
    }
    return argument;
}

static void scenario(void)
{
    pthread_t threads[3];

    record = RECORD(R_DEAD, 1);
    deaths = joined_again = 0;
    for (int i = 0; i < RING; i++)
        claims[i] = text[i] = 0;
    start(&threads[0], dies_reaping, 0);
    start(&threads[1], reaps, -1);
    start(&threads[2], joins_and_dies, 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], 0);
    pass(-1);
    pass(-1);
    assert(deaths == 1 + joined_again);
    assert(text[0] == RECORD(R_DEAD, 1));
    assert(joined_again == 0 || text[1] == RECORD(R_DEAD, 2));
    assert(R_STATE(record) == R_FREE);
}
