/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What connstat top makes of its samples, without a segment and without a terminal.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/text.h"
#include "top/model/usage.h"
#include "top/panels/layout.h"
#include "top/panels/panel.h"

#define SECOND 1000000000LL

#define assert_near(number, expected) assert_true(fabs((number) - (expected)) < 1e-9)

struct stage {
    struct top_sample sample;
    struct top_model model;
    struct top_data data;
};

/* A first sample of two types and no worker, one second before the time at which the tests
 * begin. */
static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    struct top_sample *sample = &stage->sample;
    sample->at_ns = SECOND;
    sample->info.created_at_ns = 7;
    sample->counts.type_count = sample->totals.type_count = 2;
    strcpy(sample->types[0].name, "socket");
    strcpy(sample->types[1].name, "lobby");
    sample->types[0].capacity = sample->types[1].capacity = 100;
    sample->workers = calloc(8, sizeof(*sample->workers));
    sample->worker_room = 8;
    stage->data.model = &stage->model;
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    top_sample_free(&stage->sample);
    top_model_free(&stage->model);
    free(stage);
    return 0;
}

static void add(struct stage *stage)
{
    assert_int_equal(top_model_add(&stage->model, &stage->sample), 0);
}

static struct top_worker_sample *add_worker(struct stage *stage, pid_t pid, uint64_t live)
{
    struct top_worker_sample *worker = &stage->sample.workers[stage->sample.worker_count++];
    *worker = (struct top_worker_sample){.pid = pid, .live_total = live, .joined_at_ns = 1};
    return worker;
}

static void rates_are_per_second(void **state)
{
    struct stage *stage = *state;
    add(stage);
    assert_true(isnan(stage->model.types[0].rates.opened));
    stage->sample.at_ns += 2 * SECOND;
    stage->sample.totals.opened[0] = 50;
    stage->sample.totals.closed[0] = 20;
    stage->sample.counts.by_type[0] = 30;
    add(stage);
    assert_near(stage->model.types[0].rates.opened, 25);
    assert_near(stage->model.types[0].rates.closed, 10);
    assert_near(stage->model.types[1].rates.opened, 0);
    assert_int_equal(stage->model.types[0].live, 30);
}

static void another_segment_starts_over(void **state)
{
    struct stage *stage = *state;
    stage->sample.totals.opened[0] = 1000;
    add(stage);
    stage->sample.at_ns += SECOND;
    stage->sample.info.created_at_ns = 8;
    stage->sample.totals.opened[0] = 10;
    add(stage);
    assert_int_equal(stage->model.segments_seen, 2);
    assert_true(isnan(stage->model.types[0].rates.opened));
    assert_int_equal(stage->model.types[0].history.length, 1);
}

static void refusing_is_of_the_last_moment(void **state)
{
    struct stage *stage = *state;
    stage->sample.totals.refused[1][CONNSTAT_REFUSED_FULL] = 5;
    add(stage);
    assert_false(stage->model.types[1].refusing);
    stage->sample.at_ns += SECOND;
    stage->sample.totals.refused[1][CONNSTAT_REFUSED_LIMIT] = 1;
    add(stage);
    assert_true(stage->model.types[1].refusing);
    assert_int_equal(stage->model.types[1].refused, 6);
    stage->sample.at_ns += SECOND;
    add(stage);
    assert_false(stage->model.types[1].refusing);
}

static void workers_are_known_again(void **state)
{
    struct stage *stage = *state;
    struct top_worker_sample *first = add_worker(stage, 10, 0);
    struct top_worker_sample *second = add_worker(stage, 20, 0);
    first->has_usage = second->has_usage = true;
    add(stage);
    assert_true(isnan(stage->model.workers[0].cpu_percent));

    stage->sample.at_ns += SECOND;
    second->opened = 40;
    second->cpu_ns = SECOND / 4;
    first->joined_at_ns = 99; /* the same number, another process */
    add(stage);
    assert_int_equal(stage->model.worker_count, 2);
    assert_true(isnan(stage->model.workers[0].rates.opened));
    assert_near(stage->model.workers[1].rates.opened, 40);
    assert_near(stage->model.workers[1].cpu_percent, 25);

    stage->sample.workers[0] = stage->sample.workers[1];
    stage->sample.worker_count = 1;
    add(stage);
    assert_int_equal(stage->model.worker_count, 1);
    assert_int_equal(stage->model.workers[0].now.pid, 20);
}

