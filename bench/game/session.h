/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * One WebSocket client of a worker, and the channels that it has joined.
 */
#ifndef GAME_SESSION_H
#define GAME_SESSION_H

#include "output.h"
#include "phoenix.h"
#include "topic.h"
#include "tracking.h"

struct session {
    struct lws *wsi;
    struct tracked_user user; /* 0: he did not say who he is */
    connstat_id id;
    struct channel *channels;
    struct output output;
    char *input; /* of a message that comes in pieces */
    size_t input_size;
};

struct channel {
    struct channel *prev, *next; /* of its session */
    struct channel *prev_listener, *next_listener;
    struct session *session;
    char *name; /* the topic as the client wrote it */
    struct topic topic;
    json_t *join_ref;
    connstat_id id, peer;
};

/* A client came. limit: sockets a user may have (0: any number).
 * Returns 0, or -EDQUOT: he has that many. */
int session_open(struct session *session, struct lws *wsi, int64_t user, const char *addr,
                 uint32_t limit);
/* It went, in whatever way. */
void session_close(struct session *session);

/* A piece of a message came. Negative: the client does not keep to the protocol; hang up. */
int session_receive(struct session *session, const char *data, size_t size, bool last);

/* Queue a message. Takes it over; NULL does nothing. */
void session_send(struct session *session, json_t *message);

/* The reply to a message of the client. Takes response over. */
void session_reply(struct session *session, const struct phoenix_message *to, const char *status,
                   json_t *response);
/* The same with status "error" and {"reason": reason}. */
void session_refuse(struct session *session, const struct phoenix_message *to, const char *reason);

/* ---- channel.c: what the events of a channel do ---- */

struct channel *channel_find(const struct session *session, const char *name);
void channel_join(struct session *session, const struct phoenix_message *message);
void channel_event(struct channel *channel, const struct phoenix_message *message);
void channel_close(struct channel *channel);

/* Tell those of this worker who are on topic "lobbies". */
void channel_announce_offline(int64_t user);

#endif
