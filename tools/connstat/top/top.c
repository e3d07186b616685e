/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat top: types, workers and deaths, live on a terminal.
 */
#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/segment.h"
#include "common/clock.h"
#include "common/failure.h"
#include "top/screen/terminal.h"
#include "top/state/state.h"

enum { OPTION_ASCII = OPTION_LONG };

struct request {
    double interval_seconds;
    const char *type, *filter;
    uint64_t pid;
    bool ascii;
};

static bool take_option(struct options *options, int id, void *arg)
{
    struct request *request = arg;
    switch (id) {
    case 'i':
        return options_seconds(options, &request->interval_seconds);
    case 't':
        request->type = options->value;
        return true;
    case 'W':
        return options_number(options, 1, INT32_MAX, &request->pid);
    case 'f':
        request->filter = options->value;
        return true;
    default:
        return request->ascii = true;
    }
}

static int check(const struct context *context, const struct request *request)
{
    if (request->interval_seconds < 0.1 || request->interval_seconds > 3600)
        return usage_error(context, "--interval is from 0.1 s to 1 h");
    if (request->type && request->pid != 0)
        return usage_error(context, "--type and --worker exclude each other");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return failure("top needs a terminal: use \"connstat counts\" or \"connstat watch\"");
    return STATUS_OK;
}

static int wait_for_input(const struct top *top, int signals)
{
    struct pollfd polled[] = {{STDIN_FILENO, POLLIN, 0}, {signals, POLLIN, 0}};
    int64_t wait_ns = top->due_ns - clock_monotonic_ns();
    int wait_ms = top->paused ? -1 : wait_ns > 0 ? (int)(wait_ns / 1000000) + 1 : 0;
    if (poll(polled, 2, wait_ms) < 0)
        return errno == EINTR ? 0 : SIGHUP;
    if (polled[1].revents)
        return terminal_signal(signals);
    bool hung_up = polled[0].revents & (POLLHUP | POLLERR | POLLNVAL);
    return hung_up && !(polled[0].revents & POLLIN) ? SIGHUP : 0;
}

static void handle_mouse(struct top *top)
{
    MEVENT event;
    if (getmouse(&event) != OK)
        return;
    struct top_click click = {.y = event.y, .x = event.x, .what = CLICK_PRESS};
    if (event.bstate & BUTTON3_PRESSED)
        click.what = CLICK_BACK;
    else if (event.bstate & BUTTON4_PRESSED)
        click.what = CLICK_WHEEL_UP;
    else if (event.bstate & BUTTON5_PRESSED)
        click.what = CLICK_WHEEL_DOWN;
    else if (!(event.bstate & BUTTON1_PRESSED))
        return;
    top_click(top, &click);
    top_draw(top); /* so that the next click finds what it was aimed at */
}

static void handle_keys(struct top *top)
{
    for (int key; (key = getch()) != ERR;) {
        if (key == KEY_MOUSE)
            handle_mouse(top);
        else if (key != KEY_RESIZE)
            top_key(top, key);
    }
    terminal_mouse(!top->no_mouse);
    top_freshen_lists(top);
}

/* Returns the signal by which top has to end; 0: it was asked to quit. */
static int watch(struct top *top, int signals)
{
    while (!top->quit) {
        if (!top->paused && clock_monotonic_ns() >= top->due_ns) {
            top_refresh(top);
            top->due_ns = clock_monotonic_ns() + (int64_t)(top->interval_seconds * 1e9);
        }
        top_draw(top);
        int signal_number = wait_for_input(top, signals);
        if (signal_number != 0)
            return signal_number;
        handle_keys(top);
    }
    return 0;
}

static void take_filter(struct top *top, const char *filter)
{
    if (top_screen(top) != SCREEN_OVERVIEW)
        snprintf(top_focused_filter(top), TOP_FILTER_BYTES, "%s", filter);
    for (int i = 0; top_screen(top) == SCREEN_OVERVIEW && i < TOP_PANELS; i++)
        snprintf(top->filters[i], TOP_FILTER_BYTES, "%s", filter);
}

static void start(struct top *top, const struct request *request, int type)
{
    top->places[0].scope.type = CONNSTAT_ANY_TYPE;
    top->data = (struct top_data){
        .model = &top->model,
        .entries = &top->entries,
        .fields = &top->fields,
        .groups = &top->groups,
        .scope = &top->places[0].scope,
        .ascii = request->ascii,
        .watch = &top->watch,
    };
    top->interval_seconds = request->interval_seconds;
    top->panels[TOP_TYPES] = top_list_of(&top_types_panel);
    top->panels[TOP_WORKERS] = top_list_of(&top_workers_panel);
    top->panels[TOP_DEATHS_PANEL] = top_list_of(&top_deaths_panel);
    top_refresh(top);
    if (type != CONNSTAT_ANY_TYPE)
        top_open_type(top, type);
    else if (request->pid != 0)
        top_open_worker(top, (pid_t)request->pid);
    if (request->filter)
        take_filter(top, request->filter);
    top->due_ns = 0;
    terminal_mouse(true);
}

