/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/http/clients.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "common/clock.h"

void clients_init(struct clients *clients)
{
    *clients = (struct clients){.lock = PTHREAD_MUTEX_INITIALIZER};
}

/* Shut the socket down, but do not close it: so its number stays taken, and cannot become another
 * connection's before libmicrohttpd has seen the end and removed the client. */
static void drop(struct client *client)
{
    atomic_store(&client->dropped, true);
    shutdown(client->socket, SHUT_RDWR);
}

static void drop_slowest(struct clients *clients)
{
    struct client *slowest = NULL;
    for (struct client *client = clients->first; client; client = client->next) {
        if (client->state == CLIENT_STREAMING || atomic_load(&client->dropped))
            continue;
        if (!slowest || client->state < slowest->state ||
            (client->state == slowest->state && client->since_ns < slowest->since_ns))
            slowest = client;
    }
    if (slowest)
        drop(slowest);
}

struct client *clients_add(struct clients *clients, int socket)
{
    struct client *client = malloc(sizeof(*client));
    if (!client)
        return NULL;
    *client =
        (struct client){.socket = socket, .state = CLIENT_IDLE, .since_ns = clock_monotonic_ns()};

    pthread_mutex_lock(&clients->lock);
    if (clients->count >= CLIENTS_SCARCE)
        drop_slowest(clients);
    client->next = clients->first;
    if (client->next)
        client->next->previous = client;
    clients->first = client;
    clients->count++;
    pthread_mutex_unlock(&clients->lock);
    return client;
}

void clients_remove(struct clients *clients, struct client *client)
{
    pthread_mutex_lock(&clients->lock);
    if (client->previous)
        client->previous->next = client->next;
    else
        clients->first = client->next;
    if (client->next)
        client->next->previous = client->previous;
    clients->count--;
    pthread_mutex_unlock(&clients->lock);
    free(client);
}

void clients_set_state(struct clients *clients, struct client *client, enum client_state state)
{
    pthread_mutex_lock(&clients->lock);
    client->state = state;
    client->since_ns = clock_monotonic_ns();
    pthread_mutex_unlock(&clients->lock);
}

static int64_t limit_seconds(enum client_state state)
{
    switch (state) {
    case CLIENT_IDLE:
        return CLIENTS_REQUEST_SECONDS;
    case CLIENT_ANSWERED:
        return CLIENTS_ANSWER_SECONDS;
    default:
        return INT64_MAX / 1000000000;
    }
}

void clients_expire(struct clients *clients)
{
    int64_t now = clock_monotonic_ns();
    pthread_mutex_lock(&clients->lock);
    for (struct client *client = clients->first; client; client = client->next) {
        if (!atomic_load(&client->dropped) &&
            (now - client->since_ns) / 1000000000 >= limit_seconds(client->state))
            drop(client);
    }
    pthread_mutex_unlock(&clients->lock);
}

void clients_drop_all(struct clients *clients)
{
    pthread_mutex_lock(&clients->lock);
    for (struct client *client = clients->first; client; client = client->next)
        drop(client);
    pthread_mutex_unlock(&clients->lock);
}
