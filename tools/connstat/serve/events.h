/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Server-sent events: a stream gets each sample as it is taken. A stream that has nothing to
 * send is suspended, and costs nothing until events_wake().
 */
#ifndef SERVE_EVENTS_H
#define SERVE_EVENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define EVENTS_MAX_STREAMS 64

struct MHD_Connection;
struct MHD_Response;
struct server;
struct stream;

struct events {
    pthread_mutex_t lock;
    struct stream *first; /* the suspended ones */
    size_t streams;       /* all of them */
    bool closed;
};

void events_init(struct events *events);
void events_wake(struct events *events);

/* End all streams. Wake and close come before libmicrohttpd is stopped: it must find none
 * suspended. */
void events_close(struct events *events);

/* NULL: too many streams, or no memory. */
struct MHD_Response *events_response(struct server *server, struct MHD_Connection *connection);

#endif
