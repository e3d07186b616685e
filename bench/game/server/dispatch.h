/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Brings what comes from a client to the session or the channel that it is for.
 */
#ifndef GAME_DISPATCH_H
#define GAME_DISPATCH_H

#include "server/session.h"

/* Take a piece of a message. Negative: the client does not keep to the protocol; hang up. */
int dispatch_receive(struct session *session, const char *data, size_t size, bool last);

/* The client has gone, in whatever way: close its channels and the session. */
void dispatch_close(struct session *session);

#endif
