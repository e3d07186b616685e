/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <errno.h>

#include "common/text.h"
#include "top/state.h"

#define NS_PER_SECOND 1000000000LL

/* What is dear to look at is looked at less often, so that top stays below a tenth of a
 * processor whatever the size of the segment. */
static int64_t next_look(int64_t started_ns)
{
    int64_t now = top_monotonic_ns();
    return now + 10 * (now - started_ns);
}

static void lose(struct top *top, int error)
{
    connstat_close(top->cs);
    top->cs = NULL;
    top->gone_error = error;
    top->gone_since_ns = text_now_ns();
}

static void find_again(struct top *top)
{
    int error = connstat_open(&top->cs, top->context->segment, CONNSTAT_READ_ONLY);
    if (error < 0) {
        top->cs = NULL;
        top->gone_error = error;
        return;
    }
    top->gone_since_ns = 0;
    top->due_ns = top->system_due_ns = top->entries_due_ns = 0;
}

static void take_system(struct top *top)
{
    int64_t started = top_monotonic_ns();
    if (started < top->system_due_ns)
        return;
    connstat_system_stats(top->cs, &top->system);
    top->system_due_ns = next_look(started);
}

static void take_entries(struct top *top)
{
    int64_t started = top_monotonic_ns();
    if (top->screen == SCREEN_OVERVIEW || started < top->entries_due_ns)
        return;
    top_entries_take(&top->entries, top->cs);
    top_list_update(&top->entry_list, &top->data, "");
    top->entries_due_ns = next_look(started);
}

static void take_sample(struct top *top)
{
    unsigned seen = top->model.segments_seen;
    int error = top_sample_take(&top->sample, top->cs);
    if (error == 0)
        error = top_model_add(&top->model, &top->sample);
    if (error == 0)
        error = cluster_view_read(&top->cluster, top->cs);
    if (error < 0) {
        lose(top, error);
        return;
    }
    if (seen > 0 && top->model.segments_seen > seen) {
        top->replaced_at_ns = text_now_ns();
        while (top->screen != SCREEN_OVERVIEW) /* the new one may have other types */
            top_back(top);
    }
}

void top_update_lists(struct top *top)
{
    top->stale = false;
    top->data.now_ns = text_now_ns();
    for (int i = 0; i < TOP_PANELS; i++)
        top_list_update(&top->panels[i], &top->data, top->filter);
    if (top->cs)
        take_entries(top);
}

void top_freshen_lists(struct top *top)
{
    if (top->stale)
        top_update_lists(top);
}

void top_refresh(struct top *top)
{
    if (!top->cs)
        find_again(top);
    if (top->cs)
        take_sample(top);
    if (top->cs)
        take_system(top);
    else
        top_model_gap(&top->model);
    top_update_lists(top);
}
