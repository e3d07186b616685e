/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "metadata/utf8.h"

/* Bytes of the character that starts with lead, and the range of its second byte, which is where
 * overlong forms, surrogates and what lies above U+10FFFF show. 0: starts none. */
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

bool utf8_valid_slow(const uint8_t *text, size_t size)
{
    size_t i = 0;

    while (i < size) {
        uint8_t low, high;
        size_t length = sequence(text[i], &low, &high);

        if (length == 0 || length > size - i)
            return false;
        if (length > 1 && (text[i + 1] < low || text[i + 1] > high))
            return false;
        for (size_t k = 2; k < length; k++)
            if ((text[i + k] & 0xC0) != 0x80)
                return false;
        i += length;
    }
    return true;
}
