/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The topics of a client.
 */
#ifndef GAME_SEAT_H
#define GAME_SEAT_H

#include "swarm/crowd.h"

int seat_type(unsigned number);
void seat_topic(const struct client *client, unsigned number, char *topic, size_t size);
/* What to send next for this client into text; 0: nothing. */
size_t seat_next_message(struct client *client, char *text, size_t size);
void seat_receive(struct client *client, const char *text, size_t size);
/* Join where he is not, leave where he is. */
void seat_toggle(struct client *client, unsigned number);
void seats_clear(struct client *client);

#endif
