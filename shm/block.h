/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Sixteen bytes at once: what SSE2, NEON and the like do in one instruction each, and what the
 * compiler makes of words elsewhere.
 */
#ifndef CONNSTAT_SHM_BLOCK_H
#define CONNSTAT_SHM_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BLOCK = 16 };

typedef uint8_t block __attribute__((vector_size(BLOCK)));

static inline block block_load(const void *from)
{
    block bytes;

    memcpy(&bytes, from, sizeof(bytes));
    return bytes;
}

static inline void block_store(void *to, block bytes)
{
    memcpy(to, &bytes, sizeof(bytes));
}

/* Is it 0xFF throughout? */
static inline bool block_is_full(block bytes)
{
#ifdef __SSE2__
    typedef char chars __attribute__((vector_size(BLOCK)));

    return __builtin_ia32_pmovmskb128((chars)bytes) == 0xFFFF;
#else
    typedef uint64_t halves __attribute__((vector_size(BLOCK)));

    return (((halves)bytes)[0] & ((halves)bytes)[1]) == UINT64_MAX;
#endif
}

#endif
