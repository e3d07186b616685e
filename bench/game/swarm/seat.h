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
/* Write into text what this client has to send next. Returns its length; 0: nothing. */
size_t seat_next_message(struct client *client, char *text, size_t size);
void seat_receive(struct client *client, const char *text, size_t size);
/* Join the topic if the client is not on it, otherwise leave it. */
void seat_toggle(struct client *client, unsigned number);
void seats_clear(struct client *client);

#endif
