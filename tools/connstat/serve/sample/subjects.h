/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The segments that are served: those that were named, or all of this machine as they come and
 * go. Who takes one holds it until it drops it, also when it is no longer listed.
 */
#ifndef SERVE_SUBJECTS_H
#define SERVE_SUBJECTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define SUBJECTS_MAX          64
#define SUBJECTS_GONE_SECONDS 600 /* so long a removed segment is still told of, with --all */

struct subject;

struct subjects {
    pthread_mutex_t lock;
    struct subject *list[SUBJECTS_MAX]; /* as named, or by name */
    size_t count;
    bool all; /* of this machine */
};

/* names: count of them; none: all of this machine. Returns 0 or a negative errno. */
int subjects_init(struct subjects *subjects, const char *const *names, size_t count);
void subjects_free(struct subjects *subjects);

/* The one of that name; of name NULL: the first whose segment is there, else the first. NULL:
 * there is none. */
struct subject *subjects_take(struct subjects *subjects, const char *name);
void subjects_drop(struct subjects *subjects, struct subject *subject);

/* One that is held already once more, or for NULL all of them. Returns how many. */
size_t subjects_take_asked(struct subjects *subjects, struct subject *asked,
                           struct subject *taken[SUBJECTS_MAX]);
void subjects_drop_all(struct subjects *subjects, struct subject *const *taken, size_t count);

/* Of the sampler: sample each; where all are served, find new ones and forget old ones. */
void subjects_sample(struct subjects *subjects);
void subjects_find(struct subjects *subjects);

#endif
