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

/* A slot of one's own that was freed lately: no map, no line that others write. as: owner, state
 * and whether it will have a key, generation 0. */
static inline bool claim_parked(struct lane *lane, uint64_t as, struct claim *claim)
{
    while (likely(lane->count > 0)) {
        const struct parked *parked = &lane->parked[lane->first];

        lane->first = (lane->first + 1) % PARKED_SLOTS;
        lane->count--;
        claim->slot = parked->slot;
        /* Its chunk is in the owner's touched map: we owned it before. */
        if (likely(slot_claim(&lane->words[claim->slot], parked->word, as, &claim->word)))
            return true;
    }
    return false;
}

/* The map, then what others parked, then what the dead left. */
static cold int claim_searching(struct seat *seat, uint32_t type, uint64_t as, struct claim *claim)
{
    struct attachment *a = seat->attachment;
    int error = table_claim(a->segment, type, as, &seat->lanes[type].hand, claim);

    if (error == -ENOSPC && reap_help(a, seat))
        error = table_claim(a->segment, type, as, &seat->lanes[type].hand, claim);
    return error;
}

int register_claim(struct seat *seat, uint32_t type, uint64_t as, struct claim *claim)
{
    if (likely(claim_parked(&seat->lanes[type], as, claim)))
        return 0;
    return claim_searching(seat, type, as, claim);
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
    uint32_t words = size / 8;

    slot_begin_payload();
    atomic_store_explicit(payload++, stamp_make(coarse_now_ns(), size), memory_order_relaxed);
    for (uint32_t i = 0; i < words; i++)
        atomic_store_explicit(&payload[i], load_word(bytes + 8 * i), memory_order_relaxed);
    if (size % 8 != 0)
        atomic_store_explicit(&payload[words], load_tail(bytes, size), memory_order_relaxed);
}

void register_fill(const struct seat *seat, uint32_t type, uint32_t slot, const void *metadata,
                   uint32_t size)
{
    fill(seat->lanes[type].payloads + (uint64_t)slot * seat->payload_bytes, metadata, size);
}

connstat_id register_id(const struct seat *seat, uint32_t type, const struct claim *claim)
{
    return (uint64_t)(type + 1) << seat->type_shift | (uint64_t)claim->slot << seat->slot_shift |
           ((slot_generation(claim->word) ^ seat->salt) & seat->generation_mask);
}

static inline int register_bytes(struct seat *seat, uint32_t type, const uint8_t *encoded,
                                 uint32_t size, connstat_id *id)
{
    struct lane *lane = &seat->lanes[type];
    uint64_t as = seat->live - SLOT_LIVE + SLOT_CLAIMED;
    struct claim claim;

    if (unlikely(!claim_parked(lane, as, &claim))) {
        int error = claim_searching(seat, type, as, &claim);

        if (error < 0)
            return error;
    }
    fill(lane->payloads + (uint64_t)claim.slot * seat->payload_bytes, encoded, size);
    /* Counted before it can be seen, and out of the count after it cannot: killed in between, it
     * counts as lost with its worker. */
    counter_add(&lane->counters->opened, seat->alone);
    slot_publish(&lane->words[claim.slot], claim.word);
    *id = register_id(seat, type, &claim);
    return 0;
}

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
    struct attachment *a;

    if (unlikely(cs == NULL))
        return -ENOTCONN;
    a = handle_enter(cs);
    if (unlikely(a == NULL))
        return -ENOTCONN;
    *seat = seat_of(a);
    return likely(*seat != NULL) ? 0 : enter_slowly(cs, a, type, seat);
}

cold int register_leave_refused(struct seat *seat, int type, int error)
{
    error = refuse(seat->attachment, type, error);
    guard_leave();
    return error;
}

int connstat_register(connstat_t *cs, int type, const struct connstat_field *metadata, size_t count,
                      connstat_id *id)
{
    alignas(8) uint8_t encoded[MAX_METADATA];
    struct seat *seat;
    int size, error;

    *id = 0;
    error = register_enter(cs, type, &seat);
    if (unlikely(error < 0))
        return error;
    if (unlikely((unsigned)type >= seat->type_count))
        return register_leave_refused(seat, type, -EINVAL);
    size = metadata_encode(metadata, count, encoded, seat->metadata_bytes);
    if (unlikely(size < 0))
        return register_leave_refused(seat, type, size);
    error = register_bytes(seat, (uint32_t)type, encoded, (uint32_t)size, id);
    if (unlikely(error < 0))
        return register_leave_refused(seat, type, error);
    guard_leave();
    return 0;
}

int connstat_register_encoded(connstat_t *cs, int type, const void *encoded, size_t size,
                              connstat_id *id)
{
    struct seat *seat;
    int error;

    *id = 0;
    error = register_enter(cs, type, &seat);
    if (unlikely(error < 0))
        return error;
    if (unlikely((unsigned)type >= seat->type_count || (encoded == NULL && size > 0)))
        return register_leave_refused(seat, type, -EINVAL);
    if (unlikely(size > seat->metadata_bytes))
        return register_leave_refused(seat, type, -EMSGSIZE);
    error = metadata_validate_alike(&seat->shapes, encoded, size);
    if (likely(error == 0))
        error = register_bytes(seat, (uint32_t)type, encoded, (uint32_t)size, id);
    if (unlikely(error < 0))
        return register_leave_refused(seat, type, error);
    guard_leave();
    return 0;
}
