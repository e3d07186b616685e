/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The index of keys, from both sides: each entry with a key is found under it, and each cell is of a
 * slot that has it.
 */
#include "check.h"
#include "index.h"
#include "slot.h"

#define ROUNDS 8

static const char *type_name(const struct segment *s, uint32_t type)
{
    return s->geometry.shape.types[type].name;
}

static void check_entry(const struct segment *s, uint32_t type, uint32_t slot, struct check *check)
{
    _Atomic uint64_t *word = &segment_words(s, type)[slot];

    for (int round = 0; round < ROUNDS; round++) {
        /* acquire: with the release of LIVE: its cell is in place and covered */
        uint64_t seen = atomic_load_explicit(word, memory_order_acquire);

        if (slot_state(seen) != SLOT_LIVE || !(seen & SLOT_KEYED) || index_finds(s, type, slot))
            return;
        if (slot_unchanged(word, seen)) {
            check_report(check, "%s slot %u is not found under its key", type_name(s, type), slot);
            return;
        }
    }
}

/* From before a cell is taken until after it is cleared, its slot is not free, has the mark of a
 * key, and says where the cell is. */
static bool cell_is_held(const struct segment *s, uint32_t type, uint32_t slot, uint64_t place)
{
    uint64_t word;

    if (slot >= s->geometry.types[type].capacity)
        return false;
    word = atomic_load_explicit(&segment_words(s, type)[slot], memory_order_relaxed);
    return slot_state(word) != SLOT_FREE && (word & SLOT_KEYED) &&
           atomic_load_explicit(&segment_key_slot(s, type, slot)->cell, memory_order_relaxed) ==
               place + 1;
}

static void check_cell(const struct segment *s, uint32_t type, uint64_t place, struct check *check)
{
    _Atomic uint64_t *cell = &segment_key_cells(s, type)[place];

    for (int round = 0; round < ROUNDS; round++) {
        /* acquire: with the release that took it */
        uint64_t seen = atomic_load_explicit(cell, memory_order_acquire);

        if (seen == 0 || cell_is_held(s, type, (uint32_t)seen - 1, place))
            return;
        if (slot_unchanged(cell, seen)) {
            check_report(check, "%s: cell %llu of the index is nobody's: it is lost",
                         type_name(s, type), (unsigned long long)place);
            return;
        }
    }
}

void check_index(const struct segment *s, struct check *check)
{
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++) {
        uint64_t cells = (uint64_t)s->geometry.types[t].key_buckets * INDEX_BUCKET_CELLS;

        if (!key_index_is_ready(s, t))
            continue;
        for (uint32_t slot = 0; slot < s->geometry.types[t].capacity; slot++)
            check_entry(s, t, slot, check);
        for (uint64_t place = 0; place < cells; place++)
            check_cell(s, t, place, check);
    }
}
