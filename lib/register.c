/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Entering a connection into the table, and taking it out: the hot path. With a seat and a parked
 * slot, registering is one compare-and-swap and the stores of the entry, unregistering another.
 */
#include "register.h"

#include "../shm/index.h"
#include "../shm/metadata.h"
#include "../shm/shard.h"
#include "identity.h"
#include "reap.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define cold __attribute__((noinline, cold))

cold int register_refuse(struct attachment *a, int type, int error)
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

/* A slot of one's own that was freed lately: no map, no line that others write. */
static inline bool claim_parked(struct seat *seat, const struct segment *s, uint32_t type,
                                uint64_t as, struct claim *claim)
{
    struct lane *lane = &seat->lanes[type];

    while (lane->count > 0) {
        struct parked *parked = &lane->parked[lane->first];
        uint32_t slot = parked->slot;

        lane->first = (lane->first + 1) % PARKED_SLOTS;
        lane->count--;
        /* Its chunk is in the owner's touched map: we owned it before. */
        if (likely(slot_claim(&segment_words(s, type)[slot], parked->word, as, &claim->word))) {
            claim->slot = slot;
            return true;
        }
    }
    return false;
}

/* The map, then what others parked, then what the dead left. */
static cold int claim_searching(struct attachment *a, struct seat *seat, uint32_t type,
                                uint64_t as, struct claim *claim)
{
    int error = table_claim(a->segment, type, as, &seat->lanes[type].hand, claim);

    if (error == -ENOSPC && reap_help(a, seat))
        error = table_claim(a->segment, type, as, &seat->lanes[type].hand, claim);
    return error;
}

int register_claim(struct attachment *a, struct seat *seat, uint32_t type, uint64_t as,
                   struct claim *claim)
{
    if (likely(claim_parked(seat, a->segment, type, as, claim)))
        return 0;
    return claim_searching(a, seat, type, as, claim);
}

/* ---- filling it ----------------------------------------------------------------------------- */

static inline uint64_t coarse_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void register_fill(const struct segment *s, uint32_t type, uint32_t slot, const void *metadata,
                   uint32_t size)
{
    _Atomic uint64_t *payload = segment_payload(s, type, slot);
    const uint8_t *bytes = metadata;
    uint64_t word;

    slot_begin_payload();
    atomic_store_explicit(payload++, stamp_make(coarse_now_ns(), size), memory_order_relaxed);
    for (; size >= 8; size -= 8, bytes += 8) {
        memcpy(&word, bytes, 8);
        atomic_store_explicit(payload++, word, memory_order_relaxed);
    }
    if (size > 0) {
        word = 0;
        memcpy(&word, bytes, size);
        atomic_store_explicit(payload, word, memory_order_relaxed);
    }
}

static inline int register_bytes(struct attachment *a, struct seat *seat, uint32_t type,
                                 const void *encoded, uint32_t size, connstat_id *id)
{
    const struct segment *s = a->segment;
    struct claim claim;
    int error = register_claim(a, seat, type, slot_word(SLOT_CLAIMED, seat->owner, 0), &claim);

    if (unlikely(error < 0))
        return error;
    register_fill(s, type, claim.slot, encoded, size);
    /* Counted before it can be seen and, in slot_give_back, after: killed in between, it counts as
     * lost with its worker. */
    counter_add(&seat->counters[type].opened, seat->alone);
    slot_publish(&segment_words(s, type)[claim.slot], claim.word);
    *id = id_make(s, a->id_salt, type, claim.slot, slot_generation(claim.word));
    return 0;
}

cold int register_seat(connstat_t *cs, struct attachment **a, struct seat **seat)
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

int connstat_register(connstat_t *cs, int type, const struct connstat_field *metadata, size_t count,
                      connstat_id *id)
{
    alignas(8) uint8_t encoded[MAX_METADATA];
    struct attachment *a;
    struct seat *seat;
    int size, error = 0;

    *id = 0;
    if (unlikely(cs == NULL))
        return -ENOTCONN;
    a = handle_enter(cs);
    if (unlikely(a == NULL))
        return -ENOTCONN;
    seat = seat_of(a);
    if (unlikely(seat == NULL))
        error = register_seat(cs, &a, &seat);
    if (unlikely(a == NULL))
        return error;
    if (likely(error == 0)) {
        size = unlikely((unsigned)type >= a->segment->geometry.shape.type_count)
                   ? -EINVAL
                   : metadata_encode(metadata, count, encoded,
                                     a->segment->geometry.shape.metadata_bytes);
        error = unlikely(size < 0) ? size
                                   : register_bytes(a, seat, (uint32_t)type, encoded,
                                                    (uint32_t)size, id);
    }
    if (unlikely(error < 0))
        error = register_refuse(a, type, error);
    guard_leave();
    return error;
}

