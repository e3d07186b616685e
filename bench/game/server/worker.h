/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A worker process: libwebsockets' loop over one listener, its clients, and the link to the
 * master.
 */
#ifndef GAME_WORKER_H
#define GAME_WORKER_H

#include "server/options.h"

/* Serve until the master closes its end of link. Returns the exit status. */
int worker_run(const struct server_options *options, unsigned number, int listener, int link);

#endif