static void history_keeps_gaps_and_the_last(void **state)
{
    (void)state;
    struct top_series *series = calloc(1, sizeof(*series));
    assert_true(isnan(top_series_at(series, 0)));
    for (int i = 0; i < TOP_HISTORY + 5; i++)
        top_series_add(series, i);
    assert_near(top_series_at(series, 0), TOP_HISTORY + 4);
    assert_near(top_series_at(series, TOP_HISTORY - 1), 5);
    assert_true(isnan(top_series_at(series, TOP_HISTORY)));
    top_series_add(series, NAN);
    top_series_add(series, TOP_HISTORY + 4);

    unsigned char bars[3];
    top_series_bars(series, 3, bars);
    assert_int_equal(bars[1], 0);
    assert_true(bars[0] > 0 && bars[2] > 0);
    free(series);
}

static void bars_span_a_tenth_at_least(void **state)
{
    (void)state;
    struct top_series *series = calloc(1, sizeof(*series));
    unsigned char bars[4];
    double least, most;
    top_series_bars(series, 4, bars);
    assert_memory_equal(bars, "\0\0\0\0", 4);
    assert_false(top_series_range(series, 4, &least, &most));

    const double values[] = {1000, 999, 950, 900};
    for (int i = 0; i < 4; i++)
        top_series_add(series, values[i]);
    top_series_bars(series, 4, bars);
    assert_int_equal(bars[0], 8);
    assert_int_equal(bars[1], 8);
    assert_true(bars[2] > 3 && bars[2] < 6);
    assert_int_equal(bars[3], 1);
    assert_true(top_series_range(series, 4, &least, &most));
    assert_near(least, 900);
    assert_near(most, 1000);

    for (int i = 0; i < 4; i++)
        top_series_add(series, 0);
    top_series_bars(series, 4, bars);
    assert_memory_equal(bars, "\1\1\1\1", 4);
    free(series);
}

static void check_rows(const struct top_list *list, const char *expected)
{
    char rows[64] = "";
    for (int i = 0; i < list->count; i++)
        snprintf(rows + strlen(rows), sizeof(rows) - strlen(rows), "%d ", list->rows[i]);
    assert_string_equal(rows, expected);
}

static void lists_sort_and_filter(void **state)
{
    struct stage *stage = *state;
    add_worker(stage, 10, 5);
    strcpy(add_worker(stage, 20, 50)->label, "Chat\033[2J");
    add_worker(stage, 30, 7);
    add(stage);
    struct top_list list = top_list_of(&top_workers_panel);
    top_list_update(&list, &stage->data, "");
    check_rows(&list, "1 2 0 "); /* by live, the most first */
    list.reversed = true;
    top_list_update(&list, &stage->data, "");
    check_rows(&list, "0 2 1 ");
    top_list_update(&list, &stage->data, "chat");
    check_rows(&list, "1 ");
    top_list_update(&list, &stage->data, "30");
    check_rows(&list, "2 ");
    top_list_update(&list, &stage->data, "nothing");
    assert_int_equal(list.count, 0);
    assert_int_equal(list.cursor, 0);
    top_list_free(&list);
}

static void the_cursor_stays_on_its_row(void **state)
{
    struct stage *stage = *state;
    add_worker(stage, 10, 5);
    add_worker(stage, 20, 50);
    add_worker(stage, 30, 7);
    add(stage);
    struct top_list list = top_list_of(&top_workers_panel);
    top_list_update(&list, &stage->data, "");
    top_list_move(&list, &stage->data, 1);
    assert_int_equal(list.rows[list.cursor], 2);
    stage->sample.workers[2].live_total = 500;
    add(stage);
    top_list_update(&list, &stage->data, "");
    assert_int_equal(list.cursor, 0);
    assert_int_equal(list.rows[list.cursor], 2);

    top_list_move(&list, &stage->data, 99);
    assert_int_equal(list.cursor, 2);
    top_list_scroll(&list, 2);
    assert_int_equal(list.first, 1);
    top_list_move(&list, &stage->data, -5);
    top_list_scroll(&list, 2);
    assert_int_equal(list.first, 0);
    top_list_free(&list);
}

