/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Visiting entries: all of a type, or one by its id.
 */
#include "../shm/record.h"
#include "visit.h"

#include <errno.h>

/* The free map has a one where a slot may be free: an entry that lives all the while has a zero,
 * so whole words of ones are skipped. */
static bool visit_type(struct visitor *v, uint32_t type)
{
    const struct segment *s = v->segment;
    _Atomic uint64_t *map = segment_map(s, type);
    uint32_t capacity = s->geometry.types[type].capacity;

    for (uint32_t i = 0; i < s->geometry.types[type].map_words; i++) {
        /* relaxed: an entry whose registration is known to us has its bit cleared before */
        uint64_t taken = ~atomic_load_explicit(&map[i], memory_order_relaxed);

        for (uint64_t ahead = taken & (taken - 1); taken != 0; taken &= taken - 1) {
            uint32_t slot = i * 64 + (uint32_t)__builtin_ctzll(taken);

            if (ahead != 0) {
                uint32_t next = i * 64 + (uint32_t)__builtin_ctzll(ahead);

                if (next < capacity)
                    __builtin_prefetch((const void *)segment_payload(s, type, next));
                ahead &= ahead - 1;
            }
            if (slot < capacity && !visit_slot(v, type, slot, NULL, NULL))
                return false;
        }
    }
    return true;
}

static int64_t for_each(connstat_t *cs, int type, connstat_visit_fn visit, void *arg, bool decode)
{
    struct visit_buffers buffers;
    struct visitor v;
    struct attachment *a;
    uint32_t types;
    int error;

    if (cs == NULL)
        return 0;
    a = handle_take(cs);
    if (a == NULL)
        return -ENOTCONN;
    types = a->segment->geometry.shape.type_count;
    error = type == CONNSTAT_ANY_TYPE || (unsigned)type < types ? 0 : -EINVAL;
    if (error == 0)
        error = visitor_init(&v, a, &buffers, visit, arg, decode);
    if (error == 0) {
        uint32_t first = type == CONNSTAT_ANY_TYPE ? 0 : (uint32_t)type;
        uint32_t end = type == CONNSTAT_ANY_TYPE ? types : (uint32_t)type + 1;

        for (uint32_t t = first; t < end && visit_type(&v, t); t++)
            ;
        visitor_done(&v);
    }
    attachment_drop(a);
    return error < 0 ? error : v.visited;
}

int64_t connstat_for_each(connstat_t *cs, int type, connstat_visit_fn visit, void *arg)
{
    return for_each(cs, type, visit, arg, true);
}

int64_t connstat_for_each_encoded(connstat_t *cs, int type, connstat_visit_fn visit, void *arg)
{
    return for_each(cs, type, visit, arg, false);
}

struct wanted {
    const struct segment *segment;
    const struct id_parts *parts;
};

static bool is_wanted(const struct copy *copy, const void *what)
{
    const struct wanted *wanted = what;

    return id_matches(wanted->segment, wanted->parts, copy->word);
}

int connstat_get(connstat_t *cs, connstat_id id, connstat_visit_fn visit, void *arg)
{
    struct visit_buffers buffers;
    struct id_parts parts;
    struct visitor v;
    struct attachment *a;
    int error;

    if (cs == NULL)
        return -ENOENT;
    a = handle_take(cs);
    if (a == NULL)
        return -ENOTCONN;
    error = id_parse(a->segment, a->id_salt, id, &parts) ? 0 : -ENOENT;
    if (error == 0)
        error = visitor_init(&v, a, &buffers, visit, arg, true);
    if (error == 0) {
        visit_slot(&v, parts.type, parts.slot, is_wanted, &(struct wanted){a->segment, &parts});
        error = v.visited == 0 ? -ENOENT : v.stopped;
        visitor_done(&v);
    }
    attachment_drop(a);
    return error;
}
