/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/server.h"

#include <unistd.h>

#include "serve/http/http.h"

static void after_sample(void *arg)
{
    struct server *server = arg;
    events_wake(&server->events);
    clients_expire(&server->clients);
}

int server_start(struct server *server, int listener, const char *segment)
{
    death_tally_init(&server->deaths);
    clients_init(&server->clients);
    events_init(&server->events);
    turns_init(&server->turns);
    attachment_init(&server->attachment, segment);
    int error = history_init(&server->history);
    if (error == 0) {
        server->sampler = (struct sampler){
            .attachment = &server->attachment,
            .deaths = &server->deaths,
            .history = &server->history,
            .after = after_sample,
            .after_arg = server,
        };
        error = sampler_start(&server->sampler);
    }
    if (error == 0)
        error = http_start(server, listener);
    if (error != 0)
        close(listener);
    return error;
}

void server_stop(struct server *server)
{
    sampler_stop(&server->sampler);
    events_close(&server->events);
    turns_close(&server->turns);
    clients_drop_all(&server->clients);
    http_stop(server);
    attachment_close(&server->attachment);
    history_free(&server->history);
}
