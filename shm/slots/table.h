/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A type's table, as those who read entries see it.
 */
#ifndef SHM_TABLE_H
#define SHM_TABLE_H

#include "slots/slot.h"

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

/* One type's table, as a reader walks it. */
struct table {
    const struct segment *segment;
    const struct hidden *hidden;
    _Atomic uint64_t *words;
    uint8_t *payloads;
    struct record *records;
    uint32_t type, capacity, payload_bytes, metadata_bytes, max_workers;
};

struct table table_of(const struct segment *s, const struct hidden *hidden, uint32_t type);

/* What a reader copied of a slot. */
struct copy {
    uint64_t word;
    uint64_t stamp;
    uint64_t record; /* its owner's word */
    uint32_t length; /* of the metadata, checked */
    uint64_t key[2]; /* where the word is keyed */
};

enum read_result {
    READ_ENTRY,   /* copy is an entry that lived at one moment of the call, whole */
    READ_NONE,    /* there is none */
    READ_CHANGED, /* look again */
};

bool table_copy_key(const struct table *t, uint32_t slot, struct copy *copy);

static inline uint64_t table_stamp(const struct table *t, uint32_t slot)
{
    const _Atomic uint64_t *payload =
        (const _Atomic uint64_t *)(const void *)(t->payloads + (uint64_t)slot * t->payload_bytes);

    return atomic_load_explicit(payload, memory_order_relaxed);
}

/* Two words at a time into buffer, which has room for them: the payload's last word is followed by
 * another payload, or by the next part of the segment. */
static inline void table_copy(const struct table *t, uint32_t slot, uint32_t length,
                              uint64_t *buffer)
{
    const _Atomic uint64_t *payload =
        (const _Atomic uint64_t *)(const void *)(t->payloads + (uint64_t)slot * t->payload_bytes);

    for (const uint64_t *end = buffer + (length + 7) / 8; buffer < end; buffer += 2) {
        buffer[0] = atomic_load_explicit(&payload[1], memory_order_relaxed);
        buffer[1] = atomic_load_explicit(&payload[2], memory_order_relaxed);
        payload += 2;
    }
}

/* One look. metadata: room for metadata_bytes rounded up to 16. */
static inline enum read_result table_look(const struct table *t, uint32_t slot, struct copy *copy,
                                          uint64_t *metadata)
{
    _Atomic uint64_t *word = &t->words[slot];
    /* acquire: with slot_publish: the payload is complete */
    uint64_t seen = atomic_load_explicit(word, memory_order_acquire), record;
    uint32_t owner = slot_owner(seen);
    bool whole;

    if (slot_state(seen) != SLOT_LIVE || unlikely(owner >= t->max_workers))
        return READ_NONE;
    copy->word = seen;
    copy->stamp = table_stamp(t, slot);
    copy->length = stamp_length(copy->stamp);
    whole = likely(copy->length <= t->metadata_bytes);
    if (whole)
        table_copy(t, slot, copy->length, metadata);
    if (unlikely(seen & SLOT_KEYED))
        whole &= table_copy_key(t, slot, copy);
    atomic_thread_fence(memory_order_acquire);
    /* acquire: the record first, the slot's word after it (reader-and-record-reuse) */
    record = atomic_load_explicit(&t->records[owner].word, memory_order_acquire);
    copy->record = record;
    if (unlikely(atomic_load_explicit(word, memory_order_relaxed) != seen))
        return READ_CHANGED;
    if (unlikely(!whole || record_state(record) != RECORD_ALIVE))
        return READ_NONE;
    if (unlikely(t->hidden != NULL) &&
        atomic_load_explicit(&t->hidden->words[owner], memory_order_relaxed) == record)
        return READ_NONE;
    return READ_ENTRY;
}

/* Look until it is settled: four times at most, for an entry that lived all the while is found in
 * the first. */
static inline bool table_read(const struct table *t, uint32_t slot, struct copy *copy,
                              uint64_t *metadata)
{
    enum read_result result = table_look(t, slot, copy, metadata);

    for (int round = 0; unlikely(result == READ_CHANGED) && round < 3; round++)
        result = table_look(t, slot, copy, metadata);
    return result == READ_ENTRY;
}

#endif
