/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "worker/seat.h"

#include "os/clock.h"
#include "os/identity.h"
#include "records/shard.h"
#include "worker/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct seat seat_nobody = {.membership = UINT64_MAX};
_Thread_local struct seat *seat_current = &seat_nobody;
static _Thread_local struct seat *seats; /* all of this thread */

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key; /* for its destructor alone */
static bool key_made;

/* ---- the end of a thread -------------------------------------------------------------------- */

/* A thread has ended. Its seat, with its shard and its parked slots, goes to the next thread that
 * comes; one with a record of its own leaves, as a worker does. */
static void retire_seat(struct seat *seat)
{
    struct attachment *a = seat->attachment;

    process_lock();
    if (!process_membership_stands(seat->membership)) {
        process_unlock();
        free(seat);
        return;
    }
    if (!seat->thread_owned) {
        seat->next = a->idle_seats;
        a->idle_seats = seat;
        process_unlock();
        return;
    }
    atomic_fetch_add_explicit(&a->references, 1, memory_order_relaxed);
    process_unlock();
    worker_leave_thread(a, seat->owner, seat->owner_word);
    attachment_drop(a);
    free(seat);
}

static void thread_ends(void *unused)
{
    (void)unused;
    seat_current = &seat_nobody;
    while (seats != NULL) {
        struct seat *seat = seats;

        seats = seat->next;
        retire_seat(seat);
    }
}

static void make_key(void)
{
    key_made = pthread_key_create(&key, thread_ends) == 0;
}

/* ---- taking one ----------------------------------------------------------------------------- */

/* Did somebody take this thread's own record from it, or all of its process's? Then it gets another
 * one, because what it registers is to be its own. */
static bool has_lost_its_record(const struct attachment *a)
{
    uint64_t membership = atomic_load_explicit(a->membership, memory_order_relaxed);

    for (const struct seat *seat = seats; seat != NULL; seat = seat->next)
        if (seat->thread_owned && seat->active &&
            (seat->membership == a->resigned ||
             (seat->membership == membership && !seat_is_ours(seat))))
            return true;
    return false;
}

/* Free this thread's seats in segments that the process has left, or that its parent had, and here
 * those whose record was taken from it. */
static void forget_stale(const struct attachment *a)
{
    uint64_t membership = atomic_load_explicit(a->membership, memory_order_relaxed);
    struct seat **link = &seats;

    while (*link != NULL) {
        struct seat *seat = *link;

        if (process_membership_stands(seat->membership) &&
            (seat->membership != membership || seat_is_ours(seat))) {
            link = &seat->next;
            continue;
        }
        *link = seat->next;
        free(seat);
    }
}

static struct seat *find(uint64_t membership)
{
    struct seat *found = NULL;

    for (struct seat *seat = seats; seat != NULL; seat = seat->next)
        if (seat->membership == membership && (!seat->thread_owned || seat->active))
            if (found == NULL || seat->thread_owned)
                found = seat;
    return found;
}

static struct seat *new_seat(struct attachment *a)
{
    const struct geometry *g = &a->segment->geometry;
    size_t bytes = sizeof(struct seat) + g->shape.type_count * sizeof(struct lane);
    /* The rivals' room is not touched before it is needed. */
    struct seat *seat =
        aligned_alloc(alignof(struct seat), bytes + PENDING_MAX * sizeof(struct rival));

    if (seat == NULL)
        return NULL;
    memset(seat, 0, bytes);
    seat->membership = atomic_load_explicit(a->membership, memory_order_relaxed);
    seat->attachment = a;
    seat->process_record = (uint16_t)a->record;
    seat->process_word = a->record_word;
    seat->type_count = g->shape.type_count;
    seat->payload_bytes = g->payload_bytes;
    seat->metadata_bytes = g->shape.metadata_bytes;
    seat->slot_mask = (uint32_t)((UINT64_C(1) << g->slot_bits) - 1);
    seat->slot_shift = (uint8_t)g->generation_bits;
    seat->type_shift = (uint8_t)(g->generation_bits + g->slot_bits);
    seat->generation_mask = (UINT64_C(1) << g->generation_bits) - 1;
    seat->salt = a->id_salt;
    return seat;
}

struct seat *seat_switch(uint64_t membership)
{
    struct seat *seat = membership == 0 ? NULL : find(membership);

    if (seat == NULL || !seat_is_ours(seat))
        return NULL;
    seat_current = seat;
    return seat;
}

/* Where a seat begins to look for free slots. Workers seldom meet if each has a place of its own:
 * the places step through the words of the taken map by the golden ratio, so that any number of
 * workers stands about evenly in a table of any size. */
static uint32_t first_hand(uint32_t capacity, uint64_t place)
{
    uint32_t words = (capacity + 63) / 64;

    return (uint32_t)((place * UINT64_C(0x9e3779b97f4a7c15) >> 32) * words >> 32) * 64;
}

uint32_t seat_hand_between(const struct seat *seat, uint32_t from, uint32_t to)
{
    return from / 64 * 64 + first_hand(to - from, seat->shard);
}