static void finish(struct top *top)
{
    connstat_close(top->cs);
    for (int i = 0; i < TOP_PANELS; i++)
        top_list_free(&top->panels[i]);
    top_home(top);
    top_entries_free(&top->entries);
    top_sample_free(&top->sample);
    top_model_free(&top->model);
    alert_watch_free(&top->watch);
    free(top);
}

static int show(struct top *top, const struct request *request, int type)
{
    terminal_ascii(request->ascii);
    int signals = terminal_start(top->context->color);
    if (signals == -ENOTTY)
        return failure("cannot drive a terminal of type \"%s\": set TERM, for example to xterm",
                       getenv("TERM") ? getenv("TERM") : "");
    if (signals < 0)
        return failure("cannot watch signals: %s", strerror(-signals));
    start(top, request, type);
    int signal_number = watch(top, signals);
    if (signal_number != 0)
        terminal_end_by(signal_number);
    terminal_stop();
    close(signals);
    return STATUS_OK;
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    struct request request = {.interval_seconds = 1};
    struct options options;
    int type;
    if (!options_parse(&options, call, take_option, &request))
        return options.status;
    if (context->segment_count > 1)
        call->context->segment = context->segments[0];
    int status = check(context, &request);
    if (status != STATUS_OK)
        return status;

    struct top *top = calloc(1, sizeof(*top));
    if (!top)
        return failure("out of memory");
    top->context = context;
    snprintf(top->segment, sizeof(top->segment), "%s", segment_name(context->segment));
    if (segment_open(context, &top->cs, &status) &&
        segment_type(context, top->cs, request.type, &type, &status))
        status = show(top, &request, type);
    finish(top);
    return status;
}

static const struct command_option top_options[] = {
    {'i', "interval", "TIME", "look so often (default 1s)", NULL},
    {'t', "type", "TYPE", "start with the entries of this type", CHOOSE_TYPE},
    {'W', "worker", "PID", "start with the entries of this worker", NULL},
    {'f', "filter", "TEXT", "show only rows that contain this", NULL},
    {OPTION_ASCII, "ascii", NULL, "draw with nothing beyond ASCII", NULL},
    {0},
};

const struct command command_top = {
    .name = "top",
    .summary = "watch types, workers and deaths live on the terminal",
    .usage = "[OPTION]...",
    .takes_segments = true,
    .details =
        "Types with their counts, rates and history; workers with what they hold and use; the\n"
        "last deaths. The line above them says what needs attention. Press h for the keys: sort,\n"
        "filter, pause, and enter to look into a type or a worker. There, b groups the entries by\n"
        "a field, and enter on a group shows its entries; e shows the entries of all types that\n"
        "have the same key as the one that is selected.\n"
        "\n"
        "/ filters the table that is selected, in upper or lower case: \"chat\" finds what "
        "contains\n"
        "it, \"=chat\" what is that word and no more. Of entries, the first looks at key and\n"
        "metadata, the second at their id, worker, key and the whole value of a field, also as\n"
        "\"=page=/lobby\". A heading says how many rows are shown where some are not: \"2 of 4\".\n"
        "\n"
        "The mouse selects a row (click), opens it (again), sorts (click on a heading, again to\n"
        "reverse), goes back (right), scrolls, and presses the keys of the lowest line. Hold "
        "shift,\n"
        "or press m, to select text with it as without top.\n"
        "\n"
        "LOST counts what went with workers that died, REFUSED what could not be registered.\n"
        "HOLDS, on a wide terminal, is what a worker has of each type. A worker that is stopped\n"
        "comes first, until you choose an order.\n"
        "CPU is in percent of one processor; MEMORY is what a worker shares with nobody.\n"
        "The scale of a history goes from the least to the most shown, and spans at least a\n"
        "tenth of the most; that of the chart which a tall terminal has begins at 0.\n"
        "\n"
        "It only reads, and goes on when the segment is made anew. n shows the next segment: of\n"
        "those that -n named, where it is given several times, else of this machine. The first\n"
        "line says which of how many is shown, if there are others.",
    .options = top_options,
    .has_one_format = true,
    .run = run,
};
