/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/http/request.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/context.h"
#include "common/text.h"
#include "format/json.h"
#include "serve/http/response.h"
#include "serve/sample/subject.h"

unsigned request_refuse(struct request *request, unsigned status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(request->problem, sizeof(request->problem), format, arguments);
    va_end(arguments);
    return status;
}

unsigned request_no_segment(struct request *request)
{
    if (request->subject)
        source_problem(&request->subject->source, request->problem, sizeof(request->problem));
    else
        snprintf(request->problem, sizeof(request->problem), "no segment is there to be served");
    return MHD_HTTP_SERVICE_UNAVAILABLE;
}

struct jsonw request_document_of(const struct request *request, int schema)
{
    struct jsonw json = jsonw_document_of(request->out, schema);
    jsonw_text(&json, "segment", request->subject->name);
    return json;
}

struct jsonw request_document(const struct request *request)
{
    return request_document_of(request, SCHEMA);
}

const char *request_header(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

enum MHD_Result request_answer_problem(struct request *request, unsigned status)
{
    char *body = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&body, &size);
    if (!out)
        return MHD_NO;
    struct jsonw json = jsonw_document(out);
    jsonw_text(&json, "error", request->problem);
    jsonw_close(&json);
    fputc('\n', out);
    if (fclose(out) != 0) {
        free(body);
        return MHD_NO;
    }
    return response_send(request->connection, status, "application/json", body, size);
}

static uint64_t last_event(const struct request *request)
{
    uint64_t number;
    const char *text = request_header(request, "Last-Event-ID");
    return text && text_number(text, &number) ? number : 0;
}

static enum MHD_Result send_events(struct request *request)
{
    struct MHD_Response *response =
        events_response(&request->service->events, &request->service->subjects, request->subject,
                        last_event(request));
    if (!response) {
        request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
                       "%d streams of events are open already: poll /api/v1/counts, or wait",
                       EVENTS_MAX_STREAMS);
        return request_answer_problem(request, MHD_HTTP_SERVICE_UNAVAILABLE);
    }
    request->subject = NULL; /* the stream holds it now */
    clients_set_state(&request->service->clients, request->client, CLIENT_STREAMING);
    return response_send_stream(request->connection, "text/event-stream", response);
}

static enum MHD_Result send_document(struct request *request)
{
    char *body = NULL;
    size_t size = 0;
    request->out = open_memstream(&body, &size);
    if (!request->out)
        return MHD_NO;
    unsigned status = request->route->write(request);
    if (fclose(request->out) != 0) {
        free(body);
        request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
        return request_answer_problem(request, MHD_HTTP_INTERNAL_SERVER_ERROR);
    }
    if (request->problem[0]) {
        free(body);
        return request_answer_problem(request, status);
    }
    return response_send(request->connection, status, request->content_type, body, size);
}

/* Returns 0, or the status of the refusal. */
static unsigned refuse_request(struct request *request, const char *method)
{
    const struct route *route = request->route;
    const struct admission *admission = &request->service->admission;
    const char *host = request_header(request, "Host");
    /* Before HTTP/1.1 a client did not have to name the host. Some load balancers ask like that;
     * browsers never do. */
    bool may_lack_host = strcmp(request->version, "HTTP/1.0") == 0;
    if (!host && !may_lack_host)
        return request_refuse(request, MHD_HTTP_BAD_REQUEST, "the Host header is missing");
    if (host && !admission_knows_host(admission, host))
        return request_refuse(request, MHD_HTTP_FORBIDDEN,
                              "this server does not answer to \"%.100s\": use its address, or "
                              "start it with --allow-host and that name",
                              host);
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return request_refuse(request, MHD_HTTP_METHOD_NOT_ALLOWED,
                              "only GET and HEAD: this server changes nothing");
    /* The page itself is the same for everybody; it asks its user for the token. */
    if (!(route && route->is_open) &&
        !admission_knows_token(admission, request_header(request, "Authorization")))
        return request_refuse(request, MHD_HTTP_UNAUTHORIZED,
                              "a token is needed: Authorization: Bearer TOKEN");
    if (!route)
        return request_refuse(request, MHD_HTTP_NOT_FOUND,
                              "no such path: / is the page, "
                              "and /api/v1 lists the rest");
    return 0;
}

/* Returns the number of a name among the names; -1: it is none of them. */
static int find_name(const char *names, const char *name)
{
    size_t length = strlen(name);
    int number = 0;
    for (const char *at = names; *at; at++) {
        if (*at != ' ')
            continue;
        if (length > 0 && strncmp(at + 1, name, length) == 0 && at[1 + length] == ' ')
            return number;
        number++;
    }
    return -1;
}

/* Whether a parameter may come several times. For any other one a second value would silently win
 * over the first. */
static bool is_repeatable(const char *name)
{
    return strcmp(name, "where") == 0 || strcmp(name, "type") == 0;
}

static enum MHD_Result check_parameter(void *arg, enum MHD_ValueKind kind, const char *name,
                                       const char *value)
{
    (void)kind;
    struct request *request = arg;
    const char *names = request->route->parameters;
    int number = find_name(names, name);
    if (number < 0)
        request_refuse(request, MHD_HTTP_BAD_REQUEST, "no parameter \"%.100s\" here:%s", name,
                       *names ? names : " none");
    else if (!value)
        request_refuse(request, MHD_HTTP_BAD_REQUEST, "parameter %s has no value", name);
    else if (request->seen >> number & 1 && !is_repeatable(name))
        request_refuse(request, MHD_HTTP_BAD_REQUEST, "parameter %s is given twice", name);
    if (request->problem[0])
        return MHD_NO;
    request->seen |= UINT32_C(1) << number;
    return MHD_YES;
}

/* Find the segment that is asked for. Returns 0, or the status of the refusal. */
static unsigned find_subject(struct request *request)
{
    if (find_name(request->route->parameters, "segment") < 0 || request->route->kind == ROUTE_PAGE)
        return 0;
    const char *name =
        MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, "segment");
    if (!name && request->route->of_all)
        return 0;
    request->subject = subjects_take(&request->service->subjects, name);
    if (request->subject)
        request->cs = source_handle(&request->subject->source);
    else if (name)
        return request_refuse(request, MHD_HTTP_NOT_FOUND,
                              "no segment \"%.100s\" is served here: /api/v1/segments lists "
                              "those that are",
                              name);
    else
        return request_no_segment(request);
    return 0;
}

static enum MHD_Result answer(struct request *request, const char *method)
{
    unsigned status = refuse_request(request, method);
    if (status == 0) {
        MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, check_parameter,
                                  request);
        status = request->problem[0] ? MHD_HTTP_BAD_REQUEST : find_subject(request);
    }
    if (status)
        return request_answer_problem(request, status);
    request->content_type = request->route->content_type;
    if (request->route->kind == ROUTE_PAGE)
        return response_send_page(request->connection);
    if (request->route->kind == ROUTE_DOCUMENT)
        return send_document(request);
    return send_events(request);
}

enum MHD_Result request_answer(struct request *request, const char *path, const char *method)
{
    request->route = request->service->find_route(path);
    enum MHD_Result result = answer(request, method);
    subjects_drop(&request->service->subjects, request->subject);
    return result;
}
