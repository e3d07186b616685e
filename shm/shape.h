/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a segment is made for, and where everything lies in it then (geometry.h computes that).
 */
#ifndef SHM_SHAPE_H
#define SHM_SHAPE_H

#include "layout.h"

#define HUGE_PART (UINT64_C(2) << 20) /* a part so large may have huge pages */

struct shape { /* what a segment is made for; two segments of one shape have one layout */
    uint32_t type_count;
    uint32_t max_workers;
    uint32_t metadata_bytes;
    uint32_t page_bytes; /* of the machine */
    uint32_t flags;      /* of the header; they change no offset */
    struct type_layout types[MAX_TYPES];
};

/* Offsets are in bytes of the address space in which a process maps the segment. The file has them
 * as far as `fixed`; what lies behind is mapped from parts of the file (growth.h). */
struct type_geometry {
    uint32_t capacity;      /* when the segment was made; segment_capacity tells what it is */
    uint32_t maximum;       /* what is laid out for */
    bool grows;             /* its words and payloads are parts, else they lie before fixed */
    uint32_t map_words;     /* of the taken map */
    uint32_t touched_first; /* in a record's touched map: first word, and how many */
    uint32_t touched_words;
    uint64_t words, map, payloads;
    uint64_t key_buckets, key_slots;
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
    uint64_t records, live_map, refusals, growth_log, shards, touched, obituaries, cluster, spares;
    uint64_t fixed;    /* as far as this, file and address space are the same */
    uint64_t size;     /* of the file at creation */
    uint64_t reserved; /* bytes of address space, all that may ever come included */
    struct type_geometry types[MAX_TYPES];
};

#endif
