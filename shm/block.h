/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Sixteen bytes at once: what SSE2, NEON and the like do in one instruction each, and what the
 * compiler makes of words elsewhere.
 */
#ifndef SHM_BLOCK_H
#define SHM_BLOCK_H

#include "compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BLOCK = 16 };

typedef uint8_t block __attribute__((vector_size(BLOCK), may_alias));

/* A block at any address. It is loaded as a block; a memcpy into one might be merged by the compiler with
 * another copy of the same bytes. */
typedef uint8_t block_anywhere __attribute__((vector_size(BLOCK), may_alias, aligned(1)));

static inline block block_load(const void *from)
{
    return (block) * (const block_anywhere *)from;
}

static inline void block_store(void *to, block bytes)
{
    *(block_anywhere *)to = bytes;
}

#ifdef __SSE2__
/* The highest bits of the bytes: bit i is that of byte i. */
static inline unsigned block_highs(block bytes)
{
    typedef char chars __attribute__((vector_size(BLOCK)));

    return (unsigned)__builtin_ia32_pmovmskb128((chars)bytes);
}
#else
typedef uint64_t block_halves __attribute__((vector_size(BLOCK)));
#endif

/* Are all its bytes 0xFF? */
static inline bool block_is_full(block bytes)
{
#ifdef __SSE2__
    return block_highs(bytes) == 0xFFFF;
#else
    block_halves halves = (block_halves)bytes;

    return (halves[0] & halves[1]) == UINT64_MAX;
#endif
}

static inline bool block_is_ascii(block bytes)
{
#ifdef __SSE2__
    return block_highs(bytes) == 0;
#else
    block_halves halves = (block_halves)bytes;

    return ((halves[0] | halves[1]) & UINT64_C(0x8080808080808080)) == 0;
#endif
}

/* ---- Strings of a caller --------------------------------------------------------------------- *
 *
 * Where a string ends is not known before it was read. A block at a multiple of its size, of which
 * one byte is the string's, may be read whole: it lies in one page, and in one granule of memory
 * tagging. Sanitizers watch single bytes, and get a build that reads none too many. Valgrind takes
 * aligned loads as they are meant.
 */
#if SANITIZES_ADDRESSES || SANITIZES_THREADS || SANITIZES_MEMORY || !defined(__SSE2__)
#define BLOCK_PEEKS 0
#else
#define BLOCK_PEEKS 1
#endif

/* The aligned block of memory in which this byte lies. */
static inline const block *block_around(const char *byte)
{
    return (const block *)(const void *)(byte - (uintptr_t)byte % BLOCK);
}

/* strlen, without a call. */
static inline size_t block_strlen(const char *text)
{
#if BLOCK_PEEKS
    const block *at = block_around(text);
    size_t before = (uintptr_t)text % BLOCK, size = BLOCK - before;
    uint64_t ends = block_highs((block)(*at == 0)) >> before;

    if (ends != 0)
        return (size_t)__builtin_ctzll(ends);
    while ((ends = block_highs((block)(*++at == 0))) == 0)
        size += BLOCK;
    return size + (size_t)__builtin_ctzll(ends);
#else
    return strlen(text);
#endif
}

#endif
