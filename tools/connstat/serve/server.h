/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The parts of the server that requests are answered from.
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "serve/http/clients.h"
#include "serve/http/events.h"
#include "serve/http/guard.h"
#include "serve/http/turns.h"
#include "serve/sample/attachment.h"
#include "serve/sample/death_tally.h"
#include "serve/sample/history.h"
#include "serve/sample/sampler.h"

struct MHD_Daemon;

struct server {
    struct guard guard;
    struct attachment attachment;
    struct death_tally deaths;
    struct history history;
    struct sampler sampler;
    struct clients clients;
    struct events events;
    struct turns turns;
    struct MHD_Daemon *daemon;
};

/* Answer requests on a listening socket, which the server takes over: a sampler and a
 * thread for each connection. guard is the caller's business, before. Returns 0 or a negative
 * errno. */
int server_start(struct server *server, int listener, const char *segment);
void server_stop(struct server *server);

#endif
