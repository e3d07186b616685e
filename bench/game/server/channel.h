/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A channel that a client has joined, and what its events do.
 */
#ifndef GAME_CHANNEL_H
#define GAME_CHANNEL_H

#include "server/session.h"
#include "topic.h"

struct channel {
    struct channel *prev, *next; /* of its session */
    struct channel *prev_listener, *next_listener;
    struct session *session;
    char *name; /* the topic as the client wrote it */
    struct topic topic;
    json_t *join_ref;
    int64_t user; /* its session's when it was joined */
    connstat_id id, peer;
};

struct channel *channel_find(const struct session *session, const char *name);
void channel_join(struct session *session, const struct phoenix_message *message);
void channel_event(struct channel *channel, const struct phoenix_message *message);
void channel_close(struct channel *channel);

/* Tell the clients of this worker who have joined the topic "lobbies" that the user went
 * offline. */
void channel_announce_offline(int64_t user);

#endif
