/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "process/grow.h"

#include "os/clock.h"
#include "process/uncancelled.h"
#include "records/tally.h"

/* After a failure for want of memory nobody tries again for so long. A try takes all memory that the file
 * system has left, for a moment, before it fails; and every registration that finds the table full
 * would make one. Each type has its own time: what is too little for one may do for another. */
#define AGAIN_AFTER_NS INT64_C(1000000000)

static bool may_grow(const struct attachment *a, uint32_t type, uint32_t capacity)
{
    const struct geometry *g = &a->segment->geometry;

    return !a->read_only && !(g->shape.flags & HEADER_GROWS_BY_HAND) &&
           capacity < g->types[type].maximum;
}

/* Makes the table twice as large; if there is no memory for that, larger by the smallest step. False: it has
 * not grown. */
static bool grow(struct attachment *a, uint32_t type, uint32_t capacity)
{
    UNCANCELLED;
    _Atomic int64_t *again_ns = &a->grows_again_ns[type];

    /* relaxed: whoever reads an old time tries once more */
    if (clock_monotonic_ns() < atomic_load_explicit(again_ns, memory_order_relaxed))
        return false;
    if (mapping_grow(&a->mapping, type, capacity + 1, UINT64_C(2) * capacity) == 0 ||
        mapping_grow(&a->mapping, type, capacity + 1, capacity + 1) == 0)
        return true;
    atomic_store_explicit(again_ns, clock_monotonic_ns() + AGAIN_AFTER_NS, memory_order_relaxed);
    return false;
}

bool grow_full_table(struct attachment *a, uint32_t type, uint32_t full)
{
    return may_grow(a, type, full) && grow(a, type, full);
}

/* Are seven eighths of the slots in use? */
static bool is_nearly_full(uint32_t capacity, uint64_t live)
{
    return live >= capacity - capacity / 8;
}

static void announce(struct attachment *a)
{
    UNCANCELLED;

    life_announce(&a->life);
}

void grow_wake_reapers(struct attachment *a, uint32_t type, uint32_t capacity)
{
    /* relaxed: two threads may wake them twice */
    if (!may_grow(a, type, capacity) ||
        atomic_load_explicit(&a->woken[type], memory_order_relaxed) == capacity ||
        !is_nearly_full(capacity, tally_live_type(a->segment, attachment_hidden(a), type) + 1))
        return;
    atomic_store_explicit(&a->woken[type], capacity, memory_order_relaxed);
    announce(a);
}

void grow_ahead(struct attachment *a)
{
    const struct segment *s = a->segment;
    uint64_t live[MAX_TYPES];
    uint32_t known;

    if (mapping_keep_up(&a->mapping) < 0)
        return;
    tally_live(s, attachment_hidden(a), live);
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++) {
        uint32_t capacity = segment_capacity(s, t);

        if (is_nearly_full(capacity, live[t]) && may_grow(a, t, capacity))
            (void)grow(a, t, capacity);
    }
    known = atomic_load_explicit(&s->known, memory_order_relaxed);
    mapping_use_huge_pages(&a->mapping,
                           atomic_exchange_explicit(&a->huge_from, known, memory_order_relaxed));
}
