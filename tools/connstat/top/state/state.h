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
#include "top/state/network.h"

#define TOP_MAX_SEGMENTS 64
#define TOP_MAX_DEPTH    16
#define TOP_FILTER_BYTES 64
#define TOP_MAX_BUTTONS  32

enum top_screen {
    SCREEN_OVERVIEW,
    SCREEN_ENTRIES,
    SCREEN_FIELDS, /* by which the entries can be grouped */
    SCREEN_GROUPS,
    SCREEN_ENTRY,
    SCREEN_DEATH,
    SCREEN_ALERTS
};

struct top_place { /* where somebody is, and on the way back will be again */
    enum top_screen screen;
    struct top_scope scope;        /* whose entries, fields or groups are shown */
    enum field_kind group_kind;    /* of SCREEN_GROUPS */
    char *group_name;              /* likewise; from malloc */
    struct top_list list;          /* its rows */
    char filter[TOP_FILTER_BYTES]; /* of these */
    struct top_entry entry;        /* of SCREEN_ENTRY */
    struct top_death death;        /* of SCREEN_DEATH */
};

/* What was drawn where, so that a click finds it. */
struct top_area { /* a table */
    struct top_list *list;
    int panel; /* of the overview */
    int y, rows, first;
    int widths[TOP_MAX_COLUMNS];
};

struct top_button { /* a text that does what a key does */
    int y, x, width, key;
};

struct top {
    const struct context *context;
    char segment[64];     /* the name of the one that is shown */
    connstat_t *cs;       /* NULL: the segment is gone */
    size_t segments;      /* how many can be switched to, this one included if it is there */
    size_t segment_place; /* which of them it is, from 1; 0: none */
    struct top_sample sample;
    struct top_model model;
    struct connstat_system system;
    struct alert_watch watch;
    struct alerts alerts;
    struct top_entries entries;
    struct top_fields fields;
    struct top_groups groups;
    struct top_data data;
    struct top_network network; /* of the entry that is open */

    double interval_seconds;
    int64_t due_ns, system_due_ns, entries_due_ns, segments_due_ns; /* CLOCK_MONOTONIC */
    int gone_error; /* what the last attempt to open the segment returned */

    struct top_list panels[TOP_PANELS]; /* of the overview, as are the two below */
    char filters[TOP_PANELS][TOP_FILTER_BYTES];
    int focus;
    struct top_place places[TOP_MAX_DEPTH]; /* the way from the overview, .places[0] */
    int depth;

    bool typing; /* a filter is being typed */
    bool stale;  /* the lists do not follow the filter yet */
    bool paused, help, quit, no_mouse;
    int page_rows; /* how many rows of the focused list the screen shows */

    struct top_area areas[TOP_PANELS];
    struct top_button buttons[TOP_MAX_BUTTONS];
    int area_count, button_count;
    const struct top_list *clicked; /* a click has selected its row */
};

/* In refresh.c: take a sample of the segment, and open it again if it was gone. */
void top_refresh(struct top *top);

/* In switch.c: show the next segment (step -1: the one before it), of those that were named where
 * several were, else of this machine. */
void top_switch(struct top *top, int step);

/* In lists.c: make the rows of every list anew from the last sample. */
void top_update_lists(struct top *top);
void top_freshen_lists(struct top *top);                      /* does so only if they are stale */
void top_update_list(struct top *top, struct top_list *list); /* one, of what was taken */

/* When to look again at something, if looking took from started_ns until now: the longer it took,
 * the later, so that top needs less than a tenth of a processor, however large the segment is. */
int64_t top_next_look(int64_t started_ns);

/* In place.c: where somebody is. top_enter goes one step further, to a place with a copy of this
 * scope; NULL: there is no room. top_leave goes one step back, top_home to the overview. */
struct top_place *top_here(struct top *top);
enum top_screen top_screen(const struct top *top);
struct top_place *top_enter(struct top *top, enum top_screen screen, const struct top_scope *scope);
void top_leave(struct top *top);
void top_home(struct top *top);

/* The list in which keys move the cursor, and its filter; NULL: the screen has none. */
struct top_list *top_focused_list(struct top *top);
char *top_focused_filter(struct top *top);
const char *top_filter_of(struct top *top, const struct top_list *list);

/* In open.c: go into a type, a worker, an entry, what has the same key, a field, a group; and
 * back. */
void top_open_type(struct top *top, int type);
void top_open_worker(struct top *top, pid_t pid);
void top_open_selected(struct top *top);
void top_open_same_key(struct top *top);
void top_open_fields(struct top *top);
void top_open_alerts(struct top *top); /* or back, where they are open */
void top_back(struct top *top);

/* In keys.c. */
void top_key(struct top *top, int key);

/* In mouse.c: do what a click or a turn of the wheel asks for. */
struct top_click {
    int y, x;
    enum { CLICK_PRESS, CLICK_BACK, CLICK_WHEEL_UP, CLICK_WHEEL_DOWN } what;
};
void top_click(struct top *top, const struct top_click *click);

/* In screen.c: draw the whole screen, each by its file draw_*.c. */
void top_draw(struct top *top);
void top_draw_overview(struct top *top);
void top_draw_entries(struct top *top);
void top_draw_fields(struct top *top);
void top_draw_groups(struct top *top);
void top_draw_entry(struct top *top);
void top_draw_death(struct top *top);
void top_draw_all_alerts(struct top *top);
void top_draw_help(void);

#endif
