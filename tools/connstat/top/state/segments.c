/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/state/segments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_name(struct top_names *names, const char *name)
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

void top_find_names(const struct context *context, struct top_names *names)
{
    for (size_t i = 0; context->segment_count > 1 && i < context->segment_count; i++)
        add_name(names, context->segments[i]);
    if (names->count > 0)
        return;
    connstat_for_each_segment(add_segment, names);
    if (names->count > 1)
        qsort(names->list, names->count, sizeof(names->list[0]), compare_names);
}

size_t top_place_among(const struct top_names *names, const char *name)
{
    size_t at = 0;
    while (at < names->count && strcmp(names->list[at], name) != 0)
        at++;
    return at;
}

void top_count_segments(struct top *top)
{
    struct top_names names = {.count = 0};
    top_find_names(top->context, &names);
    size_t at = top_place_among(&names, top->segment);
    top->segments = names.count;
    top->segment_place = at < names.count ? at + 1 : 0;
}
