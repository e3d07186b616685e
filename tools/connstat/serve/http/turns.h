/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Turns at what is expensive: looking at each of a million entries takes most of a second. A few
 * requests do so at a time, a few more wait, and the rest are told to come again later. So a
 * scrape of the metrics shares the processors with a few only, whatever else is asked for.
 */
#ifndef SERVE_TURNS_H
#define SERVE_TURNS_H

#include <pthread.h>
#include <stdbool.h>

#define TURNS_RUNNING 2
#define TURNS_WAITING 16

struct turns {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    unsigned running, waiting;
    bool closed;
};

void turns_init(struct turns *turns);
bool turns_begin(struct turns *turns); /* false: too many wait already, or turns are closed */
void turns_end(struct turns *turns);
void turns_close(struct turns *turns); /* sends those away who wait */

#endif
