/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "top/state/state.h"

struct names {
    char list[TOP_MAX_SEGMENTS][64];
    size_t count;
};

static void add_name(struct names *names, const char *name)
{
    if (names->count < TOP_MAX_SEGMENTS)
        snprintf(names->list[names->count++], sizeof(names->list[0]), "%s", name);
}

static int add_segment(const struct connstat_segment *segment, void *arg)
{
    if (segment->status == 0)
        add_name(arg, segment->name);
    return 0;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(left, right);
}

static void find_names(const struct context *context, struct names *names)
{
    for (size_t i = 0; context->segment_count > 1 && i < context->segment_count; i++)
        add_name(names, context->segments[i]);
    if (names->count > 0)
        return;
    connstat_for_each_segment(add_segment, names);
    if (names->count > 1)
        qsort(names->list, names->count, sizeof(names->list[0]), compare_names);
}

void top_switch(struct top *top, int step)
{
    struct names names = {.count = 0};
    size_t at = 0;
    find_names(top->context, &names);
    while (at < names.count && strcmp(names.list[at], top->segment) != 0)
        at++;
    if (names.count == 0 || (names.count == 1 && at == 0))
        return; /* there is no other one */
    if (at == names.count)
        at = 0; /* the one that was shown is not among them any more */
    else
        at = (at + names.count + (size_t)(step + (int)names.count)) % names.count;
    snprintf(top->segment, sizeof(top->segment), "%s", names.list[at]);
    connstat_close(top->cs);
    top->cs = NULL;
    top_home(top);
    memset(top->filters, 0, sizeof(top->filters));
    top_model_free(&top->model);
    alert_watch_free(&top->watch);
    top->alerts.count = 0;
    top->due_ns = 0;
    top_refresh(top);
}
