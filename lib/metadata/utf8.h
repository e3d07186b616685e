/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * UTF-8 as in RFC 3629 (no overlong form, no surrogate, nothing above U+10FFFF), and without U+0000.
 * Eight bytes at a time are found to be plain ASCII.
 */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include "compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define UTF8_ONES  UINT64_C(0x0101010101010101)
#define UTF8_HIGHS UINT64_C(0x8080808080808080)

bool utf8_valid_slow(const uint8_t *text, size_t size);

/* How many bytes the character has that text begins with; size is at least 1. If it begins with none,
 * *right is false, and the result says for how many bytes one U+FFFD shall stand (Unicode's "maximal
 * subparts"). */
size_t utf8_character(const uint8_t *text, size_t size, bool *right);

static inline uint64_t utf8_load8(const void *from)
{
    uint64_t word;

    memcpy(&word, from, sizeof(word));
    return word;
}

static inline uint32_t utf8_load4(const void *from)
{
    uint32_t word;

    memcpy(&word, from, sizeof(word));
    return word;
}

/* Sets a bit of UTF8_HIGHS for each of eight bytes that is not in 1..127. Above the first of them
 * further bits may be set, too, by the borrow of the subtraction; 0 always means that all are plain. */
static inline uint64_t utf8_unplain(uint64_t word)
{
    return ((word - UTF8_ONES) | word) & UTF8_HIGHS;
}

static inline bool utf8_valid(const uint8_t *text, size_t size)
{
    uint64_t bad = 0;

    if (size >= 8) {
        for (size_t i = 0; i + 8 < size; i += 8)
            bad |= utf8_unplain(utf8_load8(text + i));
        bad |= utf8_unplain(utf8_load8(text + size - 8));
    } else if (size >= 4) {
        uint64_t both = utf8_load4(text) | (uint64_t)utf8_load4(text + size - 4) << 32;

        bad = utf8_unplain(both);
    } else {
        for (size_t i = 0; i < size; i++)
            bad |= text[i] == 0 || text[i] > 127;
    }
    return likely(bad == 0) || utf8_valid_slow(text, size);
}

#endif
