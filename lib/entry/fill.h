/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Writing the payload of a slot that was claimed: the stamp, then the metadata in whole words.
 */
#ifndef LIB_FILL_H
#define LIB_FILL_H

#include "os/clock.h"
#include "slots/slot.h"

#include <string.h>

static inline uint64_t fill_word(const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, 8);
    return word;
}

/* The last size % 8 bytes, the rest of the word 0. Nothing outside of bytes is read. */
static inline uint64_t fill_tail(const uint8_t *bytes, uint32_t size)
{
    uint64_t word = 0;

    if (likely(size >= 8))
        return fill_word(bytes + size - 8) >> (64 - 8 * (size % 8));
    for (uint32_t i = 0; i < size; i++)
        word |= (uint64_t)bytes[i] << 8 * i;
    return word;
}

static inline void fill_payload(uint8_t *where, const uint8_t *bytes, uint32_t size)
{
    _Atomic uint64_t *payload = (_Atomic uint64_t *)(void *)where;
    const uint8_t *from = bytes;

    slot_begin_payload();
    atomic_store_explicit(payload++, stamp_make((uint64_t)clock_coarse_ns(), size),
                          memory_order_relaxed);
    for (uint32_t pairs = size / 16; pairs != 0; pairs--, from += 16, payload += 2) {
        atomic_store_explicit(&payload[0], fill_word(from), memory_order_relaxed);
        atomic_store_explicit(&payload[1], fill_word(from + 8), memory_order_relaxed);
    }
    if (size & 8)
        atomic_store_explicit(payload++, fill_word(from), memory_order_relaxed);
    if (size & 7)
        atomic_store_explicit(payload, fill_tail(bytes, size), memory_order_relaxed);
}

#endif
