/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "metadata/utf8.h"

/* How many bytes a character has that begins with `lead`; 0: none does. *low and *high bound its second
 * byte; that excludes overlong forms, surrogates and all above U+10FFFF. */
static size_t sequence(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = 0x80;
    *high = 0xBF;
    if (lead >= 0x01 && lead <= 0x7F)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF) {
        if (lead == 0xE0)
            *low = 0xA0;
        if (lead == 0xED)
            *high = 0x9F;
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        if (lead == 0xF0)
            *low = 0x90;
        if (lead == 0xF4)
            *high = 0x8F;
        return 4;
    }
    return 0;
}

/* How many bytes of text belong to the character that its first byte begins, which has `length`. */
static size_t matching(const uint8_t *text, size_t size, size_t length, uint8_t low, uint8_t high)
{
    size_t k = 1;

    while (k < length && k < size && text[k] >= low && text[k] <= high) {
        low = 0x80;
        high = 0xBF;
        k++;
    }
    return k;
}

size_t utf8_character(const uint8_t *text, size_t size, bool *right)
{
    uint8_t low, high;
    size_t length = sequence(text[0], &low, &high);
    size_t matched = length == 0 ? 1 : matching(text, size, length, low, high);

    *right = matched == length;
    return matched;
}

bool utf8_valid_slow(const uint8_t *text, size_t size)
{
    bool right = true;

    for (size_t i = 0; i < size && right;)
        i += utf8_character(text + i, size - i, &right);
    return right;
}
