/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What somebody may have meant by a word that is none of those there are.
 */
#ifndef TOOLS_SIMILAR_H
#define TOOLS_SIMILAR_H

#include <stddef.h>

struct similar { /* starts as {.word} */
    const char *word;
    const char *best; /* NULL: none is similar enough */
    size_t distance;
};

/* Offers one of the words that would be right. The text is not copied, so it must stay. */
void similar_offer(struct similar *similar, const char *candidate);

/* ": do you mean \"list\"?", or "". Returns buf. */
char *similar_advice(const struct similar *similar, const char *prefix, char *buf, size_t size);

#endif
