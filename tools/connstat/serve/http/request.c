/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/http/request.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/failure.h"
#include "web/page.h"

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
    source_problem(&request->service->sampler.source, request->problem, sizeof(request->problem));
    return MHD_HTTP_SERVICE_UNAVAILABLE;
}

const char *request_header(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

struct jsonw request_document_of(const struct request *request, int schema)
{
    struct jsonw json = jsonw_document_of(request->out, schema);
    jsonw_text(&json, "segment", segment_name(request->service->sampler.source.name));
    return json;
}

struct jsonw request_document(const struct request *request)
{
    return request_document_of(request, SCHEMA);
}

static void add_headers(struct MHD_Response *response, unsigned status, const char *content_type)
{
    static const struct {
        const char *name, *value;
    } always[] = {
        {"Cache-Control", "no-store"},
        {"Content-Security-Policy", PAGE_CONTENT_SECURITY_POLICY},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Referrer-Policy", "no-referrer"},
        {"X-Content-Type-Options", "nosniff"},
    };
    for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
        MHD_add_response_header(response, always[i].name, always[i].value);
    MHD_add_response_header(response, "Content-Type", content_type);
    if (status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"connstat\"");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
        MHD_add_response_header(response, "Retry-After", "2");
}

static enum MHD_Result send_response(struct request *request, unsigned status,
                                     const char *content_type, struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    add_headers(response, status, content_type);
    enum MHD_Result result = MHD_queue_response(request->connection, status, response);
    MHD_destroy_response(response);
    return result;
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
    return send_response(request, status, "application/json",
                         MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE));
}

static enum MHD_Result send_page(struct request *request)
{
    return send_response(
        request, MHD_HTTP_OK, "text/html; charset=utf-8",
        MHD_create_response_from_buffer(page_size, (void *)page_bytes, MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result send_events(struct request *request)
{
    struct MHD_Response *response =
        events_response(&request->service->events, &request->service->sampler);
    if (!response) {
        request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
                       "%d streams of events are open already: poll /api/v1/counts, or wait",
                       EVENTS_MAX_STREAMS);
        return request_answer_problem(request, MHD_HTTP_SERVICE_UNAVAILABLE);
    }
    clients_set_state(&request->service->clients, request->client, CLIENT_STREAMING);
    return send_response(request, MHD_HTTP_OK, "text/event-stream", response);
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
    return send_response(request, status, request->route->content_type,
                         MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE));
}

/* Returns 0, or the status of the refusal. */
static unsigned refuse_request(struct request *request, const char *method)
{
    const struct route *route = request->route;
    const struct admission *admission = &request->service->admission;
    const char *host = request_header(request, "Host");
    if (!host)
        return request_refuse(request, MHD_HTTP_BAD_REQUEST, "the Host header is missing");
    if (!admission_knows_host(admission, host))
        return request_refuse(request, MHD_HTTP_FORBIDDEN,
                              "this server does not answer to \"%.100s\": use its address, or "
                              "start it with --allow-host and that name",
                              host);
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return request_refuse(request, MHD_HTTP_METHOD_NOT_ALLOWED,
                              "only GET and HEAD: this server changes nothing");
    /* The page itself is the same for everybody and asks for the token. */
    if ((!route || route->kind != ROUTE_PAGE) &&
        !admission_knows_token(admission, request_header(request, "Authorization")))
        return request_refuse(request, MHD_HTTP_UNAUTHORIZED,
                              "a token is needed: Authorization: Bearer TOKEN");
    if (!route)
        return request_refuse(request, MHD_HTTP_NOT_FOUND,
                              "no such path: / is the page, "
                              "and /api/v1 lists the rest");
    return 0;
}

enum MHD_Result request_answer(struct request *request, const char *path, const char *method)
{
    request->route = request->service->find_route(path);
    unsigned status = refuse_request(request, method);
    if (status)
        return request_answer_problem(request, status);
    if (request->route->kind == ROUTE_PAGE)
        return send_page(request);
    if (request->route->kind == ROUTE_EVENTS)
        return send_events(request);
    return send_document(request);
}
