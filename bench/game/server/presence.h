/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How the clients of one worker hear that a user of another went offline.
 *
 * A worker notes to the master when a user opens his first channel there and when his last one
 * there is gone (presence). The master then asks the tracker whether the user has a channel on
 * any other worker, and if not tells all workers (roster). It also remembers who was on which
 * worker, for a worker that is killed can say nothing any more.
 */
#ifndef GAME_PRESENCE_H
#define GAME_PRESENCE_H

#include <stddef.h>
#include <stdint.h>

#define ROSTER_WORKERS_MAX 64

/* What a worker writes to its link, several notes at a time. */
struct presence_note {
    int64_t user;
    int64_t here; /* 1: his first channel on this worker; 0: his last one is gone */
};
#define PRESENCE_NOTES_MAX 256

/* The master writes the ids of users who went offline, as int64_t, several at a time. */

/* ---- In a worker ---- */

/* A channel of a user was opened; or one was closed and is unregistered. */
void presence_arrive(int64_t user);
void presence_depart(int64_t user);

/* Send the notes made since the last time. Returns 0; or a negative errno where the master is
 * gone. */
int presence_flush(int link);

/* ---- In the master ---- */

typedef void (*roster_offline_fn)(int64_t user, void *arg);

void roster_note(unsigned worker, const struct presence_note *note, roster_offline_fn offline,
                 void *arg);

/* A worker died, and its entries are reaped: call offline for each of its users who is nowhere
 * else. */
void roster_worker_died(unsigned worker, roster_offline_fn offline, void *arg);

#endif
