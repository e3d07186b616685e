/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Entering a connection into the table: the hot path. With a seat and a parked slot it is one
 * compare-and-swap and the stores of the entry.
 */
#include "entry/register.h"
#include "worker/handle.h"

#include "entry/fill.h"
#include "keys/index.h"
#include "metadata/metadata.h"
#include "process/grow.h"
#include "process/uncancelled.h"
#include "reaping/reap.h"
#include "records/shard.h"
#include "worker/worker.h"

#include <errno.h>

static seldom int refuse(struct attachment *a, int type, int error)
{
    const struct segment *s = a->segment;
    enum connstat_refusal reason;

    switch (error) {
    case -ENOSPC:
        reason = CONNSTAT_REFUSED_FULL;
        break;
    case -EMSGSIZE:
        reason = CONNSTAT_REFUSED_SIZE;
        break;
    case -EINVAL:
        reason = CONNSTAT_REFUSED_INVALID;
        break;
    case -EUSERS:
        reason = CONNSTAT_REFUSED_WORKERS;
        break;
    case -EDQUOT:
        reason = CONNSTAT_REFUSED_LIMIT;
        break;
    default:
        return error;
    }
    if (!a->read_only) {
        uint32_t types = s->geometry.shape.type_count;
        uint32_t index = (unsigned)type < types
                             ? (unsigned)type * CONNSTAT_REFUSAL_COUNT + (unsigned)reason
                             : types * CONNSTAT_REFUSAL_COUNT;

        atomic_fetch_add_explicit(&segment_refusals(s)[index], 1, memory_order_relaxed);
    }
    return error;
}

/* ---- where the taken map has nothing left --------------------------------------------------- */

struct search {
    struct seat *seat;
    struct lane *lane;
    uint32_t type;
    uint64_t as;
    struct claim claim;
    uint32_t full; /* the first `full` slots were looked at, and all were taken */
};

/* Claims one of the slots that the table has got since. The search begins at a place among them that depends
 * on the seat, so that threads which come here together do not meet at one slot. */
static bool claim_from_new(struct search *search)
{
    struct attachment *a = search->seat->attachment;
    uint32_t capacity;

    /* An error is no reason to give up: without the new slots there may still be others. */
    (void)mapping_keep_up(&a->mapping);
    capacity = segment_capacity(a->segment, search->type);
    if (capacity == search->full)
        return false;
    search->lane->hand = seat_hand_between(search->seat, search->full, capacity);
    search->full = capacity;
    return claim_find(a->segment, search->type, search->as, &search->lane->hand, &search->claim) ==
           0;
}

static bool steal(struct search *search)
{
    return claim_steal(search->seat->attachment->segment, search->type, search->as,
                       &search->claim) == 0;
}

/* Looks for workers that died unnoticed, and claims one of their slots: one that a sweep has made free, or
 * one that somebody has parked since. */
static bool claim_from_dead(struct search *search)
{
    struct attachment *a = search->seat->attachment;

    return reap_help(a, search->seat) && (claim_find(a->segment, search->type, search->as,
                                                     &search->lane->hand, &search->claim) == 0 ||
                                          steal(search));
}

static bool grow(struct search *search)
{
    return grow_full_table(search->seat->attachment, search->type, search->full);
}

/* Looks everywhere else. The loop ends, because each of its turns makes the table grow, up to a maximum. */
static void look_further(struct search *search)
{
    if (claim_from_new(search) || steal(search) || claim_from_dead(search))
        return;
    while (grow(search))
        if (claim_from_new(search) || steal(search))
            return;
    /* We could not make it grow; but somebody else may have done so meanwhile. */
    (void)claim_from_new(search);
}

static struct claim search_further(struct seat *seat, struct lane *lane, uint64_t as)
{
    struct search search = {seat, lane, (uint32_t)(lane - seat->lanes), as, {0, 0}, lane->capacity};

    look_further(&search);
    lane->capacity = segment_capacity(seat->attachment->segment, search.type);
    return search.claim;
}

/* Called after a claim from the taken map that failed, or after which it is time to see how full the table
 * is. Returns the claim, or another one in place of one that failed. */
static seldom struct claim look_about(struct seat *seat, struct lane *lane, uint64_t as,
                                      struct claim claim)
{
    if (claim.word == 0)
        return search_further(seat, lane, as);
    grow_wake_reapers(seat->attachment, (uint32_t)(lane - seat->lanes), lane->capacity);
    return claim;
}

struct claim register_search(struct seat *seat, struct lane *lane, uint64_t as)
{
    const struct segment *s = seat->attachment->segment;
    uint32_t type = (uint32_t)(lane - seat->lanes);
    struct claim claim = {0, 0};

    lane->capacity = segment_capacity(s, type);
    if (unlikely(claim_find(s, type, as, &lane->hand, &claim) < 0 || grow_is_due(claim.slot)))
        claim = look_about(seat, lane, as, claim);
    return claim;
}

__attribute__((noinline)) uint64_t register_without_key(struct seat *seat, struct lane *lane,
                                                        struct claim claim)
{
    const struct segment *s = seat->attachment->segment;
    uint32_t type = (uint32_t)(lane - seat->lanes);

    if (key_index_is_ready(s, type))
        index_remove(s, type, claim.slot);
    return claim.word & ~SLOT_KEYED;
}

