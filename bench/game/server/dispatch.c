/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "server/dispatch.h"
#include "server/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (64u << 10)

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
    tracking_touch(session->id);
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

int dispatch_receive(struct session *session, const char *data, size_t size, bool last)
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

void dispatch_close(struct session *session)
{
    while (session->channels)
        channel_close(session->channels);
    tracking_end(&session->id);
    output_clear(&session->output);
    free(session->input);
    session->input = NULL;
}
