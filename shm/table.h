/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A type's table: finding a slot where none is parked, and reading entries.
 */
#ifndef SHM_TABLE_H
#define SHM_TABLE_H

#include "slot.h"

struct claim {
    uint32_t slot;
    uint64_t word; /* CLAIMED or PENDING by the claimer */
};

/* Take a free slot, walking the free map from *hand, which is moved. When the map is empty, take
 * one that another worker has parked. as: the word it gets, generation 0.
 * Returns 0, or -ENOSPC: every slot is taken. */
int table_claim(const struct segment *s, uint32_t type, uint64_t as, uint32_t *hand,
                struct claim *claim);

/* What a reader copied of a slot. */
struct copy {
    uint64_t word;
    uint64_t stamp;
    uint32_t length;     /* of the metadata, checked */
    uint8_t *metadata;   /* the caller's buffer: metadata_bytes rounded up to 8, and one more */
    uint64_t key[2];     /* where the word is keyed */
};

/* Which records' entries are hidden from this reader, beyond what the segment says (read-only
 * handles judge for themselves); NULL: none. */
struct hidden {
    _Atomic uint64_t *words; /* one a record: the record's word that was found dead */
};

static inline bool record_visible(const struct segment *s, const struct hidden *hidden,
                                  uint32_t owner, uint64_t *word)
{
    /* acquire: the record first, the slot's word after it (reader-and-record-reuse) */
    *word = atomic_load_explicit(&segment_record(s, owner)->word, memory_order_acquire);
    return likely(record_state(*word) == RECORD_ALIVE) &&
           (likely(hidden == NULL) ||
            atomic_load_explicit(&hidden->words[owner], memory_order_relaxed) != *word);
}

/* Copy a slot's entry. True: it was an entry at one moment of the call, whole, and *pid is its
 * owner's. False: it was none, or changed too often to have lived all the while. */
bool table_read(const struct segment *s, const struct hidden *hidden, uint32_t type, uint32_t slot,
                struct copy *copy, uint32_t *pid);

#endif
