/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The thread that looks at the segment once a second: it follows the segment, hides the entries
 * of dead workers where nobody reaps, and appends a sample to the history.
 */
#ifndef SERVE_SAMPLER_H
#define SERVE_SAMPLER_H

#include <pthread.h>
#include <stdbool.h>

#include "serve/sample/death_tally.h"
#include "serve/sample/history.h"
#include "serve/sample/source.h"

struct sampler {
    struct source source;
    struct death_tally deaths;
    struct history history;
    void (*after)(void *arg); /* called by the thread after each sample */
    void *after_arg;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    uint64_t number; /* of the last sample */
};

/* Takes one sample of the segment at once, so that the history is never empty, and starts the
 * thread. Returns 0 or a negative errno. */
int sampler_start(struct sampler *sampler, const char *segment, void (*after)(void *arg),
                  void *after_arg);

/* End the thread; what it has gathered can still be read. */
void sampler_stop(struct sampler *sampler);

/* Free what was gathered, after the last reader. */
void sampler_free(struct sampler *sampler);

#endif
