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

enum top_screen { SCREEN_OVERVIEW, SCREEN_ENTRIES, SCREEN_ENTRY, SCREEN_DEATH, SCREEN_ALERTS };

#define TOP_MAX_SEGMENTS 64

#define TOP_FILTER_BYTES 64

struct top {
    const struct context *context;
    char segment[64]; /* the name of the one that is shown */
    connstat_t *cs;   /* NULL: the segment is gone */
    struct top_sample sample;
    struct top_model model;
    struct connstat_system system;
    struct alert_watch watch;
    struct alerts alerts;
    struct top_entries entries;
    struct top_data data;

    double interval_seconds;
    int64_t due_ns, system_due_ns, entries_due_ns; /* CLOCK_MONOTONIC */
    int gone_error; /* what the last attempt to open the segment returned */

    enum top_screen screen;
    struct top_list panels[TOP_PANELS];
    int focus;
    struct top_list entry_list;
    struct top_entry entry; /* what SCREEN_ENTRY shows */
    struct top_death death; /* what SCREEN_DEATH shows */

    char filter[TOP_FILTER_BYTES], entry_filter[TOP_FILTER_BYTES];
    bool typing; /* a filter is being typed */
    bool stale;  /* the lists do not follow the filter yet */
    bool paused, help, quit;
    int page_rows; /* how many rows of the focused list the screen shows */
};

/* In refresh.c: take a sample of the segment, and open it again if it was gone. */
void top_refresh(struct top *top);

/* In switch.c: show the next segment (step -1: the one before it), of those that were named where
 * several were, else of this machine. */
void top_switch(struct top *top, int step);

/* In lists.c: make the rows of every list anew from the last sample. */
void top_update_lists(struct top *top);
void top_freshen_lists(struct top *top); /* does so only if they are stale */

/* When to look again at something, if looking took from started_ns until now: the longer it took,
 * the later, so that top needs less than a tenth of a processor, however large the segment is. */
int64_t top_next_look(int64_t started_ns);

/* The list in which keys move the cursor; NULL: the screen has none. */
struct top_list *top_focused_list(struct top *top);
char *top_focused_filter(struct top *top);

/* keys.c */
void top_key(struct top *top, int key);

/* In open.c: go into a type, a worker or an entry, and back. */
void top_open_type(struct top *top, int type);
void top_open_worker(struct top *top, pid_t pid);
void top_open_selected(struct top *top);
void top_back(struct top *top);

/* In screen.c: draw the whole screen, each by its file draw_*.c. */
void top_draw(struct top *top);
void top_draw_overview(struct top *top);
void top_draw_entries(struct top *top);
void top_draw_entry(struct top *top);
void top_draw_death(struct top *top);
void top_draw_all_alerts(struct top *top);
void top_draw_help(void);

#endif
