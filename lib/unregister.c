/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Taking a connection out of the table: in the common case one compare-and-swap, which parks its
 * slot, and the cell of its key, for the next registration.
 */
#include "entry/register.h"
#include "keys/index.h"
#include "os/identity.h"
#include "process/uncancelled.h"
#include "records/shard.h"
#include "worker/handle.h"

#include <errno.h>

/* Write down in the shard which slot is about to be parked: whoever finds the table full looks
 * there. */
static inline void announce_parking(const struct lane *lane, uint32_t slot)
{
    atomic_store_explicit(&lane->counters->parked[lane->parked_in % PARKED_SLOTS], slot + 1,
                          memory_order_relaxed);
}

/* A slot has been parked, with this word. Remember it, and fetch what its next entry will write. */
static inline void note_parked(const struct seat *seat, struct lane *lane, uint32_t slot,
                               uint64_t word)
{
    const uint8_t *payload = lane->payloads + (uint64_t)slot * seat->payload_bytes;

    lane->parked[lane->parked_in++ % PARKED_SLOTS] = (struct parked){.word = word, .slot = slot};
    __builtin_prefetch(payload, 1);
    __builtin_prefetch(payload + 64, 1);
    if (word & SLOT_KEYED && lane->key_slots != NULL)
        __builtin_prefetch(&lane->key_slots[slot], 1);
}

/* Give back one's own slot that is RELEASING as word. */
static inline void give_back(struct seat *seat, struct lane *lane, uint32_t type, uint32_t slot,
                             uint64_t word)
{
    const struct segment *s = seat->attachment->segment;
    uint64_t parked = slot_word(SLOT_PARKED, seat->owner, slot_generation(word));

    if ((word & SLOT_KEYED) && key_index_is_ready(s, type))
        index_remove(s, type, slot);
    if (!seat->sole_writer || lane_parked(lane) == PARKED_SLOTS) {
        slot_free(&lane->words[slot], lane->taken, slot, word);
        lane->hand = slot;
        return;
    }
    announce_parking(lane, slot);
    /* release: with slot_claim's acquire: the cell is cleared */
    atomic_store_explicit(&lane->words[slot], parked, memory_order_release);
    note_parked(seat, lane, slot, parked);
}

void register_give_back(struct seat *seat, uint32_t type, uint32_t slot, uint64_t word)
{
    give_back(seat, &seat->lanes[type], type, slot, word);
}

/* Which of this thread's lanes an id is in, and its slot there. NULL: an id of another segment. */
static inline struct lane *find_lane(struct seat *seat, connstat_id id, uint32_t *slot)
{
    uint64_t type = (id >> seat->type_shift) - 1;
    struct lane *lane;

    *slot = (uint32_t)(id >> seat->slot_shift) & seat->slot_mask;
    if (unlikely(type >= seat->type_count))
        return NULL;
    lane = &seat->lanes[type];
    return likely(*slot < lane->capacity) ? lane : NULL;
}

/* Does a slot's word say that the id lives as this thread's record's, with a key or without? */
static inline bool is_own(const struct seat *seat, connstat_id id, uint64_t word)
{
    uint64_t lower = word & ((UINT64_C(1) << SLOT_GENERATION_SHIFT) - 1) & ~SLOT_KEYED;

    return likely(lower == seat->live) &&
           likely(id_salted(word, seat->salt ^ id, seat->generation_mask) == 0);
}

/* One's own entry, given back whole: where it cannot be parked. */
static int unregister_own(struct seat *seat, struct lane *lane, uint32_t slot, uint64_t live)
{
    uint64_t releasing = slot_become(live, SLOT_RELEASING);

    if (unlikely(!slot_retract(&lane->words[slot], live, releasing)))
        return -ENOENT;
    give_back(seat, lane, (uint32_t)(lane - seat->lanes), slot, releasing);
    counter_add(&lane->counters->closed, seat->sole_writer);
    return 0;
}

/* The common case: one's own entry, on counters that only this thread writes. Its slot is parked
 * where there is room, with the cell of its key if it has one, which who takes the slot clears;
 * else given to everybody. False: another thread was quicker, or there is more to do. */
