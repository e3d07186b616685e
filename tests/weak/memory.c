/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "inside.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define VALUES    64u         /* of one location in one round */
#define GAP       512u        /* between a last value and the next */
#define VIEW_ROOM (64u << 20) /* bytes for the views that values carry */
#define TABLE     16384u      /* of addresses; a power of two */

/* Such a view, as a value carries it. */
struct carried {
    uint32_t count; /* of locations that there were; of others it says nothing */
    moment from[];
};

struct value {
    uint64_t content;
    const struct carried *view; /* NULL: carries nothing */
    moment at;
    bool is_followed; /* a read-modify-write has read it: nothing comes between the two */
};

struct location {
    volatile void *at;
    size_t size;
    uint32_t count, entry; /* entry: in by_address */
    struct value values[VALUES];
};

static struct location locations[LOCATIONS];
static uint32_t location_count, by_address[TABLE];
static struct view all; /* the one of seq_cst */
static uint8_t *view_room;
static size_t view_used;
static uint32_t latest;

static bool acquires(int order)
{
    return order == memory_order_acquire || order == memory_order_acq_rel ||
           order == memory_order_seq_cst;
}

static bool releases(int order)
{
    return order == memory_order_release || order == memory_order_acq_rel ||
           order == memory_order_seq_cst;
}

/* ---- views ---------------------------------------------------------------------------------- */

static void grow(moment *view, const moment *by, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        view[i] = view[i] > by[i] ? view[i] : by[i];
}

static void set(struct view *view, const struct view *to)
{
    memcpy(view->from, to->from, location_count * sizeof(moment));
}

static struct carried *carry(const moment *view)
{
    size_t bytes = sizeof(struct carried) + location_count * sizeof(moment);
    struct carried *carried = (struct carried *)(void *)(view_room + view_used);

    if (view_used + bytes > VIEW_ROOM)
        abort();
    view_used += (bytes + 7) / 8 * 8;
    carried->count = location_count;
    memcpy(carried->from, view, location_count * sizeof(moment));
    return carried;
}

/* ---- locations ------------------------------------------------------------------------------ */

uint64_t memory_peek(const volatile void *at, size_t size)
{
    return size == 8 ? *(const volatile uint64_t *)at : *(const volatile uint32_t *)at;
}

void memory_poke(volatile void *at, size_t size, uint64_t value)
{
    if (size == 8)
        *(volatile uint64_t *)at = value;
    else
        *(volatile uint32_t *)at = (uint32_t)value;
}

static uint32_t find(const volatile void *at, size_t size)
{
    uint32_t hash = (uint32_t)((uintptr_t)at / 4 * 0x9e3779b9u >> 7) % TABLE, index;
    struct location *location;

    for (; (index = by_address[hash]) != 0; hash = (hash + 1) % TABLE)
        if (locations[index - 1].at == at)
            return index - 1;
    if (location_count == LOCATIONS)
        abort();
    by_address[hash] = ++location_count;
    location = &locations[location_count - 1];
    location->at = (volatile void *)(uintptr_t)at;
    location->size = size;
    location->count = 1;
    location->entry = hash;
    location->values[0] = (struct value){.content = memory_peek(at, size)};
    return location_count - 1;
}

/* What a value carries that is stored now. before: what it follows carries, or NULL. */
static const struct carried *carried_by(const struct eyes *eyes, int order,
                                        const struct carried *before)
{
    const struct view *own = releases(order)    ? &eyes->now
                             : eyes->has_fenced ? &eyes->released
                                                : NULL;
    struct carried *view;

    if (own == NULL)
        return before;
    view = carry(own->from);
    if (before != NULL)
        grow(view->from, before->from, before->count);
    return view;
}

/* Put a value behind that one. */
static void put(struct eyes *eyes, uint32_t index, uint32_t behind, uint64_t content, int order,
                bool follows)
{
    struct location *location = &locations[index];
    struct value *value = &location->values[behind + 1];
    const struct carried *before = follows ? location->values[behind].view : NULL;
    uint32_t from = location->values[behind].at;
    uint32_t at = behind + 1 == location->count ? from + GAP : (from + value->at) / 2;

    if (location->count == VALUES || at == from || at > UINT16_MAX)
        abort();
    memmove(value + 1, value, (location->count - behind - 1) * sizeof(*value));
    location->count++;
    location->values[behind].is_followed = follows;
    eyes->now.from[index] = eyes->acquired.from[index] = (moment)at;
    *value = (struct value){.content = content, .at = (moment)at};
    value->view = carried_by(eyes, order, before);
    if (order == memory_order_seq_cst && all.from[index] < at)
        all.from[index] = (moment)at;
}

static void take(struct eyes *eyes, uint32_t index, uint32_t which, int order)
{
    const struct value *value = &locations[index].values[which];

    if (eyes->now.from[index] < value->at)
        eyes->now.from[index] = value->at;
    if (eyes->acquired.from[index] < value->at)
        eyes->acquired.from[index] = value->at;
    if (value->view != NULL) {
        grow(eyes->acquired.from, value->view->from, value->view->count);
        if (acquires(order))
            grow(eyes->now.from, value->view->from, value->view->count);
    }
    if (order == memory_order_seq_cst && all.from[index] < value->at)
        all.from[index] = value->at;
}

