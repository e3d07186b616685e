/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The thread that looks at each segment once a second: it follows the segment, hides the entries
 * of dead workers where nobody reaps, and adds a sample to the history.
 */
#ifndef SERVE_SAMPLER_H
#define SERVE_SAMPLER_H

#include <pthread.h>
#include <stdbool.h>

#define SAMPLER_FIND_SECONDS 3 /* how often new segments are looked for */

struct subjects;

struct sampler {
    struct subjects *subjects;
    void (*after)(void *arg); /* the thread calls it after each round of samples */
    void *after_arg;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
};

/* Start the thread. Returns 0 or a negative errno. */
int sampler_start(struct sampler *sampler, struct subjects *subjects, void (*after)(void *arg),
                  void *after_arg);

/* End the thread. What it has gathered can still be read. */
void sampler_stop(struct sampler *sampler);

#endif