static inline bool unregister_quickly(const struct seat *seat, struct lane *lane, uint32_t slot,
                                      connstat_id id)
{
    _Atomic uint64_t *word = &lane->words[slot];
    uint64_t live = atomic_load_explicit(word, memory_order_relaxed), next;

    if (unlikely(!is_own(seat, id, live)) || unlikely(!seat->sole_writer))
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

/* Is the record a thread's of the worker that the seat is of, or the worker's own? By the seat, not
 * by the attachment: another thread may have left and joined anew meanwhile. */
static bool is_ours(const struct seat *seat, uint32_t owner)
{
    const struct record *record = segment_record(seat->attachment->segment, owner);
    uint64_t word = atomic_load_explicit(&record->word, memory_order_acquire);

    if (owner == seat->process_record)
        return word == seat->process_word;
    return record_state(word) == RECORD_ALIVE &&
           record_pid(word) == record_pid(seat->process_word) &&
           (uint32_t)atomic_load_explicit(&record->thread, memory_order_relaxed) ==
               seat->process_record + 1;
}

/* An entry of another of this process's records: it is adopted, and counted on that one's shared
 * shard. */
static int unregister_for(struct attachment *a, struct seat *seat, const struct id_parts *parts,
                          uint64_t live)
{
    const struct segment *s = a->segment;
    _Atomic uint64_t *word = &segment_words(s, parts->type)[parts->slot];
    uint32_t owner = slot_owner(live);
    struct shard *shared = segment_shard(s, shard_index_shared(owner));
    uint64_t mine = slot_adopted(live, seat->owner);

    atomic_fetch_or_explicit(&segment_record(s, owner)->flags, RECORD_SHARED, memory_order_release);
    slot_touch(segment_touched(s, seat->owner, parts->type), parts->slot);
    if (!slot_retract(word, live, mine))
        return -ENOENT;
    if ((mine & SLOT_KEYED) && key_index_is_ready(s, parts->type))
        index_remove(s, parts->type, parts->slot);
    slot_free(word, segment_taken(s, parts->type), parts->slot, mine);
    counter_add(&shard_types(shared)[parts->type].closed, false);
    return 0;
}

/* Dead, or a life of this process that connstat_leave is just ending. */
static bool owner_is_gone(const struct segment *s, uint32_t owner)
{
    struct identity identity;
    uint64_t word;

    if (owner >= s->geometry.shape.max_workers)
        return true;
    word = atomic_load_explicit(&segment_record(s, owner)->word, memory_order_acquire);
    if (record_state(word) != RECORD_ALIVE || !record_identity(s, owner, word, &identity))
        return true;
    if (identity_is_self(&identity))
        return true;
    return identity_is_dead(&identity, false);
}

/* A thread that never registered may still end what another thread of its process began; a process
 * that never did owns nothing, and does not join for this. */
static struct seat *seat_if_joined(struct attachment *a)
{
    struct seat *seat = seat_of(a);

    if (seat != NULL || atomic_load_explicit(a->membership, memory_order_acquire) == 0)
        return seat;
    return seat_take(a, &seat) == 0 ? seat : NULL;
}

/* An entry that does not look like one of this thread's record at once: it may be of another record
 * of this process, of another process, or be none. */
static int unregister_other(struct attachment *a, connstat_id id)
{
    UNCANCELLED;
    const struct segment *s = a->segment;
    struct id_parts parts;
    struct seat *seat;
    uint64_t word;

    if (a->read_only)
        return -EROFS;
    if (!id_parse(s, a->id_salt, id, &parts))
        return -ENOENT;
    seat = seat_if_joined(a);
    word = atomic_load_explicit(&segment_words(s, parts.type)[parts.slot], memory_order_relaxed);
    if (slot_state(word) != SLOT_LIVE || !id_matches(s, &parts, word))
        return -ENOENT;
    if (seat != NULL && slot_owner(word) == seat->owner)
        return unregister_own(seat, &seat->lanes[parts.type], parts.slot, word);
    if (seat != NULL && slot_owner(word) < s->geometry.shape.max_workers &&
        is_ours(seat, slot_owner(word)))
        return unregister_for(a, seat, &parts, word);
    return owner_is_gone(s, slot_owner(word)) ? -ENOENT : -EPERM;
}

/* All but the common case. Leaves the section. lane: of the id in this thread's seat, or NULL. */
static __attribute__((noinline)) int unregister_slowly(struct attachment *a, struct seat *seat,
                                                       struct lane *lane, uint32_t slot,
                                                       connstat_id id)
{
    uint64_t word =
        lane != NULL ? atomic_load_explicit(&lane->words[slot], memory_order_relaxed) : 0;
    int error = lane != NULL && is_own(seat, id, word) ? unregister_own(seat, lane, slot, word)
                                                       : unregister_other(a, id);

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
    lane = likely(seat != NULL) ? find_lane(seat, id, &slot) : NULL;
    if (unlikely(lane == NULL))
        return unregister_slowly(a, seat, NULL, 0, id);
    if (unlikely(!unregister_quickly(seat, lane, slot, id)))
        return unregister_slowly(a, seat, lane, slot, id);
    guard_leave();
    return 0;
}
