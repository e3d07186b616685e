/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The last half hour, one sample a second. One thread appends; the threads of requests read without
 * a lock and never wait:
 *
 *   1. The window is never changed. To append, a copy is made that lacks the oldest sample and has
 *      the new one, and is published. Only pointers are copied: windows share their samples.
 *   2. The appending thread then waits for a grace period of liburcu: until each reader that may
 *      have seen the old window has left its read-side section.
 *   3. After that it frees the old window and the sample that fell out.
 *
 * A reader stays in its section for as long as it looks at a window. That may be the writing of a
 * whole response into memory, but never a send: so the appending thread waits briefly.
 */
#ifndef SERVE_HISTORY_H
#define SERVE_HISTORY_H

#include <connstat.h>

#define HISTORY_SECONDS 1800

struct sample_type {
    const char *name; /* valid as long as the process lives */
    int kind;
    int64_t slots, slots_max;
    uint64_t live, opened, closed, lost, refused;
};

struct sample {
    uint64_t number;       /* 1, 2, 3 ... of this server */
    int64_t at_ms;         /* CLOCK_REALTIME */
    int64_t created_at_ns; /* when the segment was made; 0: there was none */
    uint64_t total_channels, total_connections;
    uint64_t workers, deaths, joins;
    size_t type_count;
    struct sample_type types[];
};

struct window {
    size_t count;
    const struct sample *samples[HISTORY_SECONDS]; /* the oldest first */
};

struct history {
    const struct window *window; /* written by one thread, read in read-side sections */
};

int history_init(struct history *history); /* 0 or -ENOMEM */
void history_free(struct history *history);

/* Add a sample, which the history owns from then on. The first sample of another segment begins a
 * new history. Returns 0; or -ENOMEM, and then the sample is lost. */
int history_append(struct history *history, struct sample *sample);

/* Enter a read-side section and get the window; leave the section. Neither waits for anybody. */
const struct window *history_enter(const struct history *history);
void history_leave(void);

#endif
