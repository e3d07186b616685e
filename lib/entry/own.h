/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * An entry of one's own process, by its id: what may be unregistered, updated, touched and moved.
 * All inside a guard section.
 */
#ifndef LIB_OWN_H
#define LIB_OWN_H

#include "slots/payload.h"
#include "worker/seat.h"

#include <errno.h>

/* Which of this thread's lanes an id is in, and its slot there. NULL: an id of another segment. */
static inline struct lane *entry_lane(struct seat *seat, connstat_id id, uint32_t *slot)
{
    uint64_t type = (id >> seat->type_shift) - 1;
    struct lane *lane;

    *slot = (uint32_t)(id >> seat->slot_shift) & seat->slot_mask;
    if (unlikely(type >= seat->type_count))
        return NULL;
    lane = &seat->lanes[type];
    return likely(*slot < lane->capacity) ? lane : NULL;
}

/* Does the slot's word say that the entry with this id lives, and that this thread's record owns it? */
static inline bool entry_is_own(const struct seat *seat, connstat_id id, uint64_t word)
{
    uint64_t lower = word & ((UINT64_C(1) << SLOT_GENERATION_SHIFT) - 1) & ~SLOT_KEYED;

    return likely(lower == seat->live) &&
           likely(id_salted(word, seat->salt ^ id, seat->generation_mask) == 0);
}

struct own_entry {
    struct seat *seat; /* this thread's */
    struct lane *lane; /* of the entry's type in it */
    uint32_t type, slot;
    uint64_t word; /* LIVE or UPDATING, by the seat's record or another one of its process */
};

static inline _Atomic uint64_t *own_entry_word(const struct own_entry *entry)
{
    return &entry->lane->words[entry->slot];
}

static inline struct payload *own_entry_payload(const struct own_entry *entry)
{
    return lane_payload(entry->seat, entry->lane, entry->slot);
}

/* Finds an entry in the common case: it is LIVE, and this thread's record owns it. False: it is not so, and
 * entry_search finds out what it is. */
static inline bool entry_at_hand(const struct attachment *a, connstat_id id,
                                 struct own_entry *entry)
{
    entry->seat = seat_at_hand(a->membership);
    if (unlikely(entry->seat == NULL))
        return false;
    entry->lane = entry_lane(entry->seat, id, &entry->slot);
    if (unlikely(entry->lane == NULL))
        return false;
    entry->type = (uint32_t)(entry->lane - entry->seat->lanes);
    entry->word = atomic_load_explicit(own_entry_word(entry), memory_order_relaxed);
    return entry_is_own(entry->seat, id, entry->word);
}

/* Finds any entry of this process. Returns 0; -ENOENT: it does not live, or its owner is dead; -EPERM:
 * another living process owns it; -EROFS. */
int entry_search(struct attachment *a, connstat_id id, struct own_entry *entry);

static inline int entry_find(struct attachment *a, connstat_id id, struct own_entry *entry)
{
    return likely(entry_at_hand(a, id, entry)) ? 0 : entry_search(a, id, entry);
}

/* The counters on which an entry is counted that belongs to another record of this process: those of that
 * record's shared shard, which any thread may write. */
struct shard_type *entry_shared_counters(const struct own_entry *entry);

/* Empties the slot of an entry of this process that another thread has taken out (it is RELEASING). Called
 * by the thread that was updating the entry at that moment. */
void entry_give_back(const struct own_entry *entry);

/* Makes an entry UPDATING, so that this thread alone changes its content. Returns 0; -EBUSY: another thread
 * is changing it; -ENOENT: it was taken out. */
static inline int entry_begin_update(const struct own_entry *entry)
{
    uint64_t live = slot_become(entry->word, SLOT_LIVE), now;

    if (likely(slot_begin_update(own_entry_word(entry), live)))
        return 0;
    now = atomic_load_explicit(own_entry_word(entry), memory_order_relaxed);
    return slot_is_entry(now) && !slot_is_other(now, live) ? -EBUSY : -ENOENT;
}

/* Makes it LIVE again. False: another thread took it out meanwhile; then this has given its slot back. */
static inline bool entry_end_update(const struct own_entry *entry)
{
    if (likely(slot_end_update(own_entry_word(entry), slot_become(entry->word, SLOT_LIVE))))
        return true;
    entry_give_back(entry);
    return false;
}

#endif
