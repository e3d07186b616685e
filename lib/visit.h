/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Handing one slot's entry to a visit.
 */
#ifndef LIB_VISIT_H
#define LIB_VISIT_H

#include "attach.h"

struct visitor {
    const struct segment *segment;
    const struct hidden *hidden;
    uint64_t id_salt;
    connstat_visit_fn visit;
    void *arg;
    bool decode;
    uint8_t *encoded, *scratch; /* of metadata_bytes and a bit */
    struct connstat_field *fields;
    size_t field_count;
    void *memory;   /* of the three, where the stack is too small */
    int64_t visited;
    int stopped;    /* what the visit returned */
};

/* A visitor's buffers for segments of ordinary metadata_bytes, on the caller's stack. */
#define VISIT_SMALL 288u
struct visit_buffers {
    alignas(8) uint8_t encoded[VISIT_SMALL + 16], scratch[VISIT_SMALL + 16];
    struct connstat_field fields[VISIT_SMALL / 3 + 1];
};

/* Returns 0 or -ENOMEM. */
int visitor_init(struct visitor *v, struct attachment *a, struct visit_buffers *buffers,
                 connstat_visit_fn visit, void *arg, bool decode);
void visitor_done(struct visitor *v);

/* Visit the slot's entry, if there is one, and match (may be NULL) finds its word and key right.
 * False: stop. */
bool visit_slot(struct visitor *v, uint32_t type, uint32_t slot,
                bool (*match)(const struct copy *copy, const void *what), const void *what);

#endif
