/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Phoenix Channels, protocol version 2 in JSON: a message is the array
 * [join_ref, ref, topic, event, payload]. Server and swarm read and write it here.
 */
#ifndef GAME_PHOENIX_H
#define GAME_PHOENIX_H

#include <jansson.h>
#include <stddef.h>

#define PHOENIX_PATH    "/socket/websocket"
#define PHOENIX_VERSION "2.0.0"

#define PHX_JOIN  "phx_join"
#define PHX_LEAVE "phx_leave"
#define PHX_REPLY "phx_reply"
#define PHX_CLOSE "phx_close"
#define PHX_ERROR "phx_error"

struct phoenix_message {
    json_t *array; /* owns the values that the other members point to */
    json_t *join_ref, *ref, *payload;
    const char *topic, *event;
};

/* Returns 0; or -EINVAL for a text that is not a message, and then there is nothing to release. */
int phoenix_decode(struct phoenix_message *message, const char *text, size_t size);
void phoenix_release(struct phoenix_message *message);

/* Make a message. It owns payload from then on, and shares the references (NULL: null). Returns
 * NULL where there is no memory, or where topic or event is not UTF-8. */
json_t *phoenix_message(json_t *join_ref, json_t *ref, const char *topic, const char *event,
                        json_t *payload);

/* Make the phx_reply to ref, which owns response from then on. */
json_t *phoenix_reply(json_t *join_ref, json_t *ref, const char *topic, const char *status,
                      json_t *response);

#endif
