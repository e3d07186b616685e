/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The segments that are served: those that were named, or all of this machine as they come and go.
 * Whoever takes one holds it, even when it leaves the list, until he drops it.
 */
#ifndef SERVE_SUBJECTS_H
#define SERVE_SUBJECTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define SUBJECTS_MAX          64
#define SUBJECTS_GONE_SECONDS 600 /* with --all: how long a removed segment is still listed */

struct subject;

struct subjects {
    pthread_mutex_t lock;
    struct subject *list[SUBJECTS_MAX]; /* in the order as named, or sorted by name */
    size_t count;
    bool all;             /* all segments of this machine are served */
    double audit_seconds; /* how often sockets are audited; 0: never */
};

/* Serve the count segments of these names; with count 0, all of this machine. Returns 0 or a
 * negative errno. */
int subjects_init(struct subjects *subjects, const char *const *names, size_t count,
                  double audit_seconds);
void subjects_free(struct subjects *subjects);

/* Take the subject of that name. name NULL means the first one whose segment is there; if none is,
 * the first one. NULL: there is none. */
struct subject *subjects_take(struct subjects *subjects, const char *name);
void subjects_drop(struct subjects *subjects, struct subject *subject);

/* Take the subject that was asked for, which is held already, once more; asked NULL: take all.
 * Returns how many were taken. */
size_t subjects_take_asked(struct subjects *subjects, struct subject *asked,
                           struct subject *taken[SUBJECTS_MAX]);
void subjects_drop_all(struct subjects *subjects, struct subject *const *taken, size_t count);

/* For the sampler: take a sample of each; and where all segments are served, find new ones and
 * forget those that are gone for long. */
void subjects_sample(struct subjects *subjects);
void subjects_find(struct subjects *subjects);

#endif
