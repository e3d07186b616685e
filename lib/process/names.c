/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "process/names.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct kept {
    struct kept *next;
    char name[];
};

/* A list that only grows: by one for each name, or by two if two threads keep a new one at once. */
static _Atomic(struct kept *) names;

static const char *find(const char *name)
{
    /* acquire, with the release in name_keep: the name of an element was written before the element
     * could be found. Weaker, we could compare with a half-written one. */
    for (struct kept *k = atomic_load_explicit(&names, memory_order_acquire); k != NULL;
         k = k->next)
        if (strcmp(k->name, name) == 0)
            return k->name;
    return NULL;
}

const char *name_keep(const char *name)
{
    const char *found = find(name);
    struct kept *kept;

    if (found != NULL)
        return found;
    kept = malloc(sizeof(*kept) + strlen(name) + 1);
    if (kept == NULL)
        return NULL;
    strcpy(kept->name, name);
    kept->next = atomic_load_explicit(&names, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&names, &kept->next, kept, memory_order_release,
                                                  memory_order_relaxed))
        ;
    return kept->name;
}
