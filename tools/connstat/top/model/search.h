/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a filter of top finds. "chat" finds what contains it, "=chat" what is that and no more, both
 * in upper or lower case; "" and "=" let everything pass.
 */
#ifndef TOP_SEARCH_H
#define TOP_SEARCH_H

#include <connstat.h>

#include "common/buffer.h"

/* Whether a row passes whose words, with a blank between two of them, these are. */
bool top_search_words(const char *words, const char *filter);

/* Whether an entry passes. Contained is looked for in its key and metadata; an exact filter is its
 * id, worker or key, the value of one of its fields, or the field as it is shown: page=/lobby.
 * scratch is memory to use. */
bool top_search_entry(const struct connstat_entry *entry, const char *filter,
                      struct buffer *scratch);

#endif
