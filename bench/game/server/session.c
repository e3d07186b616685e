/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "server/session.h"

int session_open(struct session *session, struct lws *wsi, int64_t user,
                 const struct tracked_peer *peer, uint32_t limit)
{
    *session = (struct session){.wsi = wsi,
                                .user = tracking_user(user),
                                .peer = *peer,
                                .may_authenticate = user == 0 && limit == 0};
    return tracking_socket(&session->id, &session->user, peer, limit);
}

void session_authenticate(struct session *session, int64_t user)
{
    session->user = tracking_user(user);
    session->may_authenticate = false;
    tracking_authenticated(session->id, &session->user, &session->peer);
}

void session_send(struct session *session, json_t *message)
{
    struct output_message *encoded = output_encode(message);

    output_queue(&session->output, session->wsi, encoded);
    output_release(encoded);
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
