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
#include <stdint.h>

#define EVENTS_MAX_STREAMS 64
#define EVENTS_RETRY_MS    2000 /* how long a browser waits before it comes back */

struct MHD_Response;
struct subject;
struct subjects;

struct events {
    pthread_mutex_t lock;
    pthread_cond_t sampled;
    size_t streams;
    bool closed;
};

void events_init(struct events *events);
void events_wake(struct events *events); /* tells the streams that there is a new sample */

/* End all streams. Call it before libmicrohttpd is stopped, which waits for their threads. */
void events_close(struct events *events);

/* Make the response of a new stream. It sends the samples of the subject that come after number
 * `after`; 0: the newest first. The stream then owns the caller's hold on the subject. NULL: there
 * are too many streams, or there is no memory; then the hold stays the caller's. */
struct MHD_Response *events_response(struct events *events, struct subjects *subjects,
                                     struct subject *subject, uint64_t after);

#endif
