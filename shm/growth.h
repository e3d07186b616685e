/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How a table grows while everybody works.
 *
 * Where things lie: the file is a list of parts, and growing appends some. In each process the arrays of
 * a type are contiguous all the same, because address space for the type's maximum is reserved when the
 * segment is opened, and each part is mapped to its place in it. So a slot is found as if the table had
 * always been so large, and nothing that was mapped ever moves.
 *
 * What has grown: the growth log in the segment says it, in order. Where the parts of a line of the
 * log lie is not written down; everybody computes it alike from the shape and the lines before it.
 *
 * How to grow:
 *   1. Reserve memory for the parts at the end of the file. It is zeros, and zeros are empty slots, so
 *      nothing has to be written there.
 *   2. Write the line by one compare-and-swap. Whoever is killed between 1 and 2 leaves memory that the
 *      next who grows uses.
 *
 * A process that has not followed the log is behind: it knows fewer slots than there are. For those that
 * it knows it is right. FORMAT.md says when it must follow; lib/file/mapping.h does it.
 */
#ifndef SHM_GROWTH_H
#define SHM_GROWTH_H

#include "shape.h"

/* A line of the log is a word: kind 2 bits, type 6, capacity 25, and 31 bits that check these and the
 * line's number. 0: not written yet. */
enum growth_kind {
    GROWTH_TABLE = 1, /* the type has `capacity` slots from now on */
    GROWTH_INDEX = 2, /* the type has an index of keys from now on; capacity: its slots then */
};

/* What a reader of the log knows after it has read so many lines. */
struct growth {
    uint32_t lines;
    uint64_t end;     /* of the file, as far as these lines need it */
    uint64_t indexes; /* bit t: the type has one */
    uint32_t capacity[MAX_TYPES];
};

/* A piece of the file: its bytes from `offset` on belong at `at` in the address space. Whole pages. */
struct part {
    uint64_t at, offset, bytes;
};

struct parts {
    uint32_t count;
    struct part part[3];
};

static inline uint64_t parts_bytes(const struct parts *parts)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < parts->count; i++)
        bytes += parts->part[i].bytes;
    return bytes;
}

/* How many slots get memory so that `capacity` of them can be used: one more, because readers copy two
 * words at a time, and rounded up so that words and payloads are whole pages. */
uint64_t growth_slots(const struct geometry *g, uint32_t capacity);

/* For whoever makes or opens a segment: growth_empty says that nothing is there yet, and growth_first
 * gives the parts that a type has from the beginning. It is called for each type that grows, in order. */
void growth_empty(const struct geometry *g, struct growth *growth);
void growth_first(const struct geometry *g, struct growth *growth, uint32_t type,
                  struct parts *parts);

/* What is known of a segment whose log is empty, because it was just made. */
void growth_start(const struct geometry *g, struct growth *growth);

/* How many lines the log has room for. The last one is never written, and so ends every reading. */
uint32_t growth_lines(const struct geometry *g);

/* Reads the next line, which has this word: fills parts, and brings growth up to it. Returns 0, or
 * -EBADMSG: no process writes such a word here, so the log is damaged. Then nothing is changed. */
int growth_apply(const struct geometry *g, struct growth *growth, uint64_t word,
                 struct parts *parts);

/* Makes the word of a next line. */
uint64_t growth_word(const struct growth *growth, enum growth_kind kind, uint32_t type,
                     uint32_t capacity);

/* How many slots the type shall have when it grows to at least `wanted`: at least half as many more as
 * it has, so that the log does not fill up, and never more than its maximum. */
uint32_t growth_next(const struct geometry *g, const struct growth *growth, uint32_t type,
                     uint64_t wanted);

/* How many bytes have to be reserved until each type has as many slots as the shape says; 0: all have
 * them. Brings growth to what will be known then. */
uint64_t growth_bytes(const struct geometry *g, struct growth *growth, const struct shape *shape);

#endif
