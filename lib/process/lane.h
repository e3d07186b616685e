/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What one thread needs to register in one segment without looking anything up.
 *
 *   - A seat says under which record it registers, on which counters, and how ids are made.
 *   - A seat has a lane for each type: where the type's table is, and the few slots of it that this
 *     thread freed last and keeps parked.
 *
 * A seat is good as long as its membership number is the attachment's; leaving, closing and forking
 * change that one. For new entries its record must be ours still, too: somebody may have taken us
 * for dead (worker.h).
 */
#ifndef LIB_LANE_H
#define LIB_LANE_H

#include "metadata/known_names.h"
#include "metadata/known_shape.h"
#include "slots/payload.h"

struct attachment;

struct lane { /* of one type: where it is, and what this thread freed last */
    alignas(64) _Atomic uint64_t *words;
    uint8_t *payloads;
    struct shard_type *counters;
    uint64_t id; /* the type's part of an id */
    uint32_t capacity;
    uint32_t hand;                  /* where the taken map is looked at next */
    uint32_t parked_in, parked_out; /* ever: a ring. The oldest is taken first, when its payload */
    _Atomic uint64_t *taken;        /* has been fetched for writing */
    struct key_slot *key_slots;     /* NULL: this seat has registered no key here */
    struct parked parked[PARKED_SLOTS];
};
static_assert(sizeof(struct lane) == 128, "two cache lines, and a shift to find it");

struct seat {
    uint64_t membership;
    struct attachment *attachment;
    uint32_t owner;                 /* record */
    uint32_t live;                  /* the lower bits of the word of an entry of ours */
    uint64_t generation_mask, salt; /* of ids */
    uint32_t slot_mask, type_count;
    uint32_t payload_bytes, metadata_bytes;
    uint8_t slot_shift, type_shift; /* of ids */
    bool sole_writer;               /* of its shard: it counts by stores, and may park */
    bool thread_owned : 1;          /* the record is the thread's (connstat_own_by_thread) */
    bool active : 1;                /* thread_owned: new entries are the thread's */
    uint16_t shard;                 /* of its counters, and its spare (slots/payload.h) */
    uint16_t process_record;        /* the process's, which is the owner unless thread_owned */
    uint64_t owner_word;
    const _Atomic uint64_t *record; /* the owner's word in the segment */
    uint64_t process_word;
    struct seat *next; /* of the thread, or idle ones of the attachment */
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

/* The block of thread-local memory is two pointers: small enough for dlopen in the initial-exec
 * model. */
extern _Thread_local struct seat *seat_current;

/* What seat_current is where there is none: of no membership, so that it need not be asked for. */
extern struct seat seat_nobody;

/* The seat that this thread used last, if its membership number is the attachment's; else NULL. */
static inline struct seat *seat_at_hand(const _Atomic uint64_t *current)
{
    /* acquire: with the release in worker_join: the attachment's record is written */
    uint64_t membership = atomic_load_explicit(current, memory_order_acquire);
    struct seat *seat = seat_current;

    return likely(seat->membership == membership) ? seat : NULL;
}

/* Is its record still the one that was joined as? */
static inline bool seat_is_ours(const struct seat *seat)
{
    /* relaxed: nothing is read because of it. Who is called dead after this look has begun a call
     * that it is too late for, as one has who dies. */
    return likely(atomic_load_explicit(seat->record, memory_order_relaxed) == seat->owner_word);
}

#endif
