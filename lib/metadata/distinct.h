/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Names of fields are distinct.
 */
#ifndef LIB_DISTINCT_H
#define LIB_DISTINCT_H

#include <connstat.h>
#include <string.h>

#include "block.h"

/* Does an earlier field have the same name? A name has at least two bytes, its NUL included, so the
 * first two are compared at once; nearly always that decides. */
static inline bool named_before(const struct connstat_field *fields, size_t i)
{
    const char *name = fields[i].name;
    uint16_t start, other;

    memcpy(&start, name, 2);
    for (size_t k = 0; k < i; k++) {
        memcpy(&other, fields[k].name, 2);
        if (unlikely(other == start) && strcmp(fields[k].name, name) == 0)
            return true;
    }
    return false;
}

#endif
