/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The first screen: totals, system, alert, and the panels of types, workers and deaths.
 */
#include <string.h>

#include "common/text.h"
#include "top/screen/draw.h"

#define HEAD_HEIGHT 3 /* how many lines the head has without the cluster and the alerts */

static void draw_totals(const struct top *top, int y)
{
    const struct top_model *model = &top->model;
    char text[TEXT_NUMBER_BYTES];
    struct top_line line = {.y = y, .width = terminal_width()};
    if (!top->cs)
        terminal_faded();
    text_count(model->total_connections, text, sizeof(text));
    top_line_add(&line, LOOK_BOLD, "%s", text);
    top_line_add(&line, LOOK_PLAIN, " connections  ");
    text_count(model->total_channels, text, sizeof(text));
    top_line_add(&line, LOOK_BOLD, "%s", text);
    top_line_add(&line, LOOK_PLAIN, " channels  ");
    text_count(model->deaths_total, text, sizeof(text));
    top_line_add(&line, model->deaths_total > 0 ? LOOK_WARN : LOOK_DIM, "%s %s  ", text,
                 model->deaths_total == 1 ? "death" : "deaths");

    terminal_plain();

    int width = line.width - line.x;
    if (width < 10)
        return;
    struct buffer chart = {0};
    top_cell_chart(&chart, &model->history, width, top->data.ascii);
    if (chart.bytes)
        terminal_text(y, line.x, width, LOOK_CHART, chart.bytes);
    buffer_free(&chart);
}

static void draw_system(const struct top *top, int y)
{
    const struct connstat_system *system = &top->system;
    char a[TEXT_NUMBER_BYTES], b[TEXT_NUMBER_BYTES], c[TEXT_NUMBER_BYTES];
    struct top_line line = {.y = y, .width = terminal_width()};
    top_line_add(&line, LOOK_DIM, "%u of %s workers  ", system->workers,
                 text_count(system->max_workers, a, sizeof(a)));
    top_line_add(&line, LOOK_DIM, "memory %s",
                 text_bytes(system->memory_total_bytes, a, sizeof(a)));
    if (line.width >= 100)
        top_line_add(&line, LOOK_DIM, " (workers %s, segment %s)",
                     text_bytes(system->memory_workers_bytes, b, sizeof(b)),
                     text_bytes(system->memory_segment_bytes, c, sizeof(c)));
    top_line_add(&line, LOOK_DIM, "  files %s of %s", text_count(system->open_fds, a, sizeof(a)),
                 text_count(system->max_fds, b, sizeof(b)));
    top_line_add(&line, LOOK_DIM, "  %u cpus", system->cpus);
}

/* Whether there is something to show of a cluster, which is so once an agent has run. */
static bool has_cluster(const struct top *top)
{
    return top->watch.cluster.info.cluster[0] != '\0';
}

/* Draw words from the segment, which anybody who may write there may have chosen, as one safe
 * line. */
static void draw_words(struct top_line *line, enum top_look look, const char *before, char *words)
{
    struct buffer safe = {0};
    for (char *c = words; *c; c++)
        *c = *c == '\n' ? ' ' : *c;
    buffer_safe(&safe, words);
    if (safe.length > 0)
        top_line_add(line, look, "%s%s", before, safe.bytes);
    buffer_free(&safe);
}

static void draw_cluster(const struct top *top, int y)
{
    struct cluster_view view = top->watch.cluster;
    char connections[TEXT_NUMBER_BYTES], channels[TEXT_NUMBER_BYTES];
    struct top_line line = {.y = y, .width = terminal_width()};
    draw_words(&line, LOOK_DIM, "cluster ", view.info.cluster);
    if (!view.all.clustered) {
        terminal_text(y, line.x, line.width - line.x, LOOK_WARN,
                      "  no news: this node alone is counted");
        return;
    }
    top_line_add(&line, LOOK_PLAIN, "  %s connections  %s channels",
                 text_count(view.all.counts.total_connections, connections, sizeof(connections)),
                 text_count(view.all.counts.total_channels, channels, sizeof(channels)));
    top_line_add(&line, LOOK_DIM, "  %u nodes", view.all.nodes);
    if (view.info.missing[0])
        top_line_add(&line, LOOK_WARN, "  nodes are missing");
    draw_words(&line, LOOK_WARN, ": ", view.info.missing);
    top_line_add(&line, LOOK_DIM, "  %.1f s ago", view.all.age_ms / 1000.0);
}

static void draw_tabs(struct top *top, int y)
{
    static const char *const names[TOP_PANELS] = {"1 types", "2 workers", "3 deaths"};
    struct top_line line = {.y = y, .width = terminal_width()};
    for (int i = 0; i < TOP_PANELS; i++) {
        int x = line.x;
        if (i == top->focus)
            terminal_selected();
        top_line_add(&line, i == top->focus ? LOOK_BOLD : LOOK_DIM, " %s ", names[i]);
        terminal_plain();
        top_add_button(top, y, x, line.x - x, '1' + i);
        top_line_add(&line, LOOK_PLAIN, "  ");
    }
}

/* How many lines the alerts get. One stays free for them where there is none, so that the tables do
 * not jump. */
static int alert_lines(const struct top *top, bool alone)
{
    int height = terminal_height();
    int most = alone || height < 20 ? 1 : height < 40 ? 2 : 6;
    int count = (int)top->alerts.count;
    return count < 1 ? 1 : count < most ? count : most;
}

static int draw_head(struct top *top, bool alone)
{
    int y = top_draw_title(top);
    draw_totals(top, y++);
    if (!alone)
        draw_system(top, y++);
    if (has_cluster(top))
        draw_cluster(top, y++);
    top_draw_alerts(top, y, alert_lines(top, alone));
    y += alert_lines(top, alone);
    if (alone)
        draw_tabs(top, y++);
    return y;
}

void top_draw_overview(struct top *top)
{
    int wanted[TOP_PANELS], heights[TOP_PANELS];
    for (int i = 0; i < TOP_PANELS; i++)
        wanted[i] = 1 + (top->panels[i].count > 0 ? top->panels[i].count : 1);
    int height = terminal_height() - HEAD_HEIGHT - alert_lines(top, false) - has_cluster(top) - 1;
    bool alone = top_layout_panels(wanted, top->focus, height, heights);
    int y = draw_head(top, alone);
    int spare = height - heights[TOP_TYPES] - heights[TOP_WORKERS] - heights[TOP_DEATHS_PANEL];
    for (int i = 0; i < TOP_PANELS; i++) {
        top_draw_list(top, &top->panels[i], y, heights[i], i == top->focus);
        y +=
            heights[i] + (spare >= TOP_PANELS - 1); /* a blank line between two, if there is room */
    }
    if (!alone)
        top_draw_history(top, y, terminal_height() - 1 - y);
    top_draw_footer(top, "q quit  h help  tab next  enter open  / filter  s sort  space pause");
}
