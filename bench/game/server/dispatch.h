/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What comes from a client, to the session or to the channel that it is for.
 */
#ifndef GAME_DISPATCH_H
#define GAME_DISPATCH_H

#include "server/session.h"

/* A piece of a message came. Negative: the client does not keep to the protocol; hang up. */
int dispatch_receive(struct session *session, const char *data, size_t size, bool last);

/* The client went, in whatever way: close its channels and the session. */
void dispatch_close(struct session *session);

#endif
