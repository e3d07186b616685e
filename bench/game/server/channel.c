/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a Phoenix server answers to the events of a channel:
 *
 *   join      reply ok; or reply error with a reason, and the official client tries again later
 *   join of a topic that is joined already: the old channel gets phx_close, the new one is joined
 *   leave     reply ok, then phx_close
 *   an event that the channel does not know: the channel crashes, phx_error; the client rejoins
 */
#include "server/channel.h"
#include "server/presence.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static struct channel *listeners; /* this worker's channels on "lobbies" */

struct channel *channel_find(const struct session *session, const char *name)
{
    struct channel *channel;

    DL_FOREACH(session->channels, channel)
    if (strcmp(channel->name, name) == 0)
        return channel;
    return NULL;
}

/* Whether the channel makes its user present. A live view does not: it is only a connection. */
static bool counts_as_presence(const struct channel *channel)
{
    return channel->user && channel->topic.type != CONNSTAT_LIVE_VIEW;
}

static bool wants_to_watch(const struct phoenix_message *message)
{
    const char *role = json_string_value(json_object_get(message->payload, "role"));

    return role && strcmp(role, "spectator") == 0;
}

static struct channel *open_channel(struct session *session, const struct phoenix_message *message,
                                    const struct topic *topic)
{
    struct channel *channel = calloc(1, sizeof(*channel));
    char *name = strdup(message->topic);

    if (!channel || !name) {
        free(channel);
        free(name);
        return NULL;
    }
    channel->session = session;
    channel->name = name;
    channel->topic = *topic;
    channel->join_ref = json_incref(message->join_ref);
    channel->user = session->user.id;
    tracking_channel(&channel->id, topic, &session->user, wants_to_watch(message));
    DL_APPEND(session->channels, channel);
    if (topic->type == CONNSTAT_LOBBIES_CHANNEL)
        DL_APPEND2(listeners, channel, prev_listener, next_listener);
    if (counts_as_presence(channel))
        presence_arrive(channel->user);
    return channel;
}

void channel_close(struct channel *channel)
{
    struct session *session = channel->session;

    tracking_end(&channel->peer);
    tracking_end(&channel->id);
    if (counts_as_presence(channel))
        presence_depart(channel->user);
    if (channel->topic.type == CONNSTAT_LOBBIES_CHANNEL)
        DL_DELETE2(listeners, channel, prev_listener, next_listener);
    DL_DELETE(session->channels, channel);
    json_decref(channel->join_ref);
    free(channel->name);
    free(channel);
}

/* Close the channel, and tell its client by the event phx_close or phx_error. */
static void end_channel(struct channel *channel, const char *event)
{
    session_send(channel->session, phoenix_message(channel->join_ref, channel->join_ref,
                                                   channel->name, event, json_object()));
    channel_close(channel);
}

static const char *why_not(const struct session *session, struct topic *topic, const char *name)
{
    if (topic_read(topic, name) != 0)
        return "unmatched topic";
    if (topic->type == CONNSTAT_USER_CHANNEL && topic->id != session->user.id &&
        !session->may_authenticate)
        return "unauthorized";
    return NULL;
}

void channel_join(struct session *session, const struct phoenix_message *message)
{
    struct channel *former = channel_find(session, message->topic);
    struct topic topic;
    const char *reason = why_not(session, &topic, message->topic);

    if (former)
        end_channel(former, PHX_CLOSE);
    if (!reason && topic.type == CONNSTAT_USER_CHANNEL && session->may_authenticate)
        session_authenticate(session, topic.id);
    if (!reason && !open_channel(session, message, &topic))
        reason = "join crashed";
    if (reason)
        session_refuse(session, message, reason);
    else
        session_reply(session, message, "ok", json_object());
}

/* Signalling as far as a server sees it: no media and no candidates pass here. An offer for a peer
 * that exists already renegotiates it. */
static void webrtc_offer(struct channel *channel, const struct phoenix_message *message)
{
    if (!channel->peer)
        tracking_peer(&channel->peer, &channel->session->user);
    session_reply(channel->session, message, "ok",
                  json_pack("{s: n, s: s}", "answer", "note", "signalling only, no media here"));
}

static void webrtc_close(struct channel *channel, const struct phoenix_message *message)
{
    tracking_end(&channel->peer);
    session_reply(channel->session, message, "ok", json_object());
}

static void change_role(struct channel *channel, const struct phoenix_message *message)
{
    tracking_role(channel->id, &channel->topic, channel->user, wants_to_watch(message));
    session_reply(channel->session, message, "ok", json_object());
}

void channel_event(struct channel *channel, const struct phoenix_message *message)
{
    bool is_user = channel->topic.type == CONNSTAT_USER_CHANNEL;
    bool is_lobby = channel->topic.type == CONNSTAT_LOBBY_CHANNEL;

    tracking_touch(channel->id);
    if (strcmp(message->event, PHX_LEAVE) == 0) {
        session_reply(channel->session, message, "ok", json_object());
        end_channel(channel, PHX_CLOSE);
    } else if (is_user && strcmp(message->event, "webrtc:offer") == 0) {
        webrtc_offer(channel, message);
    } else if (is_user && strcmp(message->event, "webrtc:close") == 0) {
        webrtc_close(channel, message);
    } else if (is_lobby && strcmp(message->event, "role") == 0) {
        change_role(channel, message);
    } else {
        end_channel(channel, PHX_ERROR);
    }
}

void channel_announce_offline(int64_t user)
{
    struct output_message *message = output_encode(phoenix_message(
        NULL, NULL, "lobbies", "user_offline", json_pack("{s: I}", "user_id", (json_int_t)user)));
    struct channel *channel;

    DL_FOREACH2(listeners, channel, next_listener)
    output_queue(&channel->session->output, channel->session->wsi, message);
    output_release(message);
}
