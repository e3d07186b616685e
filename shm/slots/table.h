/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A type's table, as those who read entries see it.
 */
#ifndef SHM_TABLE_H
#define SHM_TABLE_H

#include "slots/payload.h"

/* Which records' entries are hidden from this reader, beyond what the segment says (read-only
 * handles judge for themselves); NULL: none. */
struct hidden {
    _Atomic uint64_t *words; /* one a record: the record's word that was found dead */
};

static inline bool record_is_hidden(const struct hidden *hidden, uint32_t owner, uint64_t word)
{
    return unlikely(hidden != NULL) &&
           atomic_load_explicit(&hidden->words[owner], memory_order_relaxed) == word;
}

static inline bool record_visible(const struct segment *s, const struct hidden *hidden,
                                  uint32_t owner, uint64_t *word)
{
    /* acquire: the record first, the slot's word after it (reader-and-record-reuse) */
    *word = atomic_load_explicit(&segment_record(s, owner)->word, memory_order_acquire);
    return likely(record_state(*word) == RECORD_ALIVE) &&
           (likely(hidden == NULL) ||
            atomic_load_explicit(&hidden->words[owner], memory_order_relaxed) != *word);
}

/* ---- reading entries ------------------------------------------------------------------------ */

struct arrivals;

/* One type's table, as a reader walks it. */
struct table {
    const struct segment *segment;
    const struct hidden *hidden;
    _Atomic uint64_t *words;
    uint8_t *payloads;
    struct record *records;
    uint32_t type, capacity, payload_bytes, metadata_bytes, max_workers;
    /* For a list of all types, which shows an entry once: it leaves out what came to this type by a move
     * with a higher number than `moves`, or to one of the slots in `arrivals`. It may have shown that
     * entry in another type already. */
    uint64_t moves;
    const struct arrivals *arrivals;
};

struct table table_of(const struct segment *s, const struct hidden *hidden, uint32_t type);

/* What a reader copied of a slot. */
struct copy {
    uint64_t word;   /* as LIVE, also while it is UPDATING */
    uint64_t stamp;  /* its time; the length is below */
    uint64_t record; /* its owner's word */
    uint32_t length; /* of the metadata, checked */
    const struct payload *payload;
    uint64_t *key; /* two words of the caller's, for the key where the word is keyed */
};

enum read_result {
    READ_ENTRY,   /* copy is an entry that lived at one moment of the call, whole */
    READ_NONE,    /* there is none */
    READ_CHANGED, /* look again */
};

bool table_copy_key(const struct table *t, uint32_t slot, uint64_t key[2]);

static inline const struct payload *table_payload(const struct table *t, uint32_t slot)
{
    return (const struct payload *)(const void *)(t->payloads + (uint64_t)slot * t->payload_bytes);
}

/* One look, which is enough for an entry that was never updated and does not change hands.
 * metadata: room for metadata_bytes rounded up to 16. */
static inline enum read_result table_look(const struct table *t, uint32_t slot, struct copy *copy,
                                          uint64_t *metadata)
{
    _Atomic uint64_t *word = &t->words[slot];
    /* acquire: with slot_publish: the payload is complete */
    uint64_t seen = atomic_load_explicit(word, memory_order_acquire), record;
    const struct payload *payload = table_payload(t, slot);
    uint32_t owner = slot_owner(seen);

    if (slot_state(seen) != SLOT_LIVE || unlikely(owner >= t->max_workers))
        return unlikely(slot_is_entry(seen)) ? READ_CHANGED : READ_NONE;
    copy->payload = payload;
    copy->word = seen;
    copy->stamp = atomic_load_explicit(&payload->stamp, memory_order_relaxed);
    copy->length = stamp_length(copy->stamp);
    if (unlikely(copy->length > t->metadata_bytes))
        return READ_CHANGED;
    payload_load(payload->room, copy->length, metadata);
    if (unlikely(seen & SLOT_KEYED) && unlikely(!table_copy_key(t, slot, copy->key)))
        return READ_NONE;
    atomic_thread_fence(memory_order_acquire);
    /* acquire: the record first, the slot's word after it (reader-and-record-reuse) */
    record = atomic_load_explicit(&t->records[owner].word, memory_order_acquire);
    copy->record = record;
    if (unlikely(atomic_load_explicit(word, memory_order_relaxed) != seen) ||
        unlikely(atomic_load_explicit(&payload->stamp, memory_order_relaxed) != copy->stamp))
        return READ_CHANGED;
    if (unlikely(record_state(record) != RECORD_ALIVE))
        return READ_NONE;
    if (unlikely(t->hidden != NULL) &&
        atomic_load_explicit(&t->hidden->words[owner], memory_order_relaxed) == record)
        return READ_NONE;
    return READ_ENTRY;
}

/* Called when table_look has answered READ_CHANGED. Reads any entry, also one that was updated, is being
 * updated or has moved. It looks again as long as something changes during the look:
 *   - If the slot has changed hands, four times at most: an entry that lived all the while would have
 *     been found before.
 *   - If the entry was updated, again and again: each look that fails means that one more update was
 *     completed. */
bool table_read_closely(const struct table *t, uint32_t slot, struct copy *copy,
                        uint64_t *metadata);

static inline bool table_read(const struct table *t, uint32_t slot, struct copy *copy,
                              uint64_t *metadata)
{
    enum read_result result = table_look(t, slot, copy, metadata);

    if (unlikely(result == READ_CHANGED))
        return table_read_closely(t, slot, copy, metadata);
    return result == READ_ENTRY;
}

#endif