/* Registers encoded metadata that was checked and fits. Called inside a guard section, which it leaves. */
static inline int register_bytes(struct seat *seat, uint32_t type, const uint8_t *encoded,
                                 uint32_t size, connstat_id *id)
{
    struct lane *lane = &seat->lanes[type];
    uint64_t as = seat->live - SLOT_LIVE + SLOT_CLAIMED;
    struct claim claim = register_claim(seat, lane, as);

    if (unlikely(claim.word == 0))
        return register_leave_refused(seat, (int)type, -ENOSPC);
    if (unlikely(claim.word & SLOT_KEYED))
        claim.word = register_without_key(seat, lane, claim);
    fill_payload(lane_payload(seat, lane, claim.slot), encoded, size);
    /* Counted before it can be seen (and, at its end, counted as closed after it can be seen no
     * more). Killed in between, it counts as lost with its worker. */
    counter_add(&lane->counters->opened, seat->sole_writer);
    slot_publish(&lane->words[claim.slot], claim.word);
    *id = register_id(seat, lane, &claim);
    guard_leave();
    return 0;
}

/* ---- entering ------------------------------------------------------------------------------- */

static seldom int find_seat(connstat_t *cs, struct attachment **a, struct seat **seat)
{
    for (int round = 0; round < 3; round++) {
        int error = seat_take(*a, seat);
        struct attachment *retired = *a;

        if (error != -ESTALE)
            return error;
        /* worker_resign and handle_follow wait until all guard sections have ended, so we leave ours. A
         * reference keeps the attachment meanwhile. */
        handle_hold(cs, retired);
        guard_leave();
        worker_resign(retired);
        handle_follow(cs, retired);
        handle_drop(cs, retired);
        *a = handle_enter(cs);
        if (*a == NULL)
            return -ENOTCONN;
    }
    return -ENOTCONN;
}

/* The seat of this thread, inside a guard section; on failure the section has been left. */
static seldom int enter_slowly(connstat_t *cs, struct attachment *a, int type, struct seat **seat)
{
    UNCANCELLED;
    int error = find_seat(cs, &a, seat);

    if (error < 0 && a != NULL) {
        error = refuse(a, type, error);
        guard_leave();
    }
    return error;
}

int register_enter(connstat_t *cs, int type, struct seat **seat)
{
    struct attachment *a = cs == NULL ? NULL : handle_enter(cs);

    if (a == NULL)
        return -ENOTCONN;
    *seat = seat_of(a);
    return likely(*seat != NULL) ? 0 : enter_slowly(cs, a, type, seat);
}

seldom int register_leave_refused(struct seat *seat, int type, int error)
{
    error = refuse(seat->attachment, type, error);
    guard_leave();
    return error;
}

/* ---- registering ---------------------------------------------------------------------------- */

/* Called inside a guard section, and leaves it, as do all functions below. */
static inline int register_fields(struct seat *seat, int type,
                                  const struct connstat_field *metadata, size_t count,
                                  connstat_id *id)
{
    alignas(8) uint8_t encoded[MAX_METADATA + ENCODE_SLACK];
    int size;

    if (unlikely((unsigned)type >= seat->type_count))
        return register_leave_refused(seat, type, -EINVAL);
    size = metadata_encode_alike(&seat->calls, metadata, count, encoded, seat->metadata_bytes);
    if (unlikely(size < 0))
        return register_leave_refused(seat, type, size);
    return register_bytes(seat, (uint32_t)type, encoded, (uint32_t)size, id);
}

static inline int register_encoded(struct seat *seat, int type, const void *encoded, size_t size,
                                   connstat_id *id)
{
    int error;

    if (unlikely((unsigned)type >= seat->type_count || (encoded == NULL && size > 0)))
        return register_leave_refused(seat, type, -EINVAL);
    if (unlikely(size > seat->metadata_bytes))
        return register_leave_refused(seat, type, -EMSGSIZE);
    error = metadata_validate_alike(&seat->shapes, encoded, size);
    if (unlikely(error < 0))
        return register_leave_refused(seat, type, error);
    return register_bytes(seat, (uint32_t)type, encoded, (uint32_t)size, id);
}

/* The seat is not at hand: it is the first call of a thread or a process, or the last one was in
 * another segment. */
static seldom int register_fields_anew(connstat_t *cs, int type,
                                       const struct connstat_field *metadata, size_t count,
                                       connstat_id *id)
{
    struct seat *seat;
    int error = register_enter(cs, type, &seat);

    return error < 0 ? error : register_fields(seat, type, metadata, count, id);
}

static seldom int register_encoded_anew(connstat_t *cs, int type, const void *encoded, size_t size,
                                        connstat_id *id)
{
    struct seat *seat;
    int error = register_enter(cs, type, &seat);

    return error < 0 ? error : register_encoded(seat, type, encoded, size, id);
}

int connstat_register(connstat_t *cs, int type, const struct connstat_field *metadata, size_t count,
                      connstat_id *id)
{
    struct seat *seat;

    if (unlikely(id == NULL))
        return -EINVAL;
    *id = 0;
    seat = register_enter_at_once(cs);
    return likely(seat != NULL) ? register_fields(seat, type, metadata, count, id)
                                : register_fields_anew(cs, type, metadata, count, id);
}

int connstat_register_encoded(connstat_t *cs, int type, const void *encoded, size_t size,
                              connstat_id *id)
{
    struct seat *seat;

    if (unlikely(id == NULL))
        return -EINVAL;
    *id = 0;
    seat = register_enter_at_once(cs);
    return likely(seat != NULL) ? register_encoded(seat, type, encoded, size, id)
                                : register_encoded_anew(cs, type, encoded, size, id);
}
