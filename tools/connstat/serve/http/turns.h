/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Turns at what is expensive: looking at every entry of a million takes most of a second. A few
 * do so at a time, a few more wait, and the rest are told to come again; whatever they ask for,
 * a scrape of the metrics has to share the processors with a few only.
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
bool turns_begin(struct turns *turns); /* false: too many wait already, or closed */
void turns_end(struct turns *turns);
void turns_close(struct turns *turns); /* those who wait are sent away */

#endif
