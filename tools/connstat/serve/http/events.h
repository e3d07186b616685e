/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Server-sent events: a stream gets each sample as it is taken. Each connection has a thread of
 * its own, so a stream simply waits for the next sample.
 */
#ifndef SERVE_EVENTS_H
#define SERVE_EVENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define EVENTS_MAX_STREAMS 64

struct MHD_Response;
struct sampler;

struct events {
    pthread_mutex_t lock;
    pthread_cond_t sampled;
    size_t streams;
    bool closed;
};

void events_init(struct events *events);
void events_wake(struct events *events); /* there is a new sample */

/* End all streams, before libmicrohttpd is stopped: it waits for their threads. */
void events_close(struct events *events);

/* NULL: too many streams, or no memory. */
struct MHD_Response *events_response(struct events *events, struct sampler *sampler);

#endif
