/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * One request: whether it is let in, which route answers it, and what the answer is.
 */
#ifndef SERVE_REQUEST_H
#define SERVE_REQUEST_H

#include <connstat.h>
#include <microhttpd.h>
#include <stdio.h>

#include "format/json.h"
#include "serve/http/route.h"
#include "serve/http/service.h"

struct request {
    struct service *service;
    struct MHD_Connection *connection;
    struct client *client;
    const struct route *route; /* NULL: no route has this path */
    const char *version;       /* "HTTP/1.1" */
    struct subject *subject;   /* the segment asked for; NULL: the path is about none, or all */
    connstat_t *cs;            /* NULL: the segment is not there at the moment */
    uint32_t seen;             /* which of the route's parameters came: a bit for each */
    const char *content_type; /* of the answer: that of the route, unless its writer sets another */
    FILE *out;                /* the body of the answer */
    char problem[1024];       /* where there is no answer: in words, why */
};

/* Set request->problem. Returns status. */
unsigned request_refuse(struct request *request, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a request that needs a segment while there is none: says why there is none. */
unsigned request_no_segment(struct request *request);

/* Start a document about the segment in request->out: schema and segment are its first members. */
struct jsonw request_document(const struct request *request);
struct jsonw request_document_of(const struct request *request, int schema);

/* The value of a header of the request; NULL: there is no such header. */
const char *request_header(const struct request *request, const char *name);

/* Answer with what the path stands for, or say why not. Returns MHD_NO where there is no memory for
 * an answer. */
enum MHD_Result request_answer(struct request *request, const char *path, const char *method);

/* Answer with request->problem. */
enum MHD_Result request_answer_problem(struct request *request, unsigned status);

#endif