int connstat_register_encoded(connstat_t *cs, int type, const void *encoded, size_t size,
                              connstat_id *id)
{
    struct attachment *a;
    struct seat *seat;
    int error = 0;

    *id = 0;
    if (unlikely(cs == NULL))
        return -ENOTCONN;
    a = handle_enter(cs);
    if (unlikely(a == NULL))
        return -ENOTCONN;
    seat = seat_of(a);
    if (unlikely(seat == NULL))
        error = register_seat(cs, &a, &seat);
    if (unlikely(a == NULL))
        return error;
    if (likely(error == 0)) {
        if (unlikely((unsigned)type >= a->segment->geometry.shape.type_count ||
                     (encoded == NULL && size > 0)))
            error = -EINVAL;
        else if (unlikely(size > a->segment->geometry.shape.metadata_bytes))
            error = -EMSGSIZE;
        else
            error = metadata_validate(encoded, size);
        if (likely(error == 0))
            error = register_bytes(a, seat, (uint32_t)type, encoded, (uint32_t)size, id);
    }
    if (unlikely(error < 0))
        error = register_refuse(a, type, error);
    guard_leave();
    return error;
}

/* ---- taking it out -------------------------------------------------------------------------- */

static inline bool can_park(const struct seat *seat, uint32_t type)
{
    return likely(seat->alone && seat->lanes[type].count < PARKED_SLOTS);
}

/* Write down where a slot is about to be parked: whoever finds the table full finds it there. */
static inline void announce_parking(struct seat *seat, uint32_t type, uint32_t slot)
{
    const struct lane *lane = &seat->lanes[type];

    atomic_store_explicit(
        &seat->counters[type].parked[(lane->first + lane->count) % PARKED_SLOTS], slot + 1,
        memory_order_relaxed);
}

/* It is parked as word: the slot stays ours, and its payload is on its way for writing. */
static inline void note_parked(struct seat *seat, const struct segment *s, uint32_t type,
                               uint32_t slot, uint64_t word)
{
    struct lane *lane = &seat->lanes[type];
    const char *payload = (const char *)segment_payload(s, type, slot);

    lane->parked[(lane->first + lane->count) % PARKED_SLOTS] =
        (struct parked){.word = word, .slot = slot};
    lane->count++;
    __builtin_prefetch(payload, 1);
    __builtin_prefetch(payload + 64, 1);
}

static inline int unregister_own(struct attachment *a, struct seat *seat,
                                 const struct id_parts *parts, uint64_t live)
{
    const struct segment *s = a->segment;
    uint32_t type = parts->type, slot = parts->slot;
    _Atomic uint64_t *word = &segment_words(s, type)[slot];
    uint64_t next;

    if (can_park(seat, type)) {
        announce_parking(seat, type, slot);
        next = slot_become(live, SLOT_PARKED);
        if (unlikely(!slot_retract(word, live, next)))
            return -ENOENT;
        note_parked(seat, s, type, slot, next);
    } else {
        next = slot_become(live, SLOT_RELEASING);
        if (unlikely(!slot_retract(word, live, next)))
            return -ENOENT;
        slot_free(word, segment_map(s, type), slot, next);
        seat->lanes[type].hand = slot;
    }
    counter_add(&seat->counters[type].closed, seat->alone);
    return 0;
}

void register_give_back(struct attachment *a, struct seat *seat, uint32_t type, uint32_t slot,
                        uint64_t word)
{
    const struct segment *s = a->segment;
    uint64_t parked = slot_word(SLOT_PARKED, seat->owner, slot_generation(word));

    if (key_index_is_ready(s, type))
        index_remove(s, type, slot);
    if (!can_park(seat, type)) {
        slot_free(&segment_words(s, type)[slot], segment_map(s, type), slot, word);
        seat->lanes[type].hand = slot;
        return;
    }
    announce_parking(seat, type, slot);
    /* release: with slot_claim's acquire: the cell is cleared */
    atomic_store_explicit(&segment_words(s, type)[slot], parked, memory_order_release);
    note_parked(seat, s, type, slot, parked);
}

