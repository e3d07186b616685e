/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How a table grows while everybody works.
 *
 * The file is a list of parts, appended. In each process the arrays of a type are contiguous all the
 * same: address space for the type's maximum is reserved when the segment is opened, and each part
 * is mapped into its place there. So a slot is found as if the table had always been so large, and
 * nothing that was mapped ever moves.
 *
 * The growth log in the segment says what has grown, in order. An entry does not say where its parts
 * lie: that follows from the shape and the entries before it, and everybody computes it alike. Who
 * grows a table reserves the memory at the end of the file, then writes the entry by one
 * compare-and-swap. Memory that was just reserved is zero, and zeros are empty slots: nothing has to
 * be written before or after. Killed between the two, the memory is used by the next who grows.
 *
 * A process that has not followed the log is behind: it knows fewer slots than there are. It follows
 * when that matters (lib/file/room.h), and until then is right for the slots that it knows.
 */
#ifndef SHM_GROWTH_H
#define SHM_GROWTH_H

#include "shape.h"

/* An entry of the log, as a number: kind 2 bits, type 6, capacity 25, a check of those and of the
 * entry's number 31. 0: not written yet. */
enum growth_kind {
    GROWTH_TABLE = 1, /* the type has `capacity` slots from now on */
    GROWTH_INDEX = 2, /* the type has an index of keys from now on; capacity: its slots then */
};

/* What a reader of the log knows after so many entries. */
struct growth {
    uint32_t entries;
    uint64_t end;     /* of the file, as far as these entries need it */
    uint64_t indexes; /* bit t: the type has one */
    uint32_t capacity[MAX_TYPES];
};

/* So many bytes at `at` of the address space lie at `offset` of the file: whole pages. */
struct part {
    uint64_t at, offset, bytes;
};

struct parts {
    uint32_t count;
    struct part part[3];
};

/* Slots that have memory where so many are used: one more, for readers copy two words at a time,
 * rounded up so that the words and the payloads of a part are whole pages. */
uint64_t growth_room(const struct geometry *g, uint32_t capacity);

/* Before the first part of all; then the first part of each type that grows, in order. */
void growth_empty(const struct geometry *g, struct growth *growth);
void growth_first(const struct geometry *g, struct growth *growth, uint32_t type,
                  struct parts *parts);

/* Of a segment that was just made: the log is empty. */
void growth_start(const struct geometry *g, struct growth *growth);

/* Entries that a log has room for; the last one is never written. */
uint32_t growth_entries(const struct geometry *g);

/* The next entry, which has this word: its parts, and what is known after it. Returns 0, or
 * -EBADMSG for a word that nobody has written so; growth and parts are untouched then. */
int growth_apply(const struct geometry *g, struct growth *growth, uint64_t word,
                 struct parts *parts);

/* The word that a next entry would have. */
uint64_t growth_word(const struct growth *growth, enum growth_kind kind, uint32_t type,
                     uint32_t capacity);

/* How many slots the type will have once it grows for having at least `wanted`. At least half as
 * many more, so that the log does not fill; never beyond the maximum. */
uint32_t growth_next(const struct geometry *g, const struct growth *growth, uint32_t type,
                     uint64_t wanted);

/* Bytes that have to be reserved until each type has as many slots as the shape says. 0: all have
 * them. growth is what is known after it. */
uint64_t growth_bytes(const struct geometry *g, struct growth *growth, const struct shape *shape);

#endif
