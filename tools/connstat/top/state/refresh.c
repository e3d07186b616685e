/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <errno.h>

#include "common/clock.h"
#include "top/state/segments.h"

static void lose(struct top *top, int error)
{
    connstat_close(top->cs);
    top->cs = NULL;
    top->gone_error = error;
}

static void find_again(struct top *top)
{
    int error = connstat_open(&top->cs, top->segment, CONNSTAT_READ_ONLY);
    if (error < 0) {
        top->cs = NULL;
        top->gone_error = error;
        return;
    }
    top->due_ns = top->system_due_ns = top->entries_due_ns = 0;
}

static void miss(struct top *top)
{
    top_model_gap(&top->model);
    alerts_make_absent(&top->alerts, top->segment, top->gone_error, clock_now_ns());
}

static void take_system(struct top *top)
{
    int64_t started = clock_monotonic_ns();
    if (started < top->system_due_ns)
        return;
    connstat_system_stats(top->cs, &top->system);
    top->system_due_ns = top_next_look(started);
}

static void take_sample(struct top *top)
{
    unsigned seen = top->model.segments_seen;
    int error = top_sample_take(&top->sample, top->cs);
    if (error == 0)
        error = top_model_add(&top->model, &top->sample);
    if (error == 0)
        error = alert_watch_look(&top->watch, top->cs);
    if (error == -EAGAIN)
        return; /* the segment was just replaced: the next sample is of the new one */
    if (error < 0) {
        lose(top, error);
        return;
    }
    alerts_make(&top->alerts, &top->watch);
    if (seen > 0 && top->model.segments_seen > seen)
        top_home(top); /* the new segment may have other types */
}

static void look_for_segments(struct top *top)
{
    int64_t started = clock_monotonic_ns();
    if (started < top->segments_due_ns)
        return;
    top_count_segments(top);
    top->segments_due_ns = top_next_look(started);
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
        miss(top);
    look_for_segments(top);
    top_update_lists(top);
}
