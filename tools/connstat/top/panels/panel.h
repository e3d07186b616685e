/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A panel is a table of top: what its columns are, and what each of its rows says. A list is one
 * panel as somebody looks at it: filtered, sorted, with a cursor that stays on its row however
 * the others move. Nothing here touches a terminal.
 */
#ifndef TOP_PANEL_H
#define TOP_PANEL_H

#include "alerts/watch.h"
#include "common/buffer.h"
#include "top/model/entries.h"
#include "top/model/groups.h"
#include "top/model/model.h"
#include "top/panels/layout.h"

enum top_look {
    LOOK_PLAIN,
    LOOK_DIM,
    LOOK_BOLD,
    LOOK_GOOD,
    LOOK_WARN,
    LOOK_BAD,
    LOOK_CHART,
    LOOK_HEADING,
    LOOK_FOCUSED, /* the heading of the panel that has the focus */
    LOOKS
};

struct top_data { /* what the panels show */
    const struct top_model *model;
    const struct top_entries *entries;
    const struct top_fields *fields;
    const struct top_groups *groups;
    const struct top_scope *scope;   /* of the three above */
    int64_t now_ns;                  /* CLOCK_REALTIME */
    bool ascii;                      /* only characters of ASCII may be used */
    const struct alert_watch *watch; /* looked at the same moment as the model's last sample */
};

struct top_panel {
    const struct top_column *columns;
    int column_count;
    int sort;          /* the column to sort by at first; -1: the rows' own order */
    const char *empty; /* what is shown where there are no rows */
    int (*count)(const struct top_data *data);
    unsigned (*hidden)(const struct top_data *data); /* a bit for each column; NULL: none is */
    uint64_t (*identity)(const struct top_data *data, int row);

    /* Add the text that a filter must find in a row. NULL: the rows are filtered already. */
    void (*words)(const struct top_data *data, int row, struct buffer *words);
    int (*compare)(const struct top_data *data, int a, int b, int column);

    /* Whether a row is in trouble: it comes first until somebody chooses an order. NULL: none is. */
    bool (*urgent)(const struct top_data *data, int row);
    enum top_look (*cell)(const struct top_data *data, int row, int column, int width,
                          struct buffer *cell);
};

extern const struct top_panel top_types_panel, top_workers_panel, top_deaths_panel;
extern const struct top_panel top_entries_panel, top_fields_panel, top_groups_panel;

struct top_list {
    const struct top_panel *panel;
    int *rows; /* numbers of the panel's rows, in the order in which they are shown */
    int count, room;
    int cursor, first; /* .first is the row at the top of the screen's part */
    uint64_t selected; /* the identity of the row under the cursor */
    bool follows;      /* the cursor stays on that row; otherwise it stays at the top */
    int sort;          /* as in struct top_panel */
    bool reversed;
    bool chosen; /* somebody chose the order */
};

struct top_list top_list_of(const struct top_panel *panel);
void top_list_free(struct top_list *list);

/* Filter (model/search.h) and sort the rows anew. Returns 0 or -ENOMEM. */
int top_list_update(struct top_list *list, const struct top_data *data, const char *filter);

/* Move the cursor to a row; scroll so that a screen of height rows shows the cursor. */
void top_list_move(struct top_list *list, const struct top_data *data, int cursor);
void top_list_scroll(struct top_list *list, int height);

/* Sort by the next column, or with step -1 by the previous one. */
void top_list_sort(struct top_list *list, int step);

/* Reverse the order. */
void top_list_reverse(struct top_list *list);

/* Sort by this column, where rows may be; in the other order where they are already. */
void top_list_sort_by(struct top_list *list, int column);

/* Cells that several panels have. */
void top_cell_count(struct buffer *cell, uint64_t count);
void top_cell_rate(struct buffer *cell, double rate);
void top_cell_duration(struct buffer *cell, double seconds);
void top_cell_since(struct buffer *cell, int64_t since_ns, int64_t now_ns); /* "-": not known */
void top_cell_chart(struct buffer *cell, const struct top_series *series, int width, bool ascii);
/* Prints one row of a chart that has several; row 0 is the lowest, and its lower edge is the value 0. eighth:
 * the value that an eighth of a row stands for. */
void top_cell_chart_row(struct buffer *cell, const struct top_series *series, int width,
                        double eighth, int row, bool ascii);

/* "ws_socket 140, live_view 3": the types of which there are some. */
void top_cell_types(struct buffer *cell, const struct top_model *model, const uint64_t *counts);
int top_compare_numbers(double a, double b); /* NAN is less than any number */

#endif
