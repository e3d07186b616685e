/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Whether some value of an entry contains a text, in upper or lower case alike; or it is the
 * entry's id, pid, or part of its key or type. Read once, asked of a million.
 */
#ifndef TOOLS_SEARCH_H
#define TOOLS_SEARCH_H

#include <connstat.h>

struct search {
    const char *text;
    size_t length;
    char first[3];      /* its first character in both cases */
    bool may_be_number; /* of characters that numbers are printed with */
    bool is_true, is_false;
    bool has_id;
    uint64_t id;
    uint64_t types; /* a bit for each whose name contains it */
};

/* text must stay, and is not empty. */
void search_start(struct search *search, connstat_t *cs, const char *text);
bool search_finds(const struct search *search, const struct connstat_entry *entry);

#endif
