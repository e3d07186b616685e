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
    const struct route *route; /* NULL: none has this path */
    const char *version;       /* "HTTP/1.1" */
    struct subject *subject;   /* the segment asked for; NULL: the path is of none, or of all */
    connstat_t *cs;            /* NULL: it is not there now */
    uint32_t seen;             /* of the route's parameters: a bit for each that came */
    const char *content_type;  /* of the answer: the route's, unless its writer chooses another */
    FILE *out;                 /* the body of the answer */
    char problem[1024];        /* of an answer that is none: what is wrong, in words */
};

/* Set request->problem. Returns status. */
unsigned request_refuse(struct request *request, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a request that needs a segment while there is none. */
unsigned request_no_segment(struct request *request);

/* Start a document about the segment in request->out: schema and segment are its first members. */
struct jsonw request_document(const struct request *request);
struct jsonw request_document_of(const struct request *request, int schema);

/* The value of that header, NULL: it did not come. */
const char *request_header(const struct request *request, const char *name);

/* Answer with what the path stands for, or say why not. MHD_NO: no memory for an answer. */
enum MHD_Result request_answer(struct request *request, const char *path, const char *method);

/* Answer with request->problem. */
enum MHD_Result request_answer_problem(struct request *request, unsigned status);

#endif
