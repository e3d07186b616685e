/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A segment with an index of keys, for the tests that look into it.
 */
#ifndef UNIT_INDEXED_H
#define UNIT_INDEXED_H

#include "harness.h"

#include "keys/index.h"
#include "slots/slot.h"
#include "worker/handle.h"

static const struct segment *segment;

static inline connstat_t *begin_empty(uint32_t capacity)
{
    connstat_t *cs = create_segment(capacity);

    segment = atomic_load(&cs->attachment)->segment;
    return cs;
}

/* With an entry of another key, so that the index is there. */
static inline connstat_t *begin(uint32_t capacity)
{
    connstat_t *cs = begin_empty(capacity);
    connstat_id id;

    assert_int_equal(connstat_register_key(cs, 0, connstat_key_u64(3), 0, NULL, 0, &id), 0);
    return cs;
}

static inline uint32_t slot_of(connstat_t *cs, connstat_id id)
{
    struct id_parts parts = {0};

    assert_true(id_parse(segment, atomic_load(&cs->attachment)->id_salt, id, &parts));
    return parts.slot;
}

#endif
