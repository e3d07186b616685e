/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * One of the segments that are served, with all that the server has gathered about it. The
 * sampler's thread writes; the threads of requests read.
 */
#ifndef SERVE_SUBJECT_H
#define SERVE_SUBJECT_H

#include <pthread.h>

#include "alerts/alerts.h"
#include "serve/sample/auditor.h"
#include "serve/sample/death_tally.h"
#include "serve/sample/history.h"
#include "serve/sample/source.h"

struct subject {
    char name[64];
    struct source source;
    struct death_tally deaths;
    struct auditor auditor; /* the sampler's alone; what it found is in the watch */
    struct history history;
    uint64_t number;       /* number of the last sample */
    int64_t gone_since_ns; /* since when the segment is gone, by CLOCK_MONOTONIC; 0: it is there */
    unsigned holders;      /* how many hold it; under the lock of struct subjects */
    pthread_mutex_t lock;  /* protects the two below, for as long as somebody looks at them */
    struct alert_watch watch;
    struct alerts alerts;
};

/* Make a subject and take a first sample, so that the history is never empty. NULL: there is no
 * memory, or the name is too long. */
struct subject *subject_new(const char *name, double audit_seconds);
void subject_free(struct subject *subject);

/* Follow the segment, look at it and append a sample. */
void subject_sample(struct subject *subject);

#endif
