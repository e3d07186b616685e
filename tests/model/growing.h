/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A table that grows, for the programs of this folder that run the real code of it: lib/file/mapping.c
 * and shm/. Only the kernel is our own, and it orders nothing by itself: that a file is longer now,
 * or that a part is mapped, another process or thread knows only as far as the orders of the code
 * tell it. APPEND_ORDER, LOG_ORDER, RAISE_ORDER, KNOWN_ORDER: weaker ones for those of append,
 * log_line, raise_to and segment_capacity.
 *
 * The segment has one type, an index of keys, and THERE - 1 slots, all taken but as a program says.
 * When it grows it has SLOTS of them; the last lies in a page that came.
 */
#ifndef MODEL_GROWING_H
#define MODEL_GROWING_H

#include "rc11.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* What the headers that GenMC brings do not have. */
#ifndef static_assert
#define static_assert _Static_assert
#endif
#ifdef __SYS_STAT_H__
struct stat {
    uint64_t st_dev, st_ino;
    off_t st_size;
};
int fstat(int fd, struct stat *st);
#endif
/* One type, so that the functions go through few words. */
#include "layout.h"
#undef MAX_TYPES
#define MAX_TYPES 1u

#define WEAKER(order, strong, weak) ((order) == (strong) ? (weak) : (order))
#ifdef KNOWN_ORDER
#undef atomic_load_explicit
#define atomic_load_explicit(p, order)                                                             \
    __c11_atomic_load(p, WEAKER(order, memory_order_acquire, KNOWN_ORDER))
#endif
#include "segment.h"
#ifdef KNOWN_ORDER
#undef atomic_load_explicit
#define atomic_load_explicit __c11_atomic_load
#endif

/* ---- the kernel ------------------------------------------------------------------------------ */

enum { FIRST, SECOND, SWEEPER, PROCESSES };
enum { THERE = 512, SLOTS = THERE + 1 }; /* the last one is in a page that comes by growing */
enum { PAGE = 4096, MADE_BYTES = 2 * PAGE };

static word_t file_bytes, is_mapped[PROCESSES];

static int kernel_fallocate(int fd, off_t offset, off_t bytes)
{
    uint64_t end = (uint64_t)(offset + bytes), seen = load_rlx(&file_bytes);

    (void)fd;
    while (seen < end && !cas_with(&file_bytes, &seen, end, memory_order_relaxed))
        ;
    return 0;
}

static void *kernel_map(void *where, size_t bytes, int prot, int flags, int fd, off_t offset)
{
    (void)prot, (void)flags;
    assert(fd >= 0 && fd < PROCESSES);
    assert(load_rlx(&file_bytes) >= (uint64_t)offset + bytes); /* or to touch it is SIGBUS */
    store_rlx(&is_mapped[fd], 1);
    return where;
}

static int kernel_advise(void *where, size_t bytes, int advice)
{
    (void)where, (void)bytes, (void)advice;
    return 0;
}

/* Nobody sends signals here (os/signals.h). */
#define LIB_SIGNALS_H
struct signals {
    int none;
};

static void signals_block(struct signals *before)
{
    before->none = 0;
}

static void signals_restore(const struct signals *before)
{
    (void)before;
}

#define posix_fallocate kernel_fallocate
#define mmap            kernel_map
#define madvise         kernel_advise

#ifdef APPEND_ORDER
#undef atomic_compare_exchange_strong_explicit
#define atomic_compare_exchange_strong_explicit(p, seen, to, order, failure)                       \
    __c11_atomic_compare_exchange_strong(p, seen, to, APPEND_ORDER, memory_order_relaxed)
#endif
#ifdef LOG_ORDER
#undef atomic_load_explicit
#define atomic_load_explicit(p, order)                                                             \
    __c11_atomic_load(p, WEAKER(order, memory_order_acquire, LOG_ORDER))
