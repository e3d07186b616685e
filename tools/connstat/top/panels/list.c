/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <errno.h>
#include <stdlib.h>

#include "top/model/search.h"
#include "top/panels/panel.h"

struct top_list top_list_of(const struct top_panel *panel)
{
    return (struct top_list){.panel = panel, .sort = panel->sort};
}

void top_list_free(struct top_list *list)
{
    free(list->rows);
    list->rows = NULL;
    list->count = list->room = 0;
}

static bool reserve(struct top_list *list, int count)
{
    if (count <= list->room)
        return true;
    int *rows = reallocarray(list->rows, (size_t)count, sizeof(*rows));
    if (!rows)
        return false;
    list->rows = rows;
    list->room = count;
    return true;
}

static void choose_rows(struct top_list *list, const struct top_data *data, int count,
                        const char *filter)
{
    struct buffer words = {0};
    list->count = 0;
    for (int row = 0; row < count; row++) {
        if (*filter && list->panel->words) {
            buffer_clear(&words);
            list->panel->words(data, row, &words);
            if (!words.bytes || !top_search_words(words.bytes, filter))
                continue;
        }
        list->rows[list->count++] = row;
    }
    buffer_free(&words);
}

struct order {
    const struct top_list *list;
    const struct top_data *data;
};

static int compare_rows(const void *left, const void *right, void *arg)
{
    const struct order *order = arg;
    const struct top_list *list = order->list;
    int a = *(const int *)left, b = *(const int *)right;
    int compared = 0;
    if (list->panel->urgent && !list->chosen)
        compared = list->panel->urgent(order->data, b) - list->panel->urgent(order->data, a);
    if (compared != 0)
        return compared;
    if (list->sort >= 0)
        compared = list->panel->compare(order->data, a, b, list->sort);
    if (list->sort >= 0 && list->panel->columns[list->sort].right)
        compared = -compared;
    if (list->reversed)
        compared = -compared;
    return compared != 0 ? compared : (a > b) - (a < b);
}

static void find_cursor(struct top_list *list, const struct top_data *data)
{
    for (int i = 0; list->follows && i < list->count; i++) {
        if (list->panel->identity(data, list->rows[i]) == list->selected) {
            list->cursor = i;
            return;
        }
    }
    top_list_move(list, data, list->cursor);
}

int top_list_update(struct top_list *list, const struct top_data *data, const char *filter)
{
    int count = list->panel->count(data);
    if (!reserve(list, count))
        return -ENOMEM;
    choose_rows(list, data, count, filter);
    struct order order = {list, data};
    if (list->count > 1)
        qsort_r(list->rows, (size_t)list->count, sizeof(*list->rows), compare_rows, &order);
    find_cursor(list, data);
    return 0;
}

void top_list_move(struct top_list *list, const struct top_data *data, int cursor)
{
    if (cursor >= list->count)
        cursor = list->count - 1;
    list->cursor = cursor > 0 ? cursor : 0;
    list->follows = list->cursor > 0;
    list->selected =
        list->count > 0 ? list->panel->identity(data, list->rows[list->cursor]) : UINT64_MAX;
}

void top_list_scroll(struct top_list *list, int height)
{
    if (list->first > list->cursor)
        list->first = list->cursor;
    if (list->first <= list->cursor - height)
        list->first = list->cursor - height + 1;
    if (list->first > list->count - height)
        list->first = list->count - height;
    if (list->first < 0)
        list->first = 0;
}

void top_list_sort(struct top_list *list, int step)
{
    int choices = list->panel->column_count + 1; /* -1, as they come, is a choice too */
    int sort = list->sort;
    do {
        sort = (sort + 1 + step + choices) % choices - 1;
    } while (sort >= 0 && !list->panel->columns[sort].sorts);
    list->sort = sort;
    list->chosen = true;
}

void top_list_sort_by(struct top_list *list, int column)
{
    if (!list->panel->columns[column].sorts)
        return;
    list->reversed = list->sort == column && !list->reversed;
    list->sort = column;
    list->chosen = true;
}

void top_list_reverse(struct top_list *list)
{
    list->reversed = !list->reversed;
    list->chosen = true;
}
