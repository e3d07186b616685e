/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a name stands for in an entry, where somebody sorts or groups by it.
 */
#ifndef TOOLS_FIELD_H
#define TOOLS_FIELD_H

#include <connstat.h>

struct entry_field {
    struct connstat_field field;
    char text[48];
};

/* The field that name stands for: id, type, pid, key, started or age, else that field of the
 * metadata; ".type" and so on are always of the metadata. NULL: the entry has none. The field and
 * its text live in storage or in the entry. */
const struct connstat_field *entry_field_find(connstat_t *cs, const struct connstat_entry *entry,
                                              const char *name, struct entry_field *storage);

#endif
