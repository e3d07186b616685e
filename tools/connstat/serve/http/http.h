/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * HTTP by libmicrohttpd: who is let in, which route answers, and the headers of every answer.
 */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include <connstat.h>
#include <microhttpd.h>
#include <stdio.h>

#include "serve/server.h"

struct client;
struct route;

struct request {
    struct server *server;
    struct MHD_Connection *connection;
    struct client *client;
    const struct route *route; /* NULL: none has this path */
    connstat_t *cs;            /* NULL: there is no segment now */
    FILE *out;                 /* the body of the answer */
    char problem[1024];        /* of an answer that is none: what is wrong, in words */
};

/* Set request->problem. Returns status. */
unsigned request_refuse(struct request *request, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a request that needs a segment while there is none. */
unsigned request_no_segment(struct request *request);

int http_start(struct server *server, int listener); /* 0 or a negative errno */
void http_stop(struct server *server);

#endif
