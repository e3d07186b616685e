/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "swarm/client.h"
#include "phoenix.h"
#include "swarm/seat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define RETRY_AFTER_US 200000
#define MESSAGE_MAX    512

/* What each client joins first: user:ID, lobby:ID, party:ID. */
#define FIRST_SEATS 3

static unsigned states[CLIENT_ENDING + 1];
static unsigned waiting;

static void set_state(struct client *client, enum client_state state)
{
    if (client->state != CLIENT_IDLE)
        states[client->state]--;
    client->state = state;
    if (state != CLIENT_IDLE)
        states[state]++;
}

unsigned clients_in(enum client_state state)
{
    return state == CLIENT_IDLE ? swarm_options.clients - states[CLIENT_CONNECTING] -
                                      states[CLIENT_OPEN] - states[CLIENT_ENDING]
                                : states[state];
}

unsigned clients_waiting(void)
{
    return waiting;
}

void client_connect(struct client *client, struct lws_context *context)
{
    char path[128];
    struct lws_client_connect_info info = {
        .context = context,
        .address = "127.0.0.1",
        .host = "127.0.0.1",
        .origin = "127.0.0.1",
        .port = swarm_options.port,
        .path = path,
        .local_protocol_name = client_protocols[0].name,
        .opaque_user_data = client,
        .pwsi = &client->wsi,
    };

    snprintf(path, sizeof(path), "%s?vsn=%s&user_id=%lld", PHOENIX_PATH, PHOENIX_VERSION,
             (long long)client->user);
    seats_clear(client);
    client->last_ref = 0;
    set_state(client, CLIENT_CONNECTING);
    lws_client_connect_via_info(&info); /* a failure is told by on_event */
}

static void end(struct client *client)
{
    client->end = random() % 2 ? END_BY_DROP : END_BY_CLOSE;
    set_state(client, CLIENT_ENDING);
    lws_callback_on_writable(client->wsi);
}

void client_churn(struct client *client)
{
    if ((unsigned)(random() % 100) < swarm_options.reconnect) {
        end(client);
        return;
    }
    seat_toggle(client, (unsigned)random() % SWARM_TOPICS);
    waiting++;
}

static void established(struct client *client)
{
    swarm_counters.connections++;
    set_state(client, CLIENT_OPEN);
    for (unsigned i = 0; i < FIRST_SEATS; i++)
        seat_toggle(client, i);
    waiting++;
}

static void failed(struct client *client, const char *reason)
{
    if (reason && strstr(reason, "403"))
        swarm_counters.refused++;
    else
        swarm_counters.connect_errors++;
    client->retry_at = lws_now_usecs() + RETRY_AFTER_US;
    client->wsi = NULL;
    set_state(client, CLIENT_IDLE);
}

static void closed(struct client *client)
{
    if (client->state == CLIENT_OPEN)
        swarm_counters.lost++;
    else if (client->end == END_BY_DROP)
        swarm_counters.drops++;
    else
        swarm_counters.closes++;
    if (client->unanswered)
        waiting--;
    seats_clear(client);
    client->wsi = NULL;
    set_state(client, CLIENT_IDLE);
}

static void receive(struct client *client, const char *text, size_t size)
{
    bool was_waiting = client->unanswered > 0;

    seat_receive(client, text, size);
    if (!was_waiting || client->unanswered)
        return;
    waiting--;
    if (swarm_churning && swarm_options.rate == 0 && client->state == CLIENT_OPEN)
        client_churn(client);
}

/* Write the next message. A result other than 0 makes libwebsockets close the connection, with a
 * close frame. */
static int write_next(struct client *client)
{
    unsigned char buffer[LWS_PRE + MESSAGE_MAX];
    size_t size;

    if (client->state == CLIENT_ENDING) {
        if (client->end == END_BY_DROP) {
            shutdown(lws_get_socket_fd(client->wsi), SHUT_RDWR);
            return 0;
        }
        lws_close_reason(client->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
        return -1;
    }
    size = seat_next_message(client, (char *)buffer + LWS_PRE, MESSAGE_MAX);
    if (size == 0)
        return 0;
    lws_callback_on_writable(client->wsi);
    return lws_write(client->wsi, buffer + LWS_PRE, size, LWS_WRITE_TEXT) < 0 ? -1 : 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t size)
{
    struct client *client = lws_get_opaque_user_data(wsi);

    (void)user;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        established(client);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        failed(client, in);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        receive(client, in, size);
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return write_next(client);
    case LWS_CALLBACK_CLIENT_CLOSED:
        closed(client);
        return 0;
    default:
        return 0;
    }
}

/* Every message of the server fits one buffer and comes whole. */
const struct lws_protocols client_protocols[] = {
    {.name = "swarm", .callback = on_event, .rx_buffer_size = 4096},
    {.name = NULL},
};
