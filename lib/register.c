/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Entering a connection into the table: the hot path. With a seat and a parked slot it is one
 * compare-and-swap and the stores of the entry.
 */
#include "register.h"

#include "../shm/metadata.h"
#include "../shm/shard.h"
#include "reap.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static cold int refuse(struct attachment *a, int type, int error)
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

/* ---- claiming a slot ------------------------------------------------------------------------ */

/* Take a slot of one's own that was freed lately: no map, no line that others write. as: owner,
 * state and whether it will have a key, generation 0. Without one, the claim's word is 0. */
static inline struct claim claim_parked(struct lane *lane, uint64_t as)
{
    while (likely(lane_parked(lane) > 0)) {
        struct parked parked = lane->parked[lane->parked_out++ % PARKED_SLOTS];
        uint64_t word;

        /* Its chunk is in the owner's touched map: we owned it before. */
        if (likely(slot_claim(&lane->words[parked.slot], parked.word, as, &word)))
            return (struct claim){parked.slot, word};
    }
    return (struct claim){0, 0};
}

/* The map, then what others parked, then what the dead left. */
static __attribute__((noinline)) struct claim claim_searching(struct seat *seat, struct lane *lane,
                                                              uint64_t as)
{
    struct attachment *a = seat->attachment;
    uint32_t type = (uint32_t)(lane - seat->lanes);
    struct claim claim = {0, 0};

    if (table_claim(a->segment, type, as, &lane->hand, &claim) == -ENOSPC && reap_help(a, seat))
        (void)table_claim(a->segment, type, as, &lane->hand, &claim);
    return claim;
}

static inline struct claim claim_slot(struct seat *seat, struct lane *lane, uint64_t as)
{
    struct claim claim = claim_parked(lane, as);

    return likely(claim.word != 0) ? claim : claim_searching(seat, lane, as);
}

int register_claim(struct seat *seat, uint32_t type, uint64_t as, struct claim *claim)
{
    *claim = claim_slot(seat, &seat->lanes[type], as);
    return claim->word != 0 ? 0 : -ENOSPC;
}

/* ---- filling it ----------------------------------------------------------------------------- */

static inline uint64_t coarse_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static inline uint64_t load_word(const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, 8);
    return word;
}

/* The last size % 8 bytes, the rest of the word 0. Nothing outside of bytes is read. */
static inline uint64_t load_tail(const uint8_t *bytes, uint32_t size)
{
    uint64_t word = 0;

    if (likely(size >= 8))
        return load_word(bytes + size - 8) >> (64 - 8 * (size % 8));
    for (uint32_t i = 0; i < size; i++)
        word |= (uint64_t)bytes[i] << 8 * i;
    return word;
}

static inline void fill(uint8_t *where, const uint8_t *bytes, uint32_t size)
{
    _Atomic uint64_t *payload = (_Atomic uint64_t *)(void *)where;
    const uint8_t *end = bytes + size;

    slot_begin_payload();
    atomic_store_explicit(payload++, stamp_make(coarse_now_ns(), size), memory_order_relaxed);
    for (const uint8_t *pairs = bytes + (size & ~15u); bytes != pairs; bytes += 16, payload += 2) {
        atomic_store_explicit(&payload[0], load_word(bytes), memory_order_relaxed);
        atomic_store_explicit(&payload[1], load_word(bytes + 8), memory_order_relaxed);
    }
    if (size & 8)
        atomic_store_explicit(payload++, load_word(bytes), memory_order_relaxed);
    if (size & 7)
        atomic_store_explicit(payload, load_tail(end - size, size), memory_order_relaxed);
}

void register_fill(const struct seat *seat, uint32_t type, uint32_t slot, const void *metadata,
                   uint32_t size)
{
    fill(seat->lanes[type].payloads + (uint64_t)slot * seat->payload_bytes, metadata, size);
}

static inline connstat_id id_of(const struct seat *seat, const struct lane *lane,
                                const struct claim *claim)
{
    return lane->id | (uint64_t)claim->slot << seat->slot_shift |
           ((slot_generation(claim->word) ^ seat->salt) & seat->generation_mask);
}

connstat_id register_id(const struct seat *seat, uint32_t type, const struct claim *claim)
{
    return id_of(seat, &seat->lanes[type], claim);
}

