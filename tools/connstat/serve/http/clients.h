/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The connections to this server, and how long each may take. libmicrohttpd's own time limit
 * starts again with every byte, so a client that drips bytes holds its place for ever. Here the
 * clock runs from the end of the last answer to the end of the next request's headers, and from
 * there to the end of the answer.
 *
 * When places get scarce, the one that has kept us waiting longest goes: an honest client waits
 * milliseconds and is never that one, so a thousand slow clients only drive out each other.
 */
#ifndef SERVE_CLIENTS_H
#define SERVE_CLIENTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENTS_MAX             256
#define CLIENTS_SCARCE          192 /* from this number on, the slowest client is dropped */
#define CLIENTS_REQUEST_SECONDS 10
#define CLIENTS_ANSWER_SECONDS  30

enum client_state {
    CLIENT_IDLE,      /* its next request is not complete yet */
    CLIENT_ANSWERED,  /* its request is being answered */
    CLIENT_STREAMING, /* its answer has no end */
};

struct client {
    struct client *next, *previous;
    int socket;
    enum client_state state;
    int64_t since_ns;    /* since when it is in that state, by CLOCK_MONOTONIC */
    atomic_bool dropped; /* it was shut down, and what is still done for it is in vain */
};

struct clients {
    pthread_mutex_t lock;
    struct client *first;
    size_t count;
};

void clients_init(struct clients *clients);

/* Add a client. Its socket stays the caller's, who must remove the client before closing it. NULL:
 * no memory. */
struct client *clients_add(struct clients *clients, int socket);
void clients_remove(struct clients *clients, struct client *client);
void clients_set_state(struct clients *clients, struct client *client, enum client_state state);

/* Drop the clients whose time is up. Call it once a second. */
void clients_expire(struct clients *clients);

void clients_drop_all(struct clients *clients);

#endif
