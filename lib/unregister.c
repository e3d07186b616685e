/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Taking a connection out of the table: in the common case one compare-and-swap, which parks its
 * slot, and the cell of its key, for the next registration.
 */
#include "entry/own.h"
#include "entry/park.h"
#include "keys/index.h"
#include "records/shard.h"
#include "worker/handle.h"

#include <errno.h>

/* Takes out an entry in the common case: this thread's record owns it, and this thread alone writes the
 * counters. If fewer than PARKED_SLOTS slots are parked, the slot is parked. An entry with a key then
 * leaves its cell in the index, and whoever takes the slot next clears that. Otherwise the slot is
 * given to everybody. False: another thread was quicker, or there is more to do. */
static inline bool unregister_quickly(const struct seat *seat, struct lane *lane, uint32_t slot,
                                      connstat_id id)
{
    _Atomic uint64_t *word = &lane->words[slot];
    uint64_t live = atomic_load_explicit(word, memory_order_relaxed), next;

    if (unlikely(!entry_is_own(seat, id, live)) || unlikely(!seat->sole_writer))
        return false;
    if (likely(lane_parked(lane) < PARKED_SLOTS)) {
        announce_parking(lane, slot);
        next = slot_become(live, SLOT_PARKED);
        if (unlikely(!slot_retract(word, live, next)))
            return false;
        note_parked(seat, lane, slot, next);
    } else {
        next = slot_become(live, SLOT_RELEASING);
        if (live & SLOT_KEYED || unlikely(!slot_retract(word, live, next)))
            return false;
        slot_free(word, lane->taken, slot, next);
        lane->hand = slot;
    }
    counter_add(&lane->counters->closed, true);
    return true;
}

/* Takes out an entry of this thread's own record where unregister_quickly could not. */
static int take_out_own(const struct own_entry *entry)
{
    uint64_t releasing = slot_become(entry->word, SLOT_RELEASING);

    if (unlikely(!slot_retract(own_entry_word(entry), entry->word, releasing)))
        return -EAGAIN;
    park_or_free(entry->seat, entry->lane, entry->type, entry->slot, releasing);
    counter_add(&entry->lane->counters->closed, entry->seat->sole_writer);
    return 0;
}

/* Takes out an entry that belongs to another record of this process, of a thread or of the process
 * itself. Its slot is adopted first, and the closing counted on that record's shared counters. */
static int take_out_others(const struct own_entry *entry)
{
    const struct segment *s = entry->seat->attachment->segment;
    uint64_t mine = slot_adopted(entry->word, entry->seat->owner);
    struct shard_type *counters = entry_shared_counters(entry);

    slot_touch(segment_touched(s, entry->seat->owner, entry->type), entry->slot);
    if (!slot_retract(own_entry_word(entry), entry->word, mine))
        return -EAGAIN;
    if ((mine & SLOT_KEYED) && key_index_is_ready(s, entry->type))
        index_remove(s, entry->type, entry->slot);
    slot_free(own_entry_word(entry), entry->lane->taken, entry->slot, mine);
    counter_add(&counters->closed, false);
    return 0;
}

/* Takes out an entry whose content another thread is changing just now. That thread still writes to the
 * slot, so it empties the slot when it is done and finds RELEASING. If it is stopped for ever, one slot
 * stays taken, as one does if a thread is stopped in a registration. */
static int take_out_updating(const struct own_entry *entry)
{
    bool own = slot_owner(entry->word) == entry->seat->owner;
    struct shard_type *counters = own ? entry->lane->counters : entry_shared_counters(entry);

    if (!slot_retract(own_entry_word(entry), entry->word, slot_become(entry->word, SLOT_RELEASING)))
        return -EAGAIN;
    counter_add(&counters->closed, own && entry->seat->sole_writer);
    return 0;
}

static int take_out(const struct own_entry *entry)
{
    if (slot_state(entry->word) == SLOT_UPDATING)
        return take_out_updating(entry);
    return slot_owner(entry->word) == entry->seat->owner ? take_out_own(entry)
                                                         : take_out_others(entry);
}

/* Does what unregister_quickly could not. Called inside a guard section, which it leaves. */
static __attribute__((noinline)) int unregister_slowly(struct attachment *a, connstat_id id)
{
    struct own_entry entry;
    int error;

    /* -EAGAIN: the slot's word has changed since we looked. The entry is gone by now, or an update of it
     * has begun or ended; so look again. */
    do {
        error = entry_find(a, id, &entry);
        if (error == 0)
            error = take_out(&entry);
    } while (error == -EAGAIN);
    guard_leave();
    return error;
}

int connstat_unregister(connstat_t *cs, connstat_id id)
{
    struct attachment *a;
    struct lane *lane;
    struct seat *seat;
    uint32_t slot = 0;

    if (unlikely(cs == NULL || id == 0))
        return 0;
    a = handle_enter(cs);
    if (unlikely(a == NULL))
        return -ENOTCONN;
    seat = seat_at_hand(a->membership);
    lane = likely(seat != NULL) ? entry_lane(seat, id, &slot) : NULL;
    if (unlikely(lane == NULL))
        return unregister_slowly(a, id);
    if (unlikely(!unregister_quickly(seat, lane, slot, id)))
        return unregister_slowly(a, id);
    guard_leave();
    return 0;
}
