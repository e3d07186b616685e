/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A death as a sentence, and as a row for programs.
 */
#ifndef DESCRIBE_DEATH_H
#define DESCRIBE_DEATH_H

#include <connstat.h>

#include "common/text.h"
#include "format/sheet.h"

#define DEATH_COLUMNS 12
extern const struct column death_columns[DEATH_COLUMNS];

struct death_row {
    struct value values[DEATH_COLUMNS];
    char signal[TEXT_NUMBER_BYTES];
};

/* Returns the values of death_columns, kept in row. They point into the death and into row. names
 * are those of the counts, by type. */
const struct value *death_values(const struct connstat_death *death, const char *const *names,
                                 size_t type_count, struct death_row *row);

/* Add a sentence, safe for a terminal: "worker 4711 (chat) killed by SIGSEGV 12 s ago, 1,312
 * entries lost". */
void death_print(struct buffer *buffer, const struct connstat_death *death);

#endif
