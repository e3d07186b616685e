/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <curses.h>
#include <string.h>

#include "top/state/state.h"

#define KEY_ESCAPE      27
#define CONTROL(letter) ((letter)&0x1f)

/* Mark the lists as stale instead of filtering now: to look through a million entries takes a
 * second, and so is done once for all keys that wait. */
static void filter_changed(struct top *top)
{
    top->entries_due_ns = 0;
    top->stale = true;
}

static void erase_last(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && ((unsigned char)text[--length] & 0xc0) == 0x80)
        continue; /* one of the bytes after the first of a character */
    text[length] = '\0';
}

static void type_filter(struct top *top, int key)
{
    char *filter = top_focused_filter(top);
    size_t length = strlen(filter);
    if (key == KEY_ESCAPE)
        filter[0] = '\0';
    else if (key == KEY_BACKSPACE || key == 127 || key == '\b')
        erase_last(filter);
    else if (key == CONTROL('u'))
        filter[0] = '\0';
    else if (key >= ' ' && key < 256 && length + 1 < TOP_FILTER_BYTES)
        memcpy(filter + length, (char[]){(char)key, '\0'}, 2);
    if (key == KEY_ESCAPE || key == '\r' || key == '\n' || key == KEY_ENTER)
        top->typing = false;
    filter_changed(top);
}

static void clear_or_back(struct top *top)
{
    char *filter = top_focused_filter(top);
    if (filter && *filter) {
        *filter = '\0';
        filter_changed(top);
    } else {
        top_back(top);
    }
}

static bool move_key(struct top *top, int key)
{
    struct top_list *list = top_focused_list(top);
    if (!list)
        return false;
    int page = top->page_rows > 1 ? top->page_rows : 1;
    int cursor = list->cursor;
    switch (key) {
    case KEY_UP:
    case 'k':
        cursor--;
        break;
    case KEY_DOWN:
    case 'j':
        cursor++;
        break;
    case KEY_PPAGE:
    case CONTROL('b'):
        cursor -= page;
        break;
    case KEY_NPAGE:
    case CONTROL('f'):
        cursor += page;
        break;
    case KEY_HOME:
    case 'g':
        cursor = 0;
        break;
    case KEY_END:
    case 'G':
        cursor = list->count - 1;
        break;
    default:
        return false;
    }
    top_list_move(list, &top->data, cursor);
    return true;
}

static bool order_key(struct top *top, int key)
{
    struct top_list *list = top_focused_list(top);
    if (!list)
        return false;
    if (key == 's' || key == '>')
        top_list_sort(list, 1);
    else if (key == 'S' || key == '<')
        top_list_sort(list, -1);
    else if (key == 'r')
        top_list_reverse(list);
    else
        return false;
    top_update_list(top, list);
    top_list_move(list, &top->data, 0);
    return true;
}

static bool screen_key(struct top *top, int key)
{
    switch (key) {
    case '\t':
        top->focus = (top->focus + 1) % TOP_PANELS;
        break;
    case KEY_BTAB:
        top->focus = (top->focus + TOP_PANELS - 1) % TOP_PANELS;
        break;
    case '1':
    case '2':
    case '3':
        top->focus = key - '1';
        break;
    default:
        return false;
    }
    return true;
}

static void change_interval(struct top *top, double factor)
{
    double seconds = top->interval_seconds * factor;
    top->interval_seconds = seconds < 0.125 ? 0.125 : seconds > 64 ? 64 : seconds;
    top->due_ns = 0;
}

static void command_key(struct top *top, int key)
{
    switch (key) {
    case 'q':
        top->quit = true;
        break;
    case 'h':
    case '?':
        top->help = true;
        break;
    case ' ':
    case 'p':
        top->paused = !top->paused;
        top->due_ns = 0;
        break;
    case '/':
        top->typing = top_focused_list(top) != NULL;
        break;
    case 'a':
        top_open_alerts(top);
        break;
    case 'b':
        top_open_fields(top);
        break;
    case 'e':
        top_open_same_key(top);
        break;
    case 'm':
        top->no_mouse = !top->no_mouse;
        break;
    case 'n':
        top_switch(top, 1);
        break;
    case 'N':
        top_switch(top, -1);
        break;
    case '+':
        change_interval(top, 0.5);
        break;
    case '-':
        change_interval(top, 2);
        break;
    case '\r':
    case '\n':
    case KEY_ENTER:
    case KEY_RIGHT:
        top_open_selected(top);
        break;
    case KEY_ESCAPE:
    case KEY_LEFT:
    case KEY_BACKSPACE:
    case 127:
        clear_or_back(top);
        break;
    }
}

void top_key(struct top *top, int key)
{
    if (top->help) {
        top->help = false;
        top->quit = key == 'q';
        return;
    }
    if (top->typing) {
        type_filter(top, key);
        return;
    }
    top_freshen_lists(top); /* a key must act on what the filter left */
    if (!move_key(top, key) && !order_key(top, key) &&
        !(top_screen(top) == SCREEN_OVERVIEW && screen_key(top, key)))
        command_key(top, key);
}
