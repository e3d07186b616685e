/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "common/similar.h"

#include <stdio.h>
#include <string.h>

enum { MAX_LENGTH = 32 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to add, to leave out, to replace, or pairs to swap, until a is b. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][MAX_LENGTH + 1], a_length = strlen(a), b_length = strlen(b);
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    if (a_length > MAX_LENGTH || b_length > MAX_LENGTH)
        return MAX_LENGTH;
    for (size_t j = 0; j <= b_length; j++)
        above[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]), least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *recycled = before;
        before = above;
        above = row;
        row = recycled;
    }
    return above[b_length];
}

void similar_offer(struct similar *similar, const char *candidate)
{
    size_t length = strlen(similar->word), far = distance(similar->word, candidate);
    size_t most = length < 3 ? 1 : length < 6 ? 2 : 3;
    if (far <= most && far < strlen(candidate) && (!similar->best || far < similar->distance)) {
        similar->best = candidate;
        similar->distance = far;
    }
}

char *similar_advice(const struct similar *similar, const char *prefix, char *buf, size_t size)
{
    if (similar->best)
        snprintf(buf, size, ": do you mean \"%s%s\"?", prefix, similar->best);
    else
        snprintf(buf, size, "%s", "");
    return buf;
}
