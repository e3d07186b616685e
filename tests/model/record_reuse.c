/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Two sweepers of a dead worker, and the next holder of its record, who registers; a reader beside.
 * No sweeper touches what is the next holder's, and the reader never shows the dead one's entry as
 * its successor's. shm/records/sweep.c and shm/slots/table.c are the code.
 */
#include "slot.h"

enum { VICTIM = 2, SWEEPER, OTHER_SWEEPER };
static word_t registered;

static void *sweeps(void *argument)
{
    struct worker w = {.me = (int)(intptr_t)argument};
    uint64_t record = load_acq(&records[VICTIM]);

    if (record != RECORD(R_BURIED, 1))
        return 0;
    slot_sweep(&w, 0, VICTIM, record);
    uint64_t word = load_acq(&words[0]);
    if (STATE(word) == FREE || OWNER(word) != VICTIM)
        cas_with(&records[VICTIM], &record, RECORD(R_FREE, 1), memory_order_release);
    return 0;
}

static void *joins(void *argument)
{
    struct worker w = {.me = VICTIM};
    uint64_t word = RECORD(R_FREE, 1);

    if (cas(&records[VICTIM], &word, RECORD(R_ALIVE, 2)) && slot_take(&w, 0, 6) == 0)
        store_rlx(&registered, 1);
    return argument;
}

static void *reads(void *argument)
{
    uint64_t seen, value = slot_read(0, &seen);

    assert(value == 0 || value == 6);
    return argument;
}

static void scenario(void)
{
    pthread_t threads[4];

    table_reset();
    registered = 0;
    records[VICTIM] = RECORD(R_BURIED, 1);
    words[0] = WORD(LIVE, VICTIM, 9);
    payload[0][0] = payload[0][1] = 5;
    taken = 1;
    start(&threads[0], sweeps, SWEEPER);
    start(&threads[1], sweeps, OTHER_SWEEPER);
    start(&threads[2], joins, 0);
    start(&threads[3], reads, 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], 0);
    assert(!registered || (words[0] == WORD(LIVE, VICTIM, 10) && taken == 1));
    table_verify();
}
