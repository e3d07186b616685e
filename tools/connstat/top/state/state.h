/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * All that a running top holds, and who does what with it.
 */
#ifndef TOP_STATE_H
#define TOP_STATE_H

#include "alerts/alerts.h"
#include "common/context.h"
#include "top/panels/panel.h"

enum top_screen { SCREEN_OVERVIEW, SCREEN_ENTRIES, SCREEN_ENTRY };

#define TOP_FILTER_BYTES 64

struct top {
    const struct context *context;
    connstat_t *cs; /* NULL: the segment is gone */
    struct top_sample sample;
    struct top_model model;
    struct connstat_system system;
    struct alert_watch watch;
    struct alerts alerts;
    struct top_entries entries;
    struct top_data data;

    double interval_seconds;
    int64_t due_ns, system_due_ns, entries_due_ns; /* CLOCK_MONOTONIC */
    int gone_error;                                /* what the last attempt to open it said */

    enum top_screen screen;
    struct top_list panels[TOP_PANELS];
    int focus;
    struct top_list entry_list;
    struct top_entry entry; /* of SCREEN_ENTRY */

    char filter[TOP_FILTER_BYTES], entry_filter[TOP_FILTER_BYTES];
    bool typing; /* a filter */
    bool stale;  /* the lists do not show the filter yet */
    bool paused, help, quit;
    int page_rows; /* of the list last drawn */
};

/* refresh.c: sample the segment, and open it again if it was gone. */
void top_refresh(struct top *top);

/* lists.c: the rows of every list, made anew from the last sample. */
void top_update_lists(struct top *top);
void top_freshen_lists(struct top *top); /* if they are stale */

/* When to look again at something that took from started_ns until now to look at: the dearer, the
 * later, so that top stays below a tenth of a processor whatever the size of the segment. */
int64_t top_next_look(int64_t started_ns);

/* The list that keys move in; NULL where there is none. */
struct top_list *top_focused_list(struct top *top);
char *top_focused_filter(struct top *top);

/* keys.c */
void top_key(struct top *top, int key);

/* open.c: into a type, a worker, an entry, and out again. */
void top_open_type(struct top *top, int type);
void top_open_worker(struct top *top, pid_t pid);
void top_open_selected(struct top *top);
void top_back(struct top *top);

/* screen.c: all of the screen, by one of the draw_*.c */
void top_draw(struct top *top);
void top_draw_overview(struct top *top);
void top_draw_entries(struct top *top);
void top_draw_entry(struct top *top);
void top_draw_help(void);

#endif
