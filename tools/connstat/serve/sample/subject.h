/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * One of the segments that are served, and all that the server has gathered of it. The sampler's
 * thread writes; the threads of requests read.
 */
#ifndef SERVE_SUBJECT_H
#define SERVE_SUBJECT_H

#include <pthread.h>

#include "alerts/alerts.h"
#include "serve/sample/death_tally.h"
#include "serve/sample/history.h"
#include "serve/sample/source.h"

struct subject {
    char name[64];
    struct source source;
    struct death_tally deaths;
    struct history history;
    uint64_t number;       /* of the last sample */
    int64_t gone_since_ns; /* CLOCK_MONOTONIC; 0: the segment is there */
    unsigned holders;      /* of subjects.lock */
    pthread_mutex_t lock;  /* of the two below: held for as long as they are looked at */
    struct alert_watch watch;
    struct alerts alerts;
};

/* Takes one sample at once, so that the history is never empty. NULL: out of memory, or the name
 * is too long. */
struct subject *subject_new(const char *name);
void subject_free(struct subject *subject);

/* Follow the segment, look at it and append a sample. */
void subject_sample(struct subject *subject);

#endif
