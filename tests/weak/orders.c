/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "inside.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

extern struct weak_site __start_weak_sites[], __stop_weak_sites[];
static struct {
    const char *file, *function;
    int line, which, was, order;
} weaker = {.which = -1};

const char *weak_plain_name(const char *file)
{
    const char *plain = file;

    /* From the build's folder the source's may be anywhere. */
    for (const char *at = file; (at = strstr(at, "shm/")) != NULL; at++)
        if (at == file || at[-1] == '/')
            plain = at;
    return plain;
}

int weak_order_of(const struct weak_site *site, int which)
{
    if (weaker.which == which && weaker.line == site->line && weaker.was == site->orders[which] &&
        strcmp(weaker.function, site->function) == 0 &&
        strcmp(weaker.file, weak_plain_name(site->file)) == 0)
        return weaker.order;
    return site->orders[which];
}

static int in_source(const void *a, const void *b)
{
    const struct weak_site *left = *(const struct weak_site *const *)a;
    const struct weak_site *right = *(const struct weak_site *const *)b;
    int files = strcmp(weak_plain_name(left->file), weak_plain_name(right->file));

    if (files != 0)
        return files;
    if (left->line != right->line)
        return left->line - right->line;
    if (strcmp(left->compiled, right->compiled) != 0)
        return strcmp(left->compiled, right->compiled);
    return left->counter - right->counter;
}

void weak_for_each_site(void (*visit)(const struct weak_site *site))
{
    size_t count = (size_t)(__stop_weak_sites - __start_weak_sites);
    const struct weak_site **sites = calloc(count, sizeof(*sites)), *first = NULL;

    for (size_t i = 0; i < count; i++)
        sites[i] = &__start_weak_sites[i];
    qsort(sites, count, sizeof(*sites), in_source);
    for (size_t i = 0; i < count; i++) {
        if (first == NULL || first->line != sites[i]->line ||
            strcmp(weak_plain_name(first->file), weak_plain_name(sites[i]->file)) != 0)
            first = sites[i];
        /* An inline function of a header is there once for each file that includes it. */
        if (strcmp(first->compiled, sites[i]->compiled) == 0)
            visit(sites[i]);
    }
    free(sites);
}

static struct {
    const char *file, *function;
    unsigned left;
    int order, was;
} wanted;

static void find_wanted(const struct weak_site *site)
{
    if (strcmp(weak_plain_name(site->file), wanted.file) != 0 ||
        strcmp(site->function, wanted.function) != 0)
        return;
    for (int which = 0; which < 2; which++) {
        if (site->orders[which] == memory_order_relaxed || wanted.left == 0 || --wanted.left != 0)
            continue;
        wanted.was = site->orders[which];
        weaker.file = wanted.file;
        weaker.function = wanted.function;
        weaker.line = site->line;
        weaker.which = which;
        weaker.was = wanted.was;
        weaker.order = wanted.order;
    }
}

int weak_weaken(const char *file, const char *function, unsigned n, int order)
{
    wanted.file = file;
    wanted.function = function;
    wanted.left = n;
    wanted.order = order;
    wanted.was = -1;
    weak_for_each_site(find_wanted);
    return wanted.was;
}
