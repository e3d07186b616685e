/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The map of live workers: a joiner of record 0, a joiner of record 1 beside it in the same word,
 * and two that clear record 0's bit after its last holder was released. ALIVE means that the bit
 * is set. shm/records/record.c is the code (live_map_set, live_map_clear).
 */
#include "rc11.h"

static word_t live_map, records[2];

static uint64_t next_version(uint64_t word, uint64_t members)
{
#ifdef WRONG_NO_VERSION
    return (word & ~0xffull) | members;
#else
    return ((word | 0xff) + 1) | members;
#endif
}

static void *joins(void *argument)
{
    int me = (int)(intptr_t)argument;
    uint64_t word = RECORD(R_FREE, 1), seen;

    if (!cas(&records[me], &word, RECORD(R_JOINING, 2)))
        return 0;
    seen = load_rlx(&live_map);
    while (!cas(&live_map, &seen, next_version(seen, (seen & 0xff) | 1u << me)))
        ;
    store_rel(&records[me], RECORD(R_ALIVE, 2));
    return 0;
}

static void *clears(void *argument)
{
    uint64_t seen;

#ifdef WRONG_RECORD_FIRST
    bool in_use = R_STATE(load_acq(&records[0])) != R_FREE;
    seen = load_acq(&live_map);
#else
    seen = load_acq(&live_map);
    bool in_use = R_STATE(load_rlx(&records[0])) != R_FREE;
#endif
    if ((seen & 1) && !in_use)
        cas(&live_map, &seen, next_version(seen, seen & 0xfe));
    return argument;
}

static void scenario(void)
{
    pthread_t threads[4];

    records[0] = records[1] = RECORD(R_FREE, 1);
    live_map = 1;
    start(&threads[0], joins, 0);
    start(&threads[1], joins, 1);
    start(&threads[2], clears, 0);
    start(&threads[3], clears, 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], 0);
    assert(R_STATE(records[0]) == R_ALIVE && R_STATE(records[1]) == R_ALIVE);
    assert((live_map & 3) == 3);
}
