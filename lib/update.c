/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The life of an entry: its metadata is replaced, it did something.
 */
#include "entry/fill.h"
#include "entry/own.h"
#include "metadata/known_names.h"
#include "metadata/known_shape.h"
#include "metadata/metadata.h"
#include "worker/handle.h"

#include <errno.h>

/* ---- a spare -------------------------------------------------------------------------------- */

static bool holder_is_gone(const struct segment *s, uint64_t holder)
{
    uint32_t record = (uint32_t)holder - 1;

    /* acquire: a record says that its holder is gone only after the holder's last store to the spare */
    return record >= s->geometry.record_count ||
           (uint32_t)(holder >> 32) !=
               record_incarnation(
                   atomic_load_explicit(&segment_record(s, record)->word, memory_order_acquire)) ||
           record_state(atomic_load_explicit(&segment_record(s, record)->word,
                                             memory_order_relaxed)) != RECORD_ALIVE;
}

/* A spare for a thread that shares its counters with others, and so has no spare of its own. Those of the
 * records' shared shards are for all such threads: it takes one that nobody uses who lives. */
static int64_t take_shared_spare(const struct seat *seat)
{
    const struct segment *s = seat->attachment->segment;
    uint64_t me = spare_holder(seat->owner, record_incarnation(seat->owner_word));

    for (uint32_t n = 0; n < s->geometry.record_count; n++) {
        uint32_t index = shard_index_shared((seat->owner + n) % s->geometry.record_count);
        _Atomic uint64_t *holder = &segment_spare(s, index)->holder;
        uint64_t seen = atomic_load_explicit(holder, memory_order_relaxed);

        /* acquire, with the release of its last user (give_spare): our stores to it come after theirs */
        if ((seen == 0 || holder_is_gone(s, seen)) &&
            atomic_compare_exchange_strong_explicit(holder, &seen, me, memory_order_acquire,
                                                    memory_order_relaxed))
            return index;
    }
    return -EBUSY;
}

static inline int64_t take_spare(const struct seat *seat)
{
    return likely(seat->sole_writer) ? seat->shard : take_shared_spare(seat);
}

static inline void give_spare(const struct seat *seat, int64_t index)
{
    /* release, with the acquire of whoever takes it next (take_shared_spare): our stores to the spare come
     * before theirs */
    if (unlikely(!seat->sole_writer) && index >= 0)
        atomic_store_explicit(&segment_spare(seat->attachment->segment, (uint32_t)index)->holder, 0,
                              memory_order_release);
}

/* ---- updating ------------------------------------------------------------------------------- */

/* Replaces the content of an entry that this thread has made UPDATING. */
static inline int replace_content(const struct own_entry *entry, const uint8_t *metadata,
                                  uint32_t size)
{
    const struct segment *s = entry->seat->attachment->segment;
    struct payload *payload = own_entry_payload(entry);
    int64_t spare = take_spare(entry->seat);
    struct content old;
    int error = 0;

    if (unlikely(spare < 0) || unlikely(!content_read(s, payload, &old)))
        error = -EBUSY;
    else if (unlikely(!content_fits(s, old.head, size)))
        error = -EMSGSIZE;
    if (likely(error == 0)) {
        content_replace(s, payload, &old, (uint32_t)spare, metadata, size);
        payload_touch(payload, (uint64_t)clock_coarse_ns(), entry->word);
    }
    give_spare(entry->seat, spare);
    return error;
}

/* Updates an entry. Called inside a guard section, which it leaves. */
static inline int update(const struct own_entry *entry, const uint8_t *metadata, uint32_t size)
{
    int error = entry_begin_update(entry);

    if (likely(error == 0)) {
        error = replace_content(entry, metadata, size);
        if (unlikely(!entry_end_update(entry)))
            error = -ENOENT;
    }
    guard_leave();
    return error;
}

static inline int leave_with(int error)
{
    guard_leave();
    return error;
}

int connstat_update(connstat_t *cs, connstat_id id, const struct connstat_field *metadata,
                    size_t count)
{
    alignas(8) uint8_t encoded[MAX_METADATA + ENCODE_SLACK];
    struct own_entry entry;
    struct attachment *a;
    int size, error;

    if (unlikely(cs == NULL || id == 0))
        return 0;
    a = handle_enter(cs);
    if (unlikely(a == NULL))
        return -ENOTCONN;
    error = entry_find(a, id, &entry);
    if (unlikely(error < 0))
        return leave_with(error);
    size = metadata_encode_alike(&entry.seat->calls, metadata, count, encoded,
                                 entry.seat->metadata_bytes);
    return unlikely(size < 0) ? leave_with(size) : update(&entry, encoded, (uint32_t)size);
}

int connstat_update_encoded(connstat_t *cs, connstat_id id, const void *encoded, size_t size)
{
    struct own_entry entry;
    struct attachment *a;
    int error;

    if (unlikely(cs == NULL || id == 0))
        return 0;
    a = handle_enter(cs);
    if (unlikely(a == NULL))
        return -ENOTCONN;
    error = entry_find(a, id, &entry);
    if (likely(error == 0) && unlikely(encoded == NULL && size > 0))
        error = -EINVAL;
    if (likely(error == 0) && unlikely(size > entry.seat->metadata_bytes))
        error = -EMSGSIZE;
    if (likely(error == 0))
        error = metadata_validate_alike(&entry.seat->shapes, encoded, size);
    return unlikely(error < 0) ? leave_with(error) : update(&entry, encoded, (uint32_t)size);
}

/* ---- touching ------------------------------------------------------------------------------- */

static inline void touch(const struct own_entry *entry)
{
    payload_touch(own_entry_payload(entry), (uint64_t)clock_coarse_ns(), entry->word);
}

/* With an entry of its own, so that the one of who calls stays in registers. */
static seldom int touch_searched(struct attachment *a, connstat_id id)
{
    struct own_entry entry;
    int error = entry_search(a, id, &entry);

    if (error == 0)
        touch(&entry);
    return error;
}

int connstat_touch(connstat_t *cs, connstat_id id)
{
    struct own_entry entry;
    struct attachment *a;
    int error = 0;

    if (unlikely(cs == NULL || id == 0))
        return 0;
    a = handle_enter(cs);
    if (unlikely(a == NULL))
        return -ENOTCONN;
    if (likely(entry_at_hand(a, id, &entry)))
        touch(&entry);
    else
        error = touch_searched(a, id);
    guard_leave();
    return error;
}
