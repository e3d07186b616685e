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
    struct tracked_user user; /* 0: he did not say who he is */
    connstat_id id;
    struct channel *channels; /* that it has joined */
    struct output output;
    char *input; /* of a message that comes in pieces */
    size_t input_size;
};

/* A client came. limit: sockets a user may have (0: any number).
 * Returns 0, or -EDQUOT: he has that many. */
int session_open(struct session *session, struct lws *wsi, int64_t user, const char *addr,
                 uint32_t limit);

/* Queue a message. Takes it over; NULL does nothing. */
void session_send(struct session *session, json_t *message);

/* The reply to a message of the client. Takes response over. */
void session_reply(struct session *session, const struct phoenix_message *to, const char *status,
                   json_t *response);
/* The same with status "error" and {"reason": reason}. */
void session_refuse(struct session *session, const struct phoenix_message *to, const char *reason);

#endif
