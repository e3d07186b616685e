/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The three shapes of connstat list.
 */
#ifndef TOOLS_LIST_H
#define TOOLS_LIST_H

#include "format/sheet.h"
#include "query/select.h"

struct listing {
    const struct context *context;
    connstat_t *cs;
    struct selection selection;
    const char *sort;     /* NULL, or what to sort by; "-" before it turns the order round */
    const char *group_by; /* NULL, or what to group by */
    uint64_t limit;       /* of rows */
};

/* As they come, in constant memory. Each returns an enum status. */
int list_stream(const struct listing *listing);
int list_sorted(const struct listing *listing);
int list_groups(const struct listing *listing);

/* What name stands for in an entry: id, type, pid, key, started or age, else that field of the
 * metadata; ".type" and so on are always of the metadata. NULL: it has none. The field and its
 * text live in storage or in the entry. */
struct entry_field {
    struct connstat_field field;
    char text[48];
};
const struct connstat_field *list_field(connstat_t *cs, const struct connstat_entry *entry,
                                        const char *name, struct entry_field *storage);

/* What connstat_for_each returned, as a status; reported. */
int list_status(const struct listing *listing, int64_t visited);

#endif
