/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The last half hour, one sample a second. One thread appends; HTTP threads read without ever
 * waiting for it or making it wait:
 *
 *   The window is immutable. Appending publishes a copy that lacks the oldest sample and has the
 *   new one, waits for a grace period of liburcu, and frees what nobody can see any more. Only
 *   pointers are copied: samples are shared between windows.
 *
 * Readers hold the read-side section for as long as they look at a window, which may be the
 * writing of a whole response into memory, but never a send.
 */
#ifndef SERVE_HISTORY_H
#define SERVE_HISTORY_H

#include <connstat.h>

#define HISTORY_SECONDS 1800

struct sample_type {
    const char *name; /* lives as long as the process */
    int kind;
    int64_t slots;
    uint64_t live, opened, closed, lost, refused;
};

struct sample {
    uint64_t number;       /* 1, 2, 3 ... of this server */
    int64_t at_ms;         /* CLOCK_REALTIME */
    int64_t created_at_ns; /* of the segment; 0: there was none */
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

/* Takes ownership of sample. A sample of another segment than the one before starts afresh.
 * Returns 0 or -ENOMEM, and the sample is lost. */
int history_append(struct history *history, struct sample *sample);

/* Enter a read-side section and see the window; leave it. Sections do not block. */
const struct window *history_enter(const struct history *history);
void history_leave(void);

#endif
