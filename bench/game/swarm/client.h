/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * One client: connecting, coming and going.
 */
#ifndef GAME_CLIENT_H
#define GAME_CLIENT_H

#include "swarm/crowd.h"

extern const struct lws_protocols client_protocols[];

void client_connect(struct client *client, struct lws_context *context);
/* Do one operation of churn on an open client that has no answer outstanding. */
void client_churn(struct client *client);

/* How many are in this state, and how many have answers outstanding. */
unsigned clients_in(enum client_state state);
unsigned clients_waiting(void);

#endif