static void a_cursor_at_the_top_stays_there(void **state)
{
    struct stage *stage = *state;
    stage->sample.death_count = 1;
    stage->sample.deaths[0].number = 1;
    add(stage);
    struct top_list list = top_list_of(&top_deaths_panel);
    top_list_update(&list, &stage->data, "");
    stage->sample.death_count = 2;
    stage->sample.deaths[0].number = 2;
    stage->sample.deaths[1].number = 1;
    add(stage);
    top_list_update(&list, &stage->data, "");
    assert_int_equal(list.cursor, 0);
    top_list_free(&list);
}

static void sorting_goes_round_the_columns_that_sort(void **state)
{
    (void)state;
    struct top_list list = top_list_of(&top_types_panel);
    assert_int_equal(list.sort, -1);
    int steps = 0;
    do {
        top_list_sort(&list, 1);
        assert_true(list.sort < 0 || list.panel->columns[list.sort].sorts);
        steps++;
    } while (list.sort >= 0);
    assert_int_equal(steps, 8); /* seven columns, and as they come */
    top_list_sort(&list, -1);
    assert_int_equal(list.sort, 6);
}

static void check_columns(const struct top_panel *panel, unsigned hidden, int width)
{
    int widths[TOP_MAX_COLUMNS], taken = -1, shown = 0, wanted = 0;
    top_layout_columns(panel->columns, panel->column_count, hidden, width, widths);
    for (int i = 0; i < panel->column_count; i++) {
        assert_true(widths[i] == 0 || widths[i] >= panel->columns[i].width);
        assert_true(widths[i] == 0 || !(hidden >> i & 1));
        taken += widths[i] > 0 ? widths[i] + 1 : 0;
        shown += widths[i] > 0;
        wanted += !(hidden >> i & 1);
    }
    assert_true(taken <= width);
    assert_true(width < 150 || shown == wanted);
}

static void columns_fit_any_width(void **state)
{
    (void)state;
    const struct top_panel *panels[] = {&top_types_panel,  &top_workers_panel, &top_deaths_panel,
                                        &top_fields_panel, &top_groups_panel,  &top_entries_panel};
    struct top_entries entries = {.have_keys = false};
    struct top_scope scopes[] = {{.type = 1}, {.type = CONNSTAT_ANY_TYPE, .pid = 7}};
    struct top_data data = {.entries = &entries};
    for (size_t p = 0; p < sizeof(panels) / sizeof(*panels); p++) {
        for (int width = 60; width < 300; width++) {
            data.scope = &scopes[width % 2];
            const struct top_panel *panel = panels[p];
            check_columns(panel, panel->hidden ? panel->hidden(&data) : 0, width);
        }
    }
}

static void a_heading_sorts_and_turns(void **state)
{
    (void)state;
    struct top_list list = top_list_of(&top_types_panel);
    top_list_sort_by(&list, 1);
    assert_true(list.sort == 1 && !list.reversed);
    top_list_sort_by(&list, 1);
    assert_true(list.sort == 1 && list.reversed);
    top_list_sort_by(&list, 7); /* a history does not sort */
    assert_true(list.sort == 1 && list.reversed);
    top_list_sort_by(&list, 0);
    assert_true(list.sort == 0 && !list.reversed);
}

static void check_cell(const struct top_panel *panel, const struct top_data *data, int column,
                       const char *expected)
{
    struct buffer cell = {0};
    panel->cell(data, 0, column, 14, &cell);
    assert_string_equal(cell.bytes, expected);
    buffer_free(&cell);
}

