/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * swarm: many clients of a Phoenix Channels server in one process, coming and going.
 */
#ifndef GAME_SWARM_H
#define GAME_SWARM_H

#include "topic.h"

#include <jansson.h>
#include <libwebsockets.h>

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

/* ---- client.c ---- */

extern const struct lws_protocols client_protocols[];

void client_connect(struct client *client, struct lws_context *context);
/* One operation of churn on an open client that has no answer outstanding. */
void client_churn(struct client *client);

/* How many are in this state, and how many have answers outstanding. */
unsigned clients_in(enum client_state state);
unsigned clients_waiting(void);

/* Whether clients may begin something new. */
extern bool swarm_churning;

/* ---- seat.c: the topics of a client ---- */

int seat_type(unsigned number);
void seat_topic(const struct client *client, unsigned number, char *topic, size_t size);
/* What to send next for this client into text; 0: nothing. */
size_t seat_next_message(struct client *client, char *text, size_t size);
void seat_receive(struct client *client, const char *text, size_t size);
/* Join where he is not, leave where he is. */
void seat_toggle(struct client *client, unsigned number);
void seats_clear(struct client *client);

#endif
