/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * One WebSocket client of a worker.
 */
#ifndef GAME_SESSION_H
#define GAME_SESSION_H

#include "phoenix.h"
#include "server/output.h"
#include "server/tracking.h"

struct session {
    struct lws *wsi;
    struct tracked_user user; /* .id is 0 as long as the client did not say who he is */
    bool may_authenticate;    /* he may still say it */
    struct tracked_peer peer;
    connstat_id id;
    struct channel *channels; /* that it has joined */
    struct output output;
    char *input; /* of a message that comes in pieces */
    size_t input_size;
};

/* Begin a session for a client that came. limit: how many sockets a user may have (0: any number).
 * Returns 0; or -EDQUOT where he has that many. */
int session_open(struct session *session, struct lws *wsi, int64_t user,
                 const struct tracked_peer *peer, uint32_t limit);

/* Now the client says who he is, who may_authenticate. Not where a user's sockets are limited: that
 * is decided when a socket comes. */
void session_authenticate(struct session *session, int64_t user);

/* Queue a message, which the session then owns; NULL does nothing. */
void session_send(struct session *session, json_t *message);

/* Queue the reply to a message of the client. It owns response from then on. */
void session_reply(struct session *session, const struct phoenix_message *to, const char *status,
                   json_t *response);
/* The same with status "error" and {"reason": reason}. */
void session_refuse(struct session *session, const struct phoenix_message *to, const char *reason);

#endif
