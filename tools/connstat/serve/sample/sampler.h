/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The thread that looks at every segment once a second: it follows the segment, hides the entries
 * of dead workers where nobody reaps, and appends a sample to the history.
 */
#ifndef SERVE_SAMPLER_H
#define SERVE_SAMPLER_H

#include <pthread.h>
#include <stdbool.h>

#define SAMPLER_FIND_SECONDS 3 /* so often new segments are looked for */

struct subjects;

struct sampler {
    struct subjects *subjects;
    void (*after)(void *arg); /* called by the thread after each round of samples */
    void *after_arg;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
};

/* Returns 0 or a negative errno. */
int sampler_start(struct sampler *sampler, struct subjects *subjects, void (*after)(void *arg),
                  void *after_arg);

/* End the thread; what it has gathered can still be read. */
void sampler_stop(struct sampler *sampler);

#endif
