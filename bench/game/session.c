/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "session.h"
#include "tracking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX  (64u << 10)
#define OUTPUT_MAX (1u << 20) /* a client that does not read is not worth more memory */

int session_open(struct session *session, struct lws *wsi, int64_t user, const char *addr,
                 uint32_t limit)
{
    *session = (struct session){.wsi = wsi, .user = user};
    return tracking_socket(&session->id, user, addr, limit);
}

void session_close(struct session *session)
{
    while (session->channels)
        channel_close(session->channels);
    tracking_end(&session->id);
    lws_buflist_destroy_all_segments(&session->output);
    free(session->input);
    session->input = NULL;
}

void session_send(struct session *session, json_t *message)
{
    size_t size = json_dumpb(message, NULL, 0, JSON_COMPACT);
    uint8_t *segment = size ? malloc(LWS_PRE + size) : NULL;

    if (segment) {
        json_dumpb(message, (char *)segment + LWS_PRE, size, JSON_COMPACT);
        if (lws_buflist_append_segment(&session->output, segment, LWS_PRE + size) >= 0)
            lws_callback_on_writable(session->wsi);
    }
    free(segment);
    json_decref(message);
}

void session_reply(struct session *session, const struct phoenix_message *to, const char *status,
                   json_t *response)
{
    session_send(session, phoenix_reply(to->join_ref, to->ref, to->topic, status, response));
}

void session_refuse(struct session *session, const struct phoenix_message *to, const char *reason)
{
    session_reply(session, to, "error", json_pack("{s: s}", "reason", reason));
}

int session_write(struct session *session)
{
    uint8_t *segment;
    size_t size;

    if (lws_buflist_total_len(&session->output) > OUTPUT_MAX)
        return -ENOBUFS;
    while ((size = lws_buflist_next_segment_len(&session->output, &segment)) > 0) {
        if (lws_send_pipe_choked(session->wsi)) {
            lws_callback_on_writable(session->wsi);
            return 0;
        }
        if (lws_write(session->wsi, segment + LWS_PRE, size - LWS_PRE, LWS_WRITE_TEXT) < 0)
            return -EPIPE;
        lws_buflist_use_segment(&session->output, size);
    }
    return 0;
}

/* A client that joins a topic again may still have messages of its first join on the way. */
static bool is_of_this_join(const struct channel *channel, const struct phoenix_message *message)
{
    return json_equal(channel->join_ref, message->join_ref);
}

static void dispatch(struct session *session, const struct phoenix_message *message)
{
    struct channel *channel = channel_find(session, message->topic);

    if (strcmp(message->topic, "phoenix") == 0 && strcmp(message->event, "heartbeat") == 0)
        session_reply(session, message, "ok", json_object());
    else if (strcmp(message->event, PHX_JOIN) == 0)
        channel_join(session, message);
    else if (channel && is_of_this_join(channel, message))
        channel_event(channel, message);
    else if (strcmp(message->event, PHX_LEAVE) == 0)
        session_reply(session, message, "ok", json_object());
    else
        session_refuse(session, message, "unmatched topic");
}

static int handle(struct session *session, const char *text, size_t size)
{
    struct phoenix_message message;
    int error = phoenix_decode(&message, text, size);

    if (error)
        return error;
    dispatch(session, &message);
    phoenix_release(&message);
    return 0;
}

static int collect(struct session *session, const char *data, size_t size)
{
    char *input;

    if (session->input_size + size > INPUT_MAX)
        return -EMSGSIZE;
    input = realloc(session->input, session->input_size + size);
    if (!input)
        return -ENOMEM;
    memcpy(input + session->input_size, data, size);
    session->input = input;
    session->input_size += size;
    return 0;
}

int session_receive(struct session *session, const char *data, size_t size, bool last)
{
    int error;

    if (last && session->input_size == 0)
        return handle(session, data, size);
    error = collect(session, data, size);
    if (error || !last)
        return error;
    error = handle(session, session->input, session->input_size);
    session->input_size = 0;
    return error;
}
