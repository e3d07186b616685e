/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A seat: what one thread needs to register in one segment without looking anything up: under
 * which record, on which counters, and a few slots of each type that it freed last. A seat is good
 * as long as its membership number stands in the attachment's cell; leaving, closing and forking
 * change the cell.
 */
#ifndef LIB_SEAT_H
#define LIB_SEAT_H

#include "../shm/metadata_shape.h"
#include "attach.h"

struct parked {
    uint64_t word; /* PARKED by us, unless somebody took it */
    uint32_t slot;
};

struct lane { /* of one type: where it is, and what this thread freed last */
    _Atomic uint64_t *words, *map;
    uint8_t *payloads;
    struct shard_type *counters;
    struct key_slot *key_slots; /* NULL: this seat has registered no key here */
    uint32_t capacity;
    uint32_t hand;         /* where the free map is looked at next */
    uint32_t first, count; /* of parked: a ring; the oldest is taken first, when its payload has */
    struct parked parked[PARKED_SLOTS]; /* been fetched for writing */
};

struct seat {
    uint64_t membership;
    struct attachment *attachment;
    uint32_t owner;          /* record */
    uint32_t live;           /* the lower bits of the word of an entry of ours */
    uint64_t generation_mask, salt; /* of ids */
    uint32_t slot_mask, type_count;
    uint32_t payload_bytes, metadata_bytes;
    uint8_t slot_shift, type_shift; /* of ids */
    bool alone;              /* only this thread writes the counters; it may park */
    bool thread_owned;       /* the record is the thread's (connstat_own_by_thread) */
    bool active;             /* thread_owned: new entries are the thread's */
    uint64_t owner_word;
    uint32_t process_record; /* the process's, which is the owner unless thread_owned */
    uint64_t process_word;
    struct seat *next;       /* of the thread, or idle ones of the attachment */
    struct metadata_shapes shapes;
    struct lane lanes[];
};

/* The block of thread-local memory is two pointers: small enough for dlopen in the initial-exec
 * model. */
extern _Thread_local struct seat *seat_current;

/* This thread's other seats: it works in several segments. NULL: none is good here. */
struct seat *seat_switch(uint64_t membership);

static inline struct seat *seat_of(const struct attachment *a)
{
    /* acquire: with the release in worker_join: the attachment's record is written */
    uint64_t membership = atomic_load_explicit(a->membership, memory_order_acquire);
    struct seat *seat = seat_current;

    if (likely(seat != NULL && seat->membership == membership))
        return seat;
    return seat_switch(membership);
}

/* Find or make this thread's seat; joins the segment if this process has not. Inside a guard
 * section. Returns 0; -EROFS; -EUSERS; -ENOMEM; -ESTALE: the segment is retired, follow first. */
int seat_take(struct attachment *a, struct seat **seat);

/* Under the process lock: seats that nobody will use again. */
void seat_free_list(struct seat *list);

#endif
