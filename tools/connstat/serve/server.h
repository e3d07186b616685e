/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A running server: the sampler, and the threads that answer requests.
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "serve/http/service.h"

struct MHD_Daemon;

struct server {
    struct service service;
    struct MHD_Daemon *daemon;
};

/* Answer requests on a listening socket, which the server then owns: by a sampler, and a thread for
 * each connection. It serves the count segments of these names, or with count 0 all of this
 * machine. The caller sets service.admission before. Returns 0 or a negative errno. */
int server_start(struct server *server, int listener, const char *const *segments, size_t count,
                 double audit_seconds);
void server_stop(struct server *server);

#endif
