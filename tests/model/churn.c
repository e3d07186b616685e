/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Two workers and a reader: slots found in the taken map, parked, taken again by their owner,
 * stolen by the other, released. A payload names the worker that wrote it and the generation, so
 * that the reader can tell whole from torn, and one registration's from another's.
 */
#include "slot.h"

static int enter(struct worker *w, uint64_t *live)
{
    int slot = NONE;
    for (int i = 0; i < SLOTS && slot < 0; i++) {
        slot = slot_retake(w, i, false, (uint64_t)w->me);
    }
    for (int i = 0; i < SLOTS && slot < 0; i++) {
        slot = slot_take(w, i, (uint64_t)w->me);
    }
    for (int i = 0; i < SLOTS && slot < 0; i++) {
        slot = slot_retake(w, i, true, (uint64_t)w->me);
    }
    if (slot >= 0) {
        *live = load_rlx(&words[slot]);
        assert(STATE(*live) == LIVE && OWNER(*live) == w->me);
        assert(load_rlx(&payload[slot][0]) == (uint64_t)w->me);
        assert(load_rlx(&payload[slot][1]) == (uint64_t)w->me);
    }
    return slot;
}

static void *parks_then_releases(void *argument)
{
    struct worker w = {.me = (int)(intptr_t)argument};
    uint64_t live = 0;
    int slot = enter(&w, &live);
    if (slot >= 0) {
        slot_park(&w, slot, live);
    }
    slot = enter(&w, &live);
    if (slot >= 0) {
        slot_release(&w, slot, live);
    }
    return 0;
}

static void *parks(void *argument)
{
    struct worker w = {.me = (int)(intptr_t)argument};
    uint64_t live = 0;
    int slot = enter(&w, &live);
    if (slot >= 0) {
        slot_park(&w, slot, live);
    }
    return 0;
}

static void *reads(void *argument)
{
    uint64_t seen = 0;
    for (int i = 0; i < SLOTS; i++) {
        uint64_t value = slot_read(i, &seen);
        assert(value == 0 || value == (uint64_t)OWNER(seen));
    }
    return argument;
}

static void scenario(void)
{
    pthread_t threads[3];
    table_reset();
    start(&threads[0], parks_then_releases, 1);
    start(&threads[1], parks, 2);
    start(&threads[2], reads, 0);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], 0);
    }
    table_verify();
}
