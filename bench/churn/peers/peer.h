/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A peer: one way to keep a live table of connections between processes, measured by doing the
 * same work as every other. Each is a file that defines one struct peer.
 */
#ifndef PEER_H
#define PEER_H

#include "workload.h"

#include <stdint.h>

enum { PEER_TYPES = 9 }; /* as many as connstat has by default; the work is done in the first */

struct peer_shape {
    unsigned workers;  /* processes */
    unsigned threads;  /* in each of them */
    uint64_t standing; /* entries over all of them */
    size_t metadata_bytes;
};

/* A seat is one thread of one worker process. */
static inline unsigned peer_seats(const struct peer_shape *shape)
{
    return shape->workers * shape->threads;
}

/* Room for what stands and a quarter more, as an operator would plan it. */
static inline uint64_t peer_capacity(const struct peer_shape *shape)
{
    uint64_t capacity = shape->standing + shape->standing / 4;
    return capacity < 16384 ? 16384 : capacity;
}

/* What one seat works on: its own entries, replaced one by one. */
struct churn {
    const struct workload *workload;
    uint64_t *ids;
    uint64_t standing;
    uint64_t random; /* state of the generator */
    uint64_t turn;   /* which metadata comes next */
    bool hot;        /* always the same entry, else a random one */
};

struct peer {
    const char *name;
    const char *summary;
    unsigned chunk; /* pairs between two looks at the clock: well over a microsecond */

    /* All of these end the program with a message when they cannot do their work. */
    void *(*create)(const struct peer_shape *shape);  /* before the workers are forked */
    void *(*attach)(void *table, unsigned seat);      /* in the thread that will use it */
    void (*fill)(void *session, struct churn *churn); /* register churn->standing entries */
    void (*pairs)(void *session, struct churn *churn, unsigned count);
    uint64_t (*counts)(void *session); /* read the counts of all types; their sum */
    void (*detach)(void *session);
    void (*destroy)(void *table);
};

extern const struct peer peer_floor, peer_mutex, peer_spin, peer_freelist, peer_lmdb, peer_redis,
    peer_connstat_fields, peer_connstat_encoded;

extern const struct peer *const peers[]; /* those built in, the floor first; ends with NULL */

const struct peer *peer_find(const char *name);

#endif