/* Encoded metadata that is right and fits. Inside a guard section, which is left. */
static inline int register_bytes(struct seat *seat, uint32_t type, const uint8_t *encoded,
                                 uint32_t size, connstat_id *id)
{
    struct lane *lane = &seat->lanes[type];
    struct claim claim = claim_slot(seat, lane, seat->live - SLOT_LIVE + SLOT_CLAIMED);

    if (unlikely(claim.word == 0))
        return register_leave_refused(seat, (int)type, -ENOSPC);
    fill(lane->payloads + (uint64_t)claim.slot * seat->payload_bytes, encoded, size);
    /* Counted before it can be seen, and out of the count after it cannot: killed in between, it
     * counts as lost with its worker. */
    counter_add(&lane->counters->opened, seat->alone);
    slot_publish(&lane->words[claim.slot], claim.word);
    *id = id_of(seat, lane, &claim);
    guard_leave();
    return 0;
}

/* ---- entering ------------------------------------------------------------------------------- */

static cold int find_seat(connstat_t *cs, struct attachment **a, struct seat **seat)
{
    for (int round = 0; round < 3; round++) {
        int error = seat_take(*a, seat);
        struct attachment *retired = *a;

        if (error != -ESTALE)
            return error;
        /* Following waits for a grace period: outside, holding on to it by a reference. */
        atomic_fetch_add_explicit(&retired->references, 1, memory_order_relaxed);
        guard_leave();
        handle_follow(cs, retired);
        attachment_drop(retired);
        *a = handle_enter(cs);
        if (*a == NULL)
            return -ENOTCONN;
    }
    return -ENOTCONN;
}

/* The seat of this thread, inside a guard section; on failure the section has been left. */
static cold int enter_slowly(connstat_t *cs, struct attachment *a, int type, struct seat **seat)
{
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

/* The seat at hand, inside a section; NULL: there is none, outside. */
static inline struct seat *enter_at_once(connstat_t *cs)
{
    struct attachment *a;
    struct seat *seat;

    if (unlikely(cs == NULL))
        return NULL;
    a = handle_enter(cs);
    if (unlikely(a == NULL))
        return NULL;
    seat = seat_at_hand(a);
    if (unlikely(seat == NULL))
        guard_leave();
    return seat;
}

cold int register_leave_refused(struct seat *seat, int type, int error)
{
    error = refuse(seat->attachment, type, error);
    guard_leave();
    return error;
}

/* ---- registering ---------------------------------------------------------------------------- */

/* Inside a section, which is left, as by all that follow. */
static inline int register_fields(struct seat *seat, int type,
                                  const struct connstat_field *metadata, size_t count,
                                  connstat_id *id)
{
    alignas(8) uint8_t encoded[MAX_METADATA];
    int size;

    if (unlikely((unsigned)type >= seat->type_count))
        return register_leave_refused(seat, type, -EINVAL);
    size = metadata_encode(metadata, count, encoded, seat->metadata_bytes);
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

/* The first call of a thread, of a process, after another segment: the seat has to be found. */
static cold int register_fields_anew(connstat_t *cs, int type,
                                     const struct connstat_field *metadata, size_t count,
                                     connstat_id *id)
{
    struct seat *seat;
    int error = register_enter(cs, type, &seat);

    return error < 0 ? error : register_fields(seat, type, metadata, count, id);
}

static cold int register_encoded_anew(connstat_t *cs, int type, const void *encoded, size_t size,
                                      connstat_id *id)
{
    struct seat *seat;
    int error = register_enter(cs, type, &seat);

    return error < 0 ? error : register_encoded(seat, type, encoded, size, id);
}

int connstat_register(connstat_t *cs, int type, const struct connstat_field *metadata, size_t count,
                      connstat_id *id)
{
    struct seat *seat = enter_at_once(cs);

    *id = 0;
    return likely(seat != NULL) ? register_fields(seat, type, metadata, count, id)
                                : register_fields_anew(cs, type, metadata, count, id);
}

int connstat_register_encoded(connstat_t *cs, int type, const void *encoded, size_t size,
                              connstat_id *id)
{
    struct seat *seat = enter_at_once(cs);

    *id = 0;
    return likely(seat != NULL) ? register_encoded(seat, type, encoded, size, id)
                                : register_encoded_anew(cs, type, encoded, size, id);
}
