/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "server/worker.h"
#include "server/channel.h"
#include "server/dispatch.h"
#include "server/presence.h"
#include "server/tracking.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define ACCEPT_BURST 64
#define ARGUMENT_MAX 256 /* of the URL */

static struct {
    const struct server_options *options;
    struct lws_vhost *vhost;
    int listener, link;
    bool ending;
} worker;

/* "?user_id=42": who the client says he is. The server has no accounts, and believes him. */
static int read_user(struct lws *wsi, int64_t *user)
{
    char argument[ARGUMENT_MAX];
    const char *text = lws_get_urlarg_by_name(wsi, "user_id=", argument, sizeof(argument));

    *user = 0;
    return text ? topic_read_id(user, text) : 0;
}

static bool speaks_our_version(struct lws *wsi)
{
    char argument[ARGUMENT_MAX];
    const char *version = lws_get_urlarg_by_name(wsi, "vsn=", argument, sizeof(argument));

    return version && strcmp(version, PHOENIX_VERSION) == 0;
}

/* Decide about a handshake as Phoenix would. Returns 0 to accept it, or the HTTP status for an
 * unknown path, another protocol version, or what connect/3 would refuse. */
static unsigned admit(struct lws *wsi, struct session *session)
{
    char path[sizeof(PHOENIX_PATH) + 1];
    struct tracked_peer peer = {.fd = lws_get_socket_fd(wsi)};
    int64_t user;

    if (lws_hdr_copy(wsi, path, sizeof(path), WSI_TOKEN_GET_URI) < 0 ||
        strcmp(path, PHOENIX_PATH) != 0)
        return HTTP_STATUS_NOT_FOUND;
    if (!speaks_our_version(wsi) || read_user(wsi, &user) != 0)
        return HTTP_STATUS_FORBIDDEN;
    lws_get_peer_simple(wsi, peer.addr, sizeof(peer.addr));
    if (session_open(session, wsi, user, &peer, worker.options->max_sockets_per_user) != 0)
        return HTTP_STATUS_FORBIDDEN;
    return 0;
}

static int on_client(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t size)
{
    struct session *session = user;
    unsigned status;

    switch (reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        status = admit(wsi, session);
        if (status)
            lws_return_http_status(wsi, status, NULL);
        return status != 0;
    case LWS_CALLBACK_RECEIVE:
        if (dispatch_receive(session, in, size,
                             lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi)) <
            0) {
            lws_close_reason(wsi, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, NULL, 0);
            return -1;
        }
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return output_write(&session->output, wsi) < 0 ? -1 : 0;
    case LWS_CALLBACK_CLOSED: /* also after a refused handshake */
        dispatch_close(session);
        return 0;
    default:
        return lws_callback_http_dummy(wsi, reason, user, in, size);
    }
}

static int on_listener(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                       size_t size)
{
    (void)wsi, (void)user, (void)in, (void)size;
    if (reason != LWS_CALLBACK_RAW_RX_FILE)
        return 0;
    for (int i = 0; i < ACCEPT_BURST; i++) {
        int fd = accept4(worker.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0)
            break;
        lws_adopt_socket_vhost(worker.vhost, fd);
    }
    return 0;
}

static int on_link(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                   size_t size)
{
    int64_t users[PRESENCE_NOTES_MAX];
    ssize_t got;

    (void)wsi, (void)user, (void)in, (void)size;
    if (reason == LWS_CALLBACK_RAW_CLOSE_FILE)
        worker.ending = true;
    if (reason != LWS_CALLBACK_RAW_RX_FILE)
        return 0;
    while ((got = recv(worker.link, users, sizeof(users), MSG_DONTWAIT)) > 0)
        for (size_t i = 0; i < (size_t)got / sizeof(*users); i++)
            channel_announce_offline(users[i]);
    if (got == 0 || errno != EAGAIN)
        worker.ending = true;
    return 0;
}

static const struct lws_protocols protocols[] = {
    {.name = "phoenix",
     .callback = on_client,
     .per_session_data_size = sizeof(struct session),
     .rx_buffer_size = 4096},
    {.name = "listener", .callback = on_listener},
    {.name = "link", .callback = on_link},
    {.name = NULL},
};

static struct lws_context *make_context(void)
{
    uint16_t timeout = worker.options->ping_timeout;
    static lws_retry_bo_t idle;
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME,
        .retry_and_idle_policy = &idle,
        .max_http_header_pool = 256, /* handshakes at a time */
    };
    struct lws_context *context;

    idle.secs_since_valid_ping = timeout / 2;
    idle.secs_since_valid_hangup = timeout;
    lws_set_log_level(LLL_ERR, NULL);
    context = lws_create_context(&info);
    worker.vhost = context ? lws_get_vhost_by_name(context, "default") : NULL;
    return context;
}

static bool watch(int fd, const char *protocol)
{
    lws_sock_file_fd_type file = {.filefd = fd};

    return lws_adopt_descriptor_vhost(worker.vhost, LWS_ADOPT_RAW_FILE_DESC, file, protocol, NULL);
}

int worker_run(const struct server_options *options, unsigned number, int listener, int link)
{
    struct lws_context *context;
    int error = 0;

    worker.options = options;
    worker.listener = listener;
    worker.link = link;
    context = make_context();
    if (!context || !watch(listener, "listener") || !watch(link, "link")) {
        fprintf(stderr, "gameserver: worker %u cannot start libwebsockets\n", number);
        return 1;
    }
    tracking_join(number);
    while (!worker.ending && error >= 0) {
        error = lws_service(context, 0);
        if (presence_flush(link) < 0)
            break;
    }
    lws_context_destroy(context);
    tracking_leave();
    return 0;
}