/* The oldest value that may be read, or that another may be put behind. */
static uint32_t oldest(const struct eyes *eyes, uint32_t index, int order)
{
    uint32_t from = eyes->now.from[index], which = locations[index].count - 1;

    if (order == memory_order_seq_cst && all.from[index] > from)
        from = all.from[index];
    while (which > 0 && locations[index].values[which - 1].at >= from)
        which--;
    return which;
}

/* Which value a load gets. */
static uint32_t choose(const struct eyes *eyes, uint32_t index, int order)
{
    uint32_t from = oldest(eyes, index, order), count = locations[index].count;

    if (from + 1 == count || weak_random(256) < latest)
        return count - 1;
    return from + weak_random(count - from);
}

/* Which value a store comes behind: the last one, or, seldom, one before it. There must be room. */
static uint32_t choose_behind(const struct eyes *eyes, uint32_t index, int order)
{
    uint32_t last = locations[index].count - 1, which = last;
    const struct value *values = locations[index].values;

    if (weak_random(8) == 0)
        which = oldest(eyes, index, order) + weak_random(last + 1 - oldest(eyes, index, order));
    return which < last &&
                   (values[which].is_followed || values[which + 1].at - values[which].at < 2)
               ? last
               : which;
}

/* ---- accesses ------------------------------------------------------------------------------- */

uint64_t memory_load(struct eyes *eyes, const volatile void *at, size_t size, int order)
{
    uint32_t index = find(at, size), which = choose(eyes, index, order);

    take(eyes, index, which, order);
    return locations[index].values[which].content;
}

void memory_store(struct eyes *eyes, volatile void *at, size_t size, uint64_t value, int order)
{
    uint32_t index = find(at, size);

    put(eyes, index, choose_behind(eyes, index, order), value, order, false);
}

uint64_t memory_changed(enum weak_how how, uint64_t old, uint64_t value)
{
    switch (how) {
    case WEAK_ADD:
        return old + value;
    case WEAK_SUB:
        return old - value;
    case WEAK_OR:
        return old | value;
    case WEAK_AND:
        return old & value;
    default:
        return value;
    }
}

/* Which value a read-modify-write gets: one that no other has got, with room behind it. */
static uint32_t choose_to_change(const struct eyes *eyes, uint32_t index, int order)
{
    uint32_t which = choose(eyes, index, order), last = locations[index].count - 1;
    const struct value *values = locations[index].values;

    return values[which].is_followed ||
                   (which < last && values[which + 1].at - values[which].at < 2)
               ? last
               : which;
}

/* Read a value and put another right behind it, which carries on what it carried. */
static void replace(struct eyes *eyes, uint32_t index, uint32_t which, uint64_t content, int order)
{
    take(eyes, index, which, order);
    put(eyes, index, which, content, order, true);
}

uint64_t memory_change(struct eyes *eyes, volatile void *at, size_t size, enum weak_how how,
                       uint64_t value, int order)
{
    uint32_t index = find(at, size), which = choose_to_change(eyes, index, order);
    uint64_t old = locations[index].values[which].content;

    value = memory_changed(how, old, value);
    replace(eyes, index, which, size == 4 ? (uint32_t)value : value, order);
    return old;
}

bool memory_swap(struct eyes *eyes, volatile void *at, size_t size, uint64_t *seen, uint64_t value,
                 int success, int failure)
{
    uint32_t index = find(at, size), which = choose(eyes, index, success);

    if (locations[index].values[which].content == *seen)
        which = choose_to_change(eyes, index, success);
    if (locations[index].values[which].content == *seen) {
        replace(eyes, index, which, value, success);
        return true;
    }
    take(eyes, index, which, failure);
    *seen = locations[index].values[which].content;
    return false;
}

void memory_fence(struct eyes *eyes, int order)
{
    if (acquires(order))
        set(&eyes->now, &eyes->acquired);
    if (order == memory_order_seq_cst) {
        grow(eyes->now.from, all.from, location_count);
        set(&all, &eyes->now);
        set(&eyes->acquired, &eyes->now);
    }
    if (releases(order)) {
        set(&eyes->released, &eyes->now);
        eyes->has_fenced = true;
    }
}

void memory_learn(struct eyes *eyes, const struct eyes *of)
{
    grow(eyes->now.from, of->now.from, location_count);
    grow(eyes->acquired.from, of->now.from, location_count);
}

/* ---- rounds --------------------------------------------------------------------------------- */

/* What the last round left in a view. */
static void clear(struct view *view)
{
    memset(view->from, 0, location_count * sizeof(moment));
}

void memory_begin(uint32_t how_many, struct eyes *eyes[], unsigned count)
{
    if (view_room == NULL && (view_room = malloc(VIEW_ROOM)) == NULL)
        abort();
    view_used = 0;
    latest = how_many;
    clear(&all);
    for (unsigned i = 0; i < count; i++) {
        clear(&eyes[i]->now);
        clear(&eyes[i]->acquired);
        clear(&eyes[i]->released);
        eyes[i]->has_fenced = false;
    }
    for (uint32_t i = 0; i < location_count; i++)
        by_address[locations[i].entry] = 0;
    location_count = 0;
}

void memory_write_back(bool last)
{
    for (uint32_t i = 0; i < location_count; i++)
        if (locations[i].count > 1)
            memory_poke(locations[i].at, locations[i].size,
                        last ? locations[i].values[locations[i].count - 1].content
                             : locations[i].values[0].content);
}