/* Is record a thread's of this very worker, or the worker's own? */
static bool is_ours(const struct attachment *a, uint32_t owner)
{
    const struct record *record = segment_record(a->segment, owner);
    uint64_t word = atomic_load_explicit(&record->word, memory_order_acquire);

    if (owner == a->record)
        return word == a->record_word;
    return record_state(word) == RECORD_ALIVE && record_pid(word) == record_pid(a->record_word) &&
           (uint32_t)atomic_load_explicit(&record->thread, memory_order_relaxed) == a->record + 1;
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
    uint64_t mine = (live & ~slot_word((enum slot_state)7, 0x3fff, 0)) |
                    slot_word(SLOT_RELEASING, seat->owner, 0);

    atomic_fetch_or_explicit(&segment_record(s, owner)->flags, RECORD_SHARED,
                             memory_order_release);
    slot_touch(segment_touched(s, seat->owner, parts->type), parts->slot);
    if (!slot_retract(word, live, mine))
        return -ENOENT;
    if ((mine & SLOT_KEYED) && key_index_is_ready(s, parts->type))
        index_remove(s, parts->type, parts->slot);
    slot_free(word, segment_map(s, parts->type), parts->slot, mine);
    counter_add(&shard_types(shared)[parts->type].closed, false);
    return 0;
}

/* Dead, or a life of this process that connstat_leave is just ending. */
static bool owner_is_gone(const struct segment *s, uint32_t owner)
{
    struct identity identity, self;
    uint64_t word;

    if (owner >= s->geometry.shape.max_workers)
        return true;
    word = atomic_load_explicit(&segment_record(s, owner)->word, memory_order_acquire);
    if (record_state(word) != RECORD_ALIVE || !record_identity(s, owner, word, &identity))
        return true;
    if (identity.pid == (uint32_t)getpid() && identity_of_self(&self, false) == 0 &&
        identity.pid_namespace == self.pid_namespace)
        return true;
    return identity_is_dead(&identity, false);
}

/* Whatever is not the common case: another thread's entry, another's, nobody's. */
static cold int unregister_slowly(struct attachment *a, struct seat *seat,
                                  const struct id_parts *parts, uint64_t word)
{
    if (slot_state(word) != SLOT_LIVE || !id_matches(a->segment, parts, word))
        return -ENOENT;
    if (seat != NULL && slot_owner(word) == seat->owner)
        return register_retract_keyed(a, seat, parts, word);
    if (seat != NULL && slot_owner(word) < a->segment->geometry.shape.max_workers &&
        is_ours(a, slot_owner(word)))
        return unregister_for(a, seat, parts, word);
    return owner_is_gone(a->segment, slot_owner(word)) ? -ENOENT : -EPERM;
}

/* A thread that never registered may still end what another thread of its process began; a process
 * that never did owns nothing, and does not join for this. */
static cold struct seat *seat_if_joined(struct attachment *a)
{
    struct seat *seat;

    if (atomic_load_explicit(a->membership, memory_order_acquire) == 0)
        return NULL;
    return seat_take(a, &seat) == 0 ? seat : NULL;
}

int connstat_unregister(connstat_t *cs, connstat_id id)
{
    struct attachment *a;
    struct id_parts parts;
    struct seat *seat;
    uint64_t word;
    int error;

    if (unlikely(cs == NULL || id == 0))
        return 0;
    a = handle_enter(cs);
    if (unlikely(a == NULL))
        return -ENOTCONN;
    seat = seat_of(a);
    if (unlikely(seat == NULL))
        seat = seat_if_joined(a);
    if (unlikely(a->read_only)) {
        error = -EROFS;
    } else if (unlikely(!id_parse(a->segment, a->id_salt, id, &parts))) {
        error = -ENOENT;
    } else {
        word = atomic_load_explicit(&segment_words(a->segment, parts.type)[parts.slot],
                                    memory_order_relaxed);
        if (likely(seat != NULL &&
                   (word & ((UINT64_C(1) << SLOT_GENERATION_SHIFT) - 1)) ==
                       slot_word(SLOT_LIVE, seat->owner, 0) &&
                   id_matches(a->segment, &parts, word)))
            error = unregister_own(a, seat, &parts, word);
        else
            error = unregister_slowly(a, seat, &parts, word);
    }
    guard_leave();
    return error;
}