#endif
#ifdef RAISE_ORDER
#undef atomic_compare_exchange_weak_explicit
#define atomic_compare_exchange_weak_explicit(p, seen, to, order, failure)                         \
    __c11_atomic_compare_exchange_weak(p, seen, to, RAISE_ORDER, memory_order_relaxed)
#endif
#include "file/mapping.c"
#include "growth.c"
#ifdef APPEND_ORDER
#undef atomic_compare_exchange_strong_explicit
#define atomic_compare_exchange_strong_explicit __c11_atomic_compare_exchange_strong
#endif
#ifdef LOG_ORDER
#undef atomic_load_explicit
#define atomic_load_explicit __c11_atomic_load
#endif

/* What it asks of the process. */
bool segment_has_file(const struct segment *s, struct stat *st)
{
    (void)s;
    st->st_size = (off_t)load_rlx(&file_bytes);
    return true;
}

int descriptor_open(const char *path, int flags, mode_t mode)
{
    (void)path, (void)flags, (void)mode;
    return -EBADF;
}

bool descriptor_has_room(int fd, uint64_t bytes)
{
    (void)fd, (void)bytes;
    return true;
}

bool cgroup_has_room(uint64_t bytes)
{
    (void)bytes;
    return true;
}

/* ---- the segment ----------------------------------------------------------------------------- */

enum { BUCKETS = 2 };

static struct {
    struct header header;
    struct record records[PROCESSES];
    word_t log[4], touched[PROCESSES], taken[SLOTS / 64 + 1], words[SLOTS];
    struct key_bucket buckets[BUCKETS];
    struct key_slot key_slots[SLOTS];
} memory;

static struct mapping mappings[PROCESSES];

#define LIES_AT(member) offsetof(__typeof__(memory), member)

static inline void open_segment(int process)
{
    struct segment *s = &mappings[process].segment;
    struct type_geometry *type = &s->geometry.types[0];

    s->geometry.shape.type_count = 1;
    s->geometry.shape.max_workers = PROCESSES;
    s->geometry.shape.page_bytes = PAGE;
    s->geometry.record_count = PROCESSES;
    s->geometry.touched_words = 1;
    s->geometry.records = LIES_AT(records);
    s->geometry.growth_log = LIES_AT(log);
    s->geometry.touched = LIES_AT(touched);
    s->geometry.size = MADE_BYTES;
    type->capacity = THERE - 1;
    type->maximum = SLOTS;
    type->grows = true;
    type->touched_words = 1;
    type->map = LIES_AT(taken);
    type->words = LIES_AT(words);
    type->key_buckets = LIES_AT(buckets);
    type->key_slots = LIES_AT(key_slots);
    type->key_bucket_count = BUCKETS;
    type->key_cell_bits = 10;
    s->base = (uint8_t *)&memory;
    s->fd = process;
    s->known = 1;
    s->indexes = 1;
    s->capacity[0] = THERE - 1;
}

/* The log has one line, by which the index came. */
static inline void log_index(void)
{
    const struct geometry *g = &mappings[FIRST].segment.geometry;
    struct growth growth;
    struct parts parts;

    growth_start(g, &growth);
    memory.log[0] = growth_word(&growth, GROWTH_INDEX, 0, THERE - 1);
    assert(growth_apply(g, &growth, memory.log[0], &parts) == 0);
    file_bytes = growth.end;
}

static inline void segment_reset(void)
{
    for (int process = 0; process < PROCESSES; process++) {
        memory.records[process].word = record_word(RECORD_ALIVE, 0, 0, 1);
        memory.touched[process] = 0;
        is_mapped[process] = 0;
        open_segment(process);
    }
    for (int i = 0; i < SLOTS / 64; i++)
        memory.taken[i] = ~0ull;
    memory.taken[SLOTS / 64] = 0;
    memory.words[THERE] = 0;
    log_index();
    memory.log[1] = memory.log[2] = 0;
}

#endif
