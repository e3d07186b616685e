/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Where everything lies in a segment: computed from its shape alone, never read from the segment,
 * so that a damaged one cannot lead anybody astray.
 */
#ifndef SHM_GEOMETRY_H
#define SHM_GEOMETRY_H

#include "layout.h"

struct shape { /* what a segment is made for; two segments of one shape have one layout */
    uint32_t type_count;
    uint32_t max_workers;
    uint32_t metadata_bytes;
    struct type_layout types[MAX_TYPES];
};

struct type_geometry {
    uint32_t capacity;
    uint32_t map_words;     /* of the taken map */
    uint32_t touched_first; /* in a record's touched map: first word, and how many */
    uint32_t touched_words;
    uint64_t words, map, payloads; /* byte offsets */
    uint64_t key_buckets, key_slots, key_end;
    uint32_t key_bucket_count; /* a prime: three cells and a half for each slot */
    uint32_t key_cell_bits;    /* of slot + 1 in a cell */
};

struct geometry {
    struct shape shape;
    uint32_t record_count; /* workers and reapers */
    uint32_t live_words;   /* of the live map, 32 records each */
    uint32_t shard_bytes;
    uint32_t shard_count;
    uint32_t touched_words; /* a record */
    uint32_t payload_bytes;
    uint32_t spare_bytes;
    uint32_t obituary_bytes;
    uint32_t slot_bits, generation_bits; /* of an id */
    uint64_t records, live_map, refusals, shards, touched, obituaries, cluster,
        spares;    /* byte offsets */
    uint64_t size; /* of the file at creation */
    uint64_t size_with_keys;
    struct type_geometry types[MAX_TYPES];
};

/* Fills geometry. Returns 0, or -EINVAL for a shape that no segment has. */
int geometry_compute(struct geometry *geometry, const struct shape *shape);

/* The shape that a header claims, checked; header is a private copy.
 * Returns 0; -EBADMSG not a segment, or damaged; -EPROTO another version. */
int geometry_from_header(struct geometry *geometry, const struct header *header);

/* Fill a new header's constant part. */
void geometry_to_header(const struct geometry *geometry, struct header *header);

uint64_t header_checksum(const struct header *header);

bool shape_equal(const struct shape *a, const struct shape *b);

#endif
