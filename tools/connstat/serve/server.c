/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/server.h"

#include <unistd.h>

#include "serve/api/routes.h"
#include "serve/http/http.h"

static void after_sample(void *arg)
{
    struct service *service = arg;
    events_wake(&service->events);
    clients_expire(&service->clients);
}

int server_start(struct server *server, int listener, const char *const *segments, size_t count,
                 double audit_seconds)
{
    struct service *service = &server->service;
    service->find_route = route_find;
    clients_init(&service->clients);
    events_init(&service->events);
    turns_init(&service->turns);
    int error = subjects_init(&service->subjects, segments, count, audit_seconds);
    if (error == 0)
        error = sampler_start(&service->sampler, &service->subjects, after_sample, service);
    if (error == 0)
        error = http_start(&server->daemon, service, listener);
    if (error != 0)
        close(listener);
    return error;
}

void server_stop(struct server *server)
{
    struct service *service = &server->service;
    sampler_stop(&service->sampler);
    events_close(&service->events);
    turns_close(&service->turns);
    clients_drop_all(&service->clients);
    http_stop(server->daemon);
    subjects_free(&service->subjects);
}
