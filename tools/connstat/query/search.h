/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Finds a text in entries, in upper or lower case: in a value of the metadata, a part of the key
 * or of the type's name, or as the whole id or pid. The text is read once and looked for in a
 * million entries.
 */
#ifndef TOOLS_SEARCH_H
#define TOOLS_SEARCH_H

#include <connstat.h>

struct search {
    const char *text;
    size_t length;
    char first[3];      /* its first character in lower and in upper case */
    bool may_be_number; /* it consists of characters with which numbers are printed */
    bool is_true, is_false;
    bool has_id;
    uint64_t id;
    uint64_t types; /* the types whose name contains it: a bit each */
};

/* Begin a search. text must stay valid, and not be empty. */
void search_start(struct search *search, connstat_t *cs, const char *text);
bool search_finds(const struct search *search, const struct connstat_entry *entry);

#endif
