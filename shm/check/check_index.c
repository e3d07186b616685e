/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Checks the index of keys from both sides: each entry with a key must be found under that key, and
 * each cell in use must name a slot that says this cell is its own.
 */
#include "check/check.h"
#include "keys/index.h"
#include "slots/slot.h"

#define ROUNDS 8

static const char *type_name(const struct segment *s, uint32_t type)
{
    return s->geometry.shape.types[type].name;
}

static void check_entry(const struct segment *s, uint32_t type, uint32_t slot, struct check *check)
{
    _Atomic uint64_t *word = &segment_words(s, type)[slot];

    for (int round = 0; round < ROUNDS; round++) {
        /* acquire, with the release that made the slot LIVE: its cell was in place before, and within
         * the reach. Weaker, a good entry could be reported as not found. */
        uint64_t seen = atomic_load_explicit(word, memory_order_acquire);

        if (!slot_is_entry(seen) || !(seen & SLOT_KEYED) || index_finds(s, type, slot))
            return;
        if (slot_unchanged(word, seen)) {
            check_report(check, "%s slot %u is not found under its key", type_name(s, type), slot);
            return;
        }
    }
}

/* Does the slot that a cell names say so, too? It does from before the cell is taken until after it
 * is cleared: its word is not FREE and has the keyed bit, and its key slot holds the cell's place. Of a
 * slot that came while we check, and that this process does not know, nobody here can tell: true. */
static bool cell_is_held(const struct segment *s, uint32_t type, uint32_t slot, uint32_t place)
{
    /* Before the capacity, because another thread of this process may follow meanwhile. */
    bool behind = segment_is_behind(s);
    uint64_t word;

    if (slot >= segment_capacity(s, type))
        return behind && slot < s->geometry.types[type].maximum;
    word = atomic_load_explicit(&segment_words(s, type)[slot], memory_order_relaxed);
    return slot_state(word) != SLOT_FREE && (word & SLOT_KEYED) &&
           atomic_load_explicit(&segment_key_slot(s, type, slot)->cell, memory_order_relaxed) ==
               place + 1;
}

static void check_cell(const struct segment *s, uint32_t type, uint32_t place, struct check *check)
{
    const struct type_geometry *g = &s->geometry.types[type];
    _Atomic uint32_t *cell =
        &segment_key_buckets(s, type)[place_bucket(place)].cells[place_cell(place)];

    for (int round = 0; round < ROUNDS; round++) {
        /* acquire, with the exchange that took the cell: the slot's word and place were written
         * before. Weaker, a cell that was just taken could be reported as nobody's. */
        uint32_t seen = atomic_load_explicit(cell, memory_order_acquire);
        uint32_t slot = (seen & ((1u << g->key_cell_bits) - 1)) - 1;

        if (seen == 0 || cell_is_held(s, type, slot, place))
            return;
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(cell, memory_order_relaxed) == seen) {
            check_report(check, "%s: cell %u of bucket %u of the index is nobody's: it is lost",
                         type_name(s, type), place_cell(place), place_bucket(place));
            return;
        }
    }
}

void check_index(const struct segment *s, struct check *check)
{
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++) {
        if (!key_index_is_ready(s, t))
            continue;
        for (uint32_t slot = 0; slot < segment_capacity(s, t); slot++)
            check_entry(s, t, slot, check);
        for (uint32_t bucket = 0; bucket < s->geometry.types[t].key_bucket_count; bucket++)
            for (uint32_t cell = 0; cell < BUCKET_CELLS; cell++)
                check_cell(s, t, place_of(bucket, cell), check);
    }
}
