/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/http/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>

#include "serve/http/request.h"

#define HTTP_STACK_BYTES   (512 * 1024)
#define HTTP_REQUEST_BYTES (24 * 1024) /* request line, headers and the output buffer */
#define HTTP_SILENCE_SECONDS                                                                       \
    15 /* a connection ends after so long without a byte in either direction */

static bool has_body(const struct request *request)
{
    const char *length = request_header(request, "Content-Length");
    return (length && strcmp(length, "0") != 0) || request_header(request, "Transfer-Encoding");
}

/* What the context of a request points to: the address had a NUL; or on_request was called
 * before. */
static char has_nul, is_known;

/* Called with the whole address. A NUL in it would end the path or a value early, which would mean
 * another. */
static void *on_address(void *arg, const char *address, struct MHD_Connection *connection)
{
    (void)arg;
    (void)connection;
    return strstr(address, "%00") ? &has_nul : NULL;
}

/* Refuse what can be refused before any body comes. Returns 0, or the status of the refusal. */
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
    (void)body;
    struct service *service = arg;
    struct request request = {.service = service, .connection = connection, .version = version};
    request.client =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (!request.client)
        return MHD_NO; /* there was no memory for it when it came */

    if (*context != &is_known) {
        clients_set_state(&service->clients, request.client, CLIENT_ANSWERED);
        unsigned status = refuse_early(&request, *context);
        *context = &is_known;
        return status ? request_answer_problem(&request, status) : MHD_YES;
    }
    if (*body_size)
        return MHD_NO;
    return request_answer(&request, path, method);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    (void)code;
    struct service *service = arg;
    struct client *client =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (client)
        clients_set_state(&service->clients, client, CLIENT_IDLE);
    *context = NULL;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct service *service = arg;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        int socket =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        *socket_context = clients_add(&service->clients, socket);
    } else if (*socket_context) {
        clients_remove(&service->clients, *socket_context);
    }
}

/* Messages about what clients do wrong are dropped: clients could fill our log with them. */
static void on_log(void *arg, const char *format, va_list arguments)
{
    (void)arg;
    (void)format;
    (void)arguments;
}

/* Each connection has a thread of its own, so that one whose answer takes long, or whose client
 * reads slowly, holds up nobody else. */
int http_start(struct MHD_Daemon **daemon, struct service *service, int listener)
{
    unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ITC |
                     MHD_USE_ERROR_LOG;
    *daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, service, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_THREAD_STACK_SIZE, (size_t)HTTP_STACK_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CLIENTS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HTTP_REQUEST_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_SILENCE_SECONDS,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_address, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, service, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, service, MHD_OPTION_END);
    return *daemon ? 0 : -(errno ? errno : EIO);
}

void http_stop(struct MHD_Daemon *daemon)
{
    MHD_stop_daemon(daemon);
}
