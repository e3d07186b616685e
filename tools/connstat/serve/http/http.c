/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/http/http.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/context.h"
#include "format/json.h"
#include "serve/api/routes.h"
#include "web/page.h"

#define HTTP_STACK_BYTES     (512 * 1024)
#define HTTP_REQUEST_BYTES   (24 * 1024) /* request line, headers and the output buffer */
#define HTTP_SILENCE_SECONDS 15          /* without a byte either way */

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
    attachment_problem(&request->server->attachment, request->problem, sizeof(request->problem));
    return MHD_HTTP_SERVICE_UNAVAILABLE;
}

static const char *request_header(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
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

static enum MHD_Result send_problem(struct request *request, unsigned status)
{
    char *body = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&body, &size);
    if (!out)
        return MHD_NO;
    struct json json = json_start(out);
    json_open(&json, NULL, '{');
    json_unsigned(&json, "schema", SCHEMA);
    json_text(&json, "error", request->problem);
    json_close(&json);
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
    struct MHD_Response *response = events_response(request->server);
    if (!response) {
        request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
                       "%d streams of events are open already: poll /api/v1/counts, or wait",
                       EVENTS_MAX_STREAMS);
        return send_problem(request, MHD_HTTP_SERVICE_UNAVAILABLE);
    }
    clients_set_state(&request->server->clients, request->client, CLIENT_STREAMING);
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
        return send_problem(request, MHD_HTTP_INTERNAL_SERVER_ERROR);
    }
    if (request->problem[0]) {
        free(body);
        return send_problem(request, status);
    }
    return send_response(request, status, request->route->content_type,
                         MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE));
}

/* Returns 0, or the status of the refusal. */
static unsigned refuse_request(struct request *request, const char *method)
{
    const struct route *route = request->route;
    const struct guard *guard = &request->server->guard;
    const char *host = request_header(request, "Host");
    if (!host)
        return request_refuse(request, MHD_HTTP_BAD_REQUEST, "the Host header is missing");
    if (!guard_knows_host(guard, host))
        return request_refuse(request, MHD_HTTP_FORBIDDEN,
                              "this server does not answer to \"%.100s\": use its address, or "
                              "start it with --allow-host and that name",
                              host);
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return request_refuse(request, MHD_HTTP_METHOD_NOT_ALLOWED,
                              "only GET and HEAD: this server changes nothing");
    /* The page itself is the same for everybody and asks for the token. */
    if ((!route || route->kind != ROUTE_PAGE) &&
        !guard_knows_token(guard, request_header(request, "Authorization")))
        return request_refuse(request, MHD_HTTP_UNAUTHORIZED,
                              "a token is needed: Authorization: Bearer TOKEN");
    if (!route)
        return request_refuse(request, MHD_HTTP_NOT_FOUND,
                              "no such path: / is the page, "
                              "and /api/v1 lists the rest");
    return 0;
}

static bool has_body(const struct request *request)
{
    const char *length = request_header(request, "Content-Length");
    return (length && strcmp(length, "0") != 0) || request_header(request, "Transfer-Encoding");
}

static enum MHD_Result answer_request(struct request *request, const char *path, const char *method)
{
    request->route = route_find(path);
    unsigned status = refuse_request(request, method);
    if (status)
        return send_problem(request, status);
    if (request->route->kind == ROUTE_PAGE)
        return send_page(request);
    if (request->route->kind == ROUTE_EVENTS)
        return send_events(request);
    return send_document(request);
}

/* Markers of a request's context: a first and a later call of on_request. */
static char has_nul, is_known;

/* A NUL would end the path or a value early, and mean another. */
static void *on_address(void *arg, const char *address, struct MHD_Connection *connection)
{
    (void)arg;
    (void)connection;
    return strstr(address, "%00") ? &has_nul : NULL;
}

/* Before any body. Returns 0, or the status of a refusal. */
static unsigned refuse_early(struct request *request, const void *context)
{
    if (context == &has_nul)
        return request_refuse(request, MHD_HTTP_BAD_REQUEST, "there is a NUL in the address");
    if (has_body(request))
        return request_refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, "a request has no body here");
    return 0;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_size, void **context)
{
    (void)version;
    (void)body;
    struct server *server = arg;
    struct request request = {.server = server, .connection = connection};
    request.client =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (!request.client)
        return MHD_NO; /* no memory for it when it came */

    if (*context != &is_known) {
        clients_set_state(&server->clients, request.client, CLIENT_ANSWERED);
        unsigned status = refuse_early(&request, *context);
        *context = &is_known;
        return status ? send_problem(&request, status) : MHD_YES;
    }
    if (*body_size)
        return MHD_NO;
    request.cs = attachment_handle(&server->attachment);
    return answer_request(&request, path, method);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    (void)code;
    struct server *server = arg;
    struct client *client =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (client)
        clients_set_state(&server->clients, client, CLIENT_IDLE);
    *context = NULL;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *server = arg;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        int socket =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        *socket_context = clients_add(&server->clients, socket);
    } else if (*socket_context) {
        clients_remove(&server->clients, *socket_context);
    }
}

/* What clients do wrong is theirs; a log that they can fill would be ours. */
static void on_log(void *arg, const char *format, va_list arguments)
{
    (void)arg;
    (void)format;
    (void)arguments;
}

/* A thread a connection: one whose answer takes long, or whose client reads slowly, holds up
 * nobody but itself. */
int http_start(struct server *server, int listener)
{
    unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ITC |
                     MHD_USE_ERROR_LOG;
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_THREAD_STACK_SIZE, (size_t)HTTP_STACK_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CLIENTS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HTTP_REQUEST_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_SILENCE_SECONDS,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_address, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_END);
    return server->daemon ? 0 : -(errno ? errno : EIO);
}

void http_stop(struct server *server)
{
    MHD_stop_daemon(server->daemon);
}
