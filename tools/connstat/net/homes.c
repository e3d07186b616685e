/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "net/homes.h"

#include <errno.h>
#include <stdlib.h>

static bool reserve(struct homes *homes)
{
    if (homes->count < homes->capacity)
        return true;
    size_t capacity = homes->capacity ? 2 * homes->capacity : 64;
    struct home *rows = reallocarray(homes->rows, capacity, sizeof(*rows));
    if (!rows)
        return false;
    homes->rows = rows;
    homes->capacity = capacity;
    return true;
}

static int add_worker(const struct connstat_worker *worker, void *arg)
{
    struct homes *homes = arg;
    homes->failed = !reserve(homes);
    if (!homes->failed)
        homes->rows[homes->count++] = (struct home){
            .pid = worker->pid, .place = NETNS_UNKNOWN, .is_visible = !worker->foreign};
    return homes->failed;
}

static int compare_homes(const void *a, const void *b)
{
    const struct home *x = a, *y = b;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Two workers may have the same number, each in a pid namespace of its own; entries tell the number
 * alone. Such a number is nobody's that could be looked at. */
static void merge_namesakes(struct homes *homes)
{
    size_t kept = 0;
    for (size_t i = 0; i < homes->count; i++) {
        bool is_namesake = kept > 0 && homes->rows[kept - 1].pid == homes->rows[i].pid;
        if (is_namesake)
            homes->rows[kept - 1].is_visible &= homes->rows[i].is_visible;
        else
            homes->rows[kept++] = homes->rows[i];
    }
    homes->count = kept;
}

int homes_find(struct homes *homes, connstat_t *cs)
{
    *homes = (struct homes){0};
    int visited = connstat_for_each_worker(cs, add_worker, homes);
    if (visited < 0 || homes->failed)
        return visited < 0 ? visited : -ENOMEM;
    if (homes->count > 0)
        qsort(homes->rows, homes->count, sizeof(*homes->rows), compare_homes);
    merge_namesakes(homes);
    for (size_t i = 0; i < homes->count; i++) {
        if (homes->rows[i].is_visible)
            homes->rows[i].place = netns_of(homes->rows[i].pid);
    }
    return 0;
}

void homes_free(struct homes *homes)
{
    free(homes->rows);
    *homes = (struct homes){0};
}

struct home *homes_of(const struct homes *homes, pid_t pid)
{
    struct home like = {.pid = pid};
    return homes->count == 0
               ? NULL
               : bsearch(&like, homes->rows, homes->count, sizeof(*homes->rows), compare_homes);
}
