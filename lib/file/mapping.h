/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A mapping: the addresses that this process has reserved for a segment, as many as the segment may
 * ever need, with the parts of the file that are mapped into them (shm/growth.h). To follow is to map
 * what has grown. To grow is to add to the file first. What is mapped stays where it is until the whole
 * mapping goes.
 *
 * Several threads may follow and grow at once, and none waits for another:
 *   1. Each of them works out from the log what there is to map.
 *   2. To map a part twice changes nothing.
 *   3. What is known (`known`, capacities) is raised when its memory is mapped, and never lowered.
 * A child that was forked between 2 and 3 has some parts mapped without knowing it, and maps them again.
 */
#ifndef LIB_MAPPING_H
#define LIB_MAPPING_H

#include "growth.h"
#include "segment.h"

#include <stdbool.h>
#include <sys/stat.h>

struct mapping {
    struct segment segment;
    uint64_t bytes; /* of address space reserved */
    char *file;     /* its name, for where the host has closed the descriptor */
    bool read_only;
};

/* Reserves the addresses that mapping's geometry asks for, and maps what the segment had when it was
 * made. fd is the file, which the mapping takes over; `file` is its name. Returns 0; -ENOMEM: there is
 * not enough address space (RLIMIT_AS) ... */
int mapping_open(struct mapping *mapping, int fd, const char *file, bool read_only,
                 const struct stat *st);
void mapping_close(struct mapping *mapping);

/* Makes a read-only mapping of which only what lies in front of the tables is filled, by read(2) from fd,
 * which stays the caller's. Its tables are empty. Returns 0; -EBADMSG; -ENOMEM. */
int mapping_open_copy(struct mapping *mapping, int fd);

/* Reserves the memory in a new file that mapping_open will map. Returns 0 or a negative errno. */
int mapping_reserve(const struct geometry *geometry, int fd);

/* Follows: maps whatever has grown. Returns 0; -EBADMSG: the log is damaged, or the file was cut;
 * -ENOMEM: no address space, or too many mappings; -EBADF: the host has closed the descriptor, and the
 * name leads elsewhere. On failure all that was known stays known. */
int mapping_follow(struct mapping *mapping);

/* The same; and fills growth with what the whole log says. On failure growth holds anything. */
int mapping_look(struct mapping *mapping, struct growth *growth);

/* Follows if there is anything to follow. It costs one load if there is not. */
static inline int mapping_keep_up(struct mapping *mapping)
{
    return segment_is_behind(&mapping->segment) ? mapping_follow(mapping) : 0;
}

/* Makes sure that a type has at least `least` slots. If it has fewer, it grows to `wanted`, or as far as
 * it can. Returns 0; -ENOSPC: there is no memory, or the maximum is reached; or an error of mapping_follow.
 * On failure nothing has grown. */
int mapping_grow(struct mapping *mapping, uint32_t type, uint32_t least, uint64_t wanted);

/* Makes sure that a type has an index of keys. Returns what mapping_grow returns. */
int mapping_add_index(struct mapping *mapping, uint32_t type);

/* How often a type has grown since the segment was made. */
uint32_t mapping_count_growths(struct mapping *mapping, uint32_t type);

/* Asks the kernel for huge pages for what a segment has from the beginning. */
void mapping_use_huge_pages_at_first(struct mapping *mapping);

/* The same for what came with the lines of the log from number `from` on. It may take hundreds of
 * milliseconds: for reapers alone. */
void mapping_use_huge_pages(struct mapping *mapping, uint32_t from);

#endif
