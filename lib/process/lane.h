/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What one thread keeps at hand to register in one segment without looking anything up.
 *
 *   - A seat says which record its entries belong to, which counters it uses, and how ids are made.
 *   - A seat has a lane for each type: where the type's table is, and which slots of it this thread
 *     freed last and keeps parked.
 *
 * A seat may be used as long as its membership number is the attachment's; leaving, closing and forking
 * change the attachment's. To register, its record must still be ours, too: somebody may have taken
 * this process for dead by mistake (worker.h).
 */
#ifndef LIB_LANE_H
#define LIB_LANE_H

#include "metadata/known_names.h"
#include "metadata/known_shape.h"
#include "slots/payload.h"

struct attachment;

struct lane {
    alignas(64) _Atomic uint64_t *words;
    uint8_t *payloads;
    struct shard_type *counters;
    uint64_t id; /* the bits of an id that say which type */
    uint32_t capacity;
    uint32_t hand; /* the slot at which the next search for a free one begins */
    /* How many slots were ever parked and taken again: `parked` is a ring. The oldest is taken first,
     * because its payload has had the most time to be fetched for writing. */
    uint32_t parked_in, parked_out;
    _Atomic uint64_t *taken;
    struct key_slot *key_slots; /* NULL: this seat has registered no key here */
    struct parked parked[PARKED_SLOTS];
};
static_assert(sizeof(struct lane) == 128, "two cache lines, and a shift to find it");

struct seat {
    uint64_t membership;
    struct attachment *attachment;
    uint32_t owner; /* number of the record that its entries belong to */
    uint32_t live;  /* the lower bits of a slot's word with an entry of this owner */
    uint64_t generation_mask, salt; /* to make and read ids */
    uint32_t slot_mask, type_count;
    uint32_t payload_bytes, metadata_bytes;
    uint8_t slot_shift, type_shift; /* to make and read ids */
    bool sole_writer;        /* nobody else writes its shard: it counts by stores, and may park */
    bool thread_owned : 1;   /* the owner is the thread's own (connstat_own_by_thread) */
    bool active : 1;         /* if thread_owned: new entries belong to the thread */
    uint16_t shard;          /* number of its counters, and of its spare (slots/payload.h) */
    uint16_t process_record; /* the process's record: the owner, unless thread_owned */
    uint64_t owner_word;     /* the word of the owner's record, when we joined */
    const _Atomic uint64_t *record; /* where that word stands in the segment */
    uint64_t process_word;
    struct seat *next; /* in the thread's list, or in the attachment's list of idle seats */
    struct metadata_shapes shapes;
    struct metadata_calls calls;
    struct lane lanes[];
};
static_assert(2 * (RECORD_INDEX_MASK + 1) + EXTRA_SHARDS <= UINT16_MAX, "shards by 16 bits");

static inline struct payload *lane_payload(const struct seat *seat, const struct lane *lane,
                                           uint32_t slot)
{
    return (struct payload *)(void *)(lane->payloads + (uint64_t)slot * seat->payload_bytes);
}

static inline uint32_t lane_parked(const struct lane *lane)
{
    return lane->parked_in - lane->parked_out;
}

/* The seat that this thread used last. All thread-local variables of the library are a few pointers:
 * so little that it can be loaded by dlopen, though they are in the initial-exec model. */
extern _Thread_local struct seat *seat_current;

/* Stands for "no seat". It is of no membership, so comparing memberships is enough, and a test for
 * NULL is saved. */
extern struct seat seat_nobody;

/* The seat that this thread used last, if its membership number is the attachment's; else NULL. */
static inline struct seat *seat_at_hand(const _Atomic uint64_t *current)
{
    /* acquire, with the release in worker_join, which writes the attachment's record before the
     * membership. Weaker, we could use the number of an older record. */
    uint64_t membership = atomic_load_explicit(current, memory_order_acquire);
    struct seat *seat = seat_current;

    return likely(seat->membership == membership) ? seat : NULL;
}

/* Does this process still have the record that it joined with? */
static inline bool seat_is_ours(const struct seat *seat)
{
    /* relaxed: nothing else is read because of what this says. If somebody calls us dead after this
     * look, the call that we have begun comes too late, like the last call of one who dies. */
    return likely(atomic_load_explicit(seat->record, memory_order_relaxed) == seat->owner_word);
}

#endif
