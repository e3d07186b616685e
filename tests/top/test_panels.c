/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What connstat top lays out: rows that are sorted and filtered, columns and panels of any width.
 */
#include "stage.h"

#include <stdio.h>

#include "common/text.h"
#include "top/panels/layout.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lists_sort_and_filter),           TEST(the_cursor_stays_on_its_row),
        TEST(a_cursor_at_the_top_stays_there), TEST(sorting_goes_round_the_columns_that_sort),
        TEST(no_row_can_drive_the_terminal),   TEST(a_heading_sorts_and_turns),
        TEST(columns_fit_any_width),           TEST(a_column_grows_up_to_its_most),
        TEST(panels_share_the_height),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
