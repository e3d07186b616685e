/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The clients that a swarm consists of, what it was told to do with them, and what it counts.
 */
#ifndef GAME_CROWD_H
#define GAME_CROWD_H

#include <jansson.h>
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdint.h>

/* A client may be on one topic of each kind that the game has. */
#define SWARM_TOPICS 7

struct swarm_options {
    uint16_t port;
    unsigned clients;
    unsigned rate;      /* operations a second; 0: the next as soon as the last is answered */
    unsigned seconds;   /* of churn, after all have connected */
    unsigned reconnect; /* percent of the operations that end a connection */
    int64_t first_user;
    bool hold; /* stay connected until standard input ends */
};

struct swarm_counters {
    uint64_t connections, joins, leaves, closes, drops;
    uint64_t lost;    /* connections that the server or the network ended */
    uint64_t refused; /* HTTP 403 */
    uint64_t connect_errors, join_errors, protocol_errors, crashed_channels;
    uint64_t offline_events;
};

enum client_state { CLIENT_IDLE, CLIENT_CONNECTING, CLIENT_OPEN, CLIENT_ENDING };
enum seat_state { SEAT_OUT, SEAT_JOIN, SEAT_JOINING, SEAT_IN, SEAT_LEAVE, SEAT_LEAVING };

struct seat { /* at one topic */
    enum seat_state state;
    unsigned ref, join_ref;
};

struct client {
    struct lws *wsi;
    int64_t user;
    enum client_state state;
    enum { END_BY_CLOSE, END_BY_DROP } end;
    lws_usec_t retry_at;
    unsigned last_ref;
    unsigned unanswered; /* joins and leaves, those not yet sent included */
    struct seat seats[SWARM_TOPICS];
};

extern struct swarm_options swarm_options;
extern struct swarm_counters swarm_counters;
extern struct client *swarm_clients;
extern bool swarm_churning; /* clients may begin something new */

#endif