static void use_shard(struct seat *seat, const struct segment *s, uint32_t index, bool sole_writer)
{
    struct shard_type *counters = shard_types(segment_shard(s, index));

    seat->record = &segment_record(s, seat->owner)->word;
    seat->shard = (uint16_t)index;
    seat->sole_writer = sole_writer;
    seat->live = (uint32_t)slot_word(SLOT_LIVE, seat->owner, 0);
    for (uint32_t t = 0; t < seat->type_count; t++)
        seat->lanes[t] = (struct lane){
            .words = segment_words(s, t),
            .taken = segment_taken(s, t),
            .payloads = (uint8_t *)segment_payload(s, t, 0),
            .counters = &counters[t],
            .id = id_of_type(t, seat->type_shift),
            .capacity = segment_capacity(s, t),
            .hand = first_hand(segment_capacity(s, t), index),
        };
}

/* With the process lock held: a seat for a thread that registers as its process. As a rule that is the
 * seat of a thread that has ended, with its shard and what is parked there. A new seat gets the record's
 * own shard if no seat has it yet; else an extra one; else it shares the record's shared shard. */
static struct seat *make_process_seat(struct attachment *a)
{
    const struct segment *s = a->segment;
    struct seat *seat = a->idle_seats;
    int64_t extra;

    if (seat != NULL) {
        a->idle_seats = seat->next;
        return seat;
    }
    seat = new_seat(a);
    if (seat == NULL)
        return NULL;
    seat->owner = a->record;
    seat->owner_word = a->record_word;
    if (!a->own_shard_given) {
        a->own_shard_given = true;
        use_shard(seat, s, shard_index_own(a->record), true);
        return seat;
    }
    extra = shard_take_extra(s, a->record, a->record_word);
    if (extra >= 0) {
        use_shard(seat, s, (uint32_t)extra, true);
        return seat;
    }
    /* relaxed: as in entry_shared_counters */
    atomic_fetch_or_explicit(&segment_record(s, a->record)->flags, RECORD_SHARED,
                             memory_order_relaxed);
    use_shard(seat, s, shard_index_shared(a->record), false);
    return seat;
}

static int make_thread_seat(struct attachment *a, struct seat **made)
{
    struct identity identity;
    struct seat *seat;
    int error = identity_of_self(&identity, true);

    if (error < 0)
        return error;
    identity.process_index = a->record;
    seat = new_seat(a);
    if (seat == NULL)
        return -ENOMEM;
    error = record_join(a->segment, RECORD_WORKER, &identity, life_hold(&a->life), NULL,
                        clock_now_ns(), &seat->owner, &seat->owner_word);
    if (error < 0) {
        free(seat);
        return error;
    }
    life_announce(&a->life);
    seat->thread_owned = true;
    seat->active = true;
    use_shard(seat, a->segment, shard_index_own(seat->owner), true);
    *made = seat;
    return 0;
}

static void sit_down(struct seat *seat)
{
    seat->next = seats;
    seats = seat;
    seat_current = seat;
    pthread_once(&key_once, make_key);
    if (key_made)
        pthread_setspecific(key, &seats);
}

/* Finds or makes this thread's seat. Called with the process lock held, when the process has joined. A
 * thread whose own record was taken from it gets a new one first, and only then forgets the old seat: if
 * that fails, the next call tries again. */
static int take_with_lock(struct attachment *a, struct seat **taken)
{
    struct seat *seat = NULL;

    if (has_lost_its_record(a)) {
        int error = make_thread_seat(a, &seat);

        if (error < 0)
            return error;
    }
    forget_stale(a);
    if (seat == NULL) {
        *taken = find(atomic_load_explicit(a->membership, memory_order_relaxed));
        if (*taken != NULL)
            return 0;
        seat = make_process_seat(a);
    }
    if (seat == NULL)
        return -ENOMEM;
    sit_down(seat);
    *taken = seat;
    return 0;
}

int seat_take(struct attachment *a, struct seat **taken)
{
    struct seat *seat;
    int error;

    if (a->read_only)
        return -EROFS;
    process_lock();
    error = worker_join_helping(a, NULL);
    if (error < 0) {
        process_unlock();
        return error;
    }
    error = take_with_lock(a, &seat);
    process_unlock();
    if (error < 0)
        return error;
    seat_current = seat;
    *taken = seat;
    return 0;
}

/* ---- threads as owners ---------------------------------------------------------------------- */

int seat_own_by_thread(struct attachment *a, bool own)
{
    struct seat *seat = NULL;
    uint64_t membership;
    int error = worker_join(a, NULL);

    if (error < 0)
        return error;
    forget_stale(a);
    membership = atomic_load_explicit(a->membership, memory_order_relaxed);
    for (seat = seats; seat != NULL; seat = seat->next)
        if (seat->membership == membership && seat->thread_owned)
            break;
    seat_current = &seat_nobody;
    if (seat != NULL)
        seat->active = own;
    if (seat != NULL || !own)
        return 0;
    error = make_thread_seat(a, &seat);
    if (error == 0)
        sit_down(seat);
    return error;
}