static void no_row_can_drive_the_terminal(void **state)
{
    struct stage *stage = *state;
    const char *evil = "a\033[2J\u202e\xff\n";
    const char *shown = "a\\e[2J\\u{202e}\\xff\\n";
    strcpy(stage->sample.types[0].name, evil);
    stage->sample.death_count = 1;
    strcpy(stage->sample.deaths[0].label, evil);
    strcpy(add_worker(stage, 20, 50)->label, evil);
    add(stage);
    check_cell(&top_types_panel, &stage->data, 0, shown);
    check_cell(&top_workers_panel, &stage->data, 1, shown);
    check_cell(&top_deaths_panel, &stage->data, 2, shown);

    struct top_fields fields = {.count = 1, .rows = {{FIELD_METADATA, strdup(evil), NULL, 1, 1}}};
    struct top_data data = {.fields = &fields};
    check_cell(&top_fields_panel, &data, 0, shown);
    free(fields.rows[0].name);

    struct connstat_field text = connstat_text("page", evil);
    struct connstat_entry entry = {.metadata = &text, .metadata_count = 1};
    struct top_groups groups = {.grouping = {.field = {FIELD_METADATA, "page"}, .max_groups = 9}};
    grouping_count(&entry, &groups.grouping);
    groups.ranked = grouping_rank(&groups.grouping);
    data.groups = &groups;
    struct buffer cell = {0};
    top_groups_panel.cell(&data, 0, 0, 30, &cell);
    assert_false(text_has_unsafe(cell.bytes));
    assert_non_null(strstr(cell.bytes, shown));
    buffer_free(&cell);
    top_groups_free(&groups);
}

static void a_column_grows_up_to_its_most(void **state)
{
    (void)state;
    const struct top_column columns[] = {
        {"A", 10, .grows = true, .most = 15}, {"B", 10}, {"C", 10, .grows = true}};
    int widths[3];
    top_layout_columns(columns, 3, 0, 35, widths);
    assert_memory_equal(widths, ((int[]){13, 10, 10}), sizeof(widths));
    top_layout_columns(columns, 3, 0, 100, widths);
    assert_memory_equal(widths, ((int[]){15, 10, 73}), sizeof(widths));
    top_layout_columns(columns, 3, 1 << 2, 100, widths);
    assert_memory_equal(widths, ((int[]){15, 10, 0}), sizeof(widths));
}

static void panels_share_the_height(void **state)
{
    (void)state;
    int heights[TOP_PANELS];
    assert_false(top_layout_panels((int[]){10, 5, 4}, TOP_TYPES, 19, heights));
    assert_memory_equal(heights, ((int[]){10, 5, 4}), sizeof(heights));
    assert_false(top_layout_panels((int[]){10, 500, 200}, TOP_WORKERS, 30, heights));
    assert_memory_equal(heights, ((int[]){3, 24, 3}), sizeof(heights));
    assert_true(top_layout_panels((int[]){10, 5, 4}, TOP_WORKERS, 10, heights));
    assert_memory_equal(heights, ((int[]){0, 10, 0}), sizeof(heights));
}

static void proc_is_read_right(void **state)
{
    (void)state;
    uint64_t pages;
    assert_true(top_usage_parse_statm("900 300 100 1 0 50 0", &pages));
    assert_int_equal(pages, 200);
    assert_false(top_usage_parse_statm("900", &pages));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(rates_are_per_second),
        TEST(another_segment_starts_over),
        TEST(refusing_is_of_the_last_moment),
        TEST(workers_are_known_again),
        TEST(history_keeps_gaps_and_the_last),
        TEST(bars_span_a_tenth_at_least),
        TEST(lists_sort_and_filter),
        TEST(the_cursor_stays_on_its_row),
        TEST(a_cursor_at_the_top_stays_there),
        TEST(sorting_goes_round_the_columns_that_sort),
        TEST(no_row_can_drive_the_terminal),
        TEST(a_heading_sorts_and_turns),
        TEST(columns_fit_any_width),
        TEST(a_column_grows_up_to_its_most),
        TEST(panels_share_the_height),
        TEST(proc_is_read_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
