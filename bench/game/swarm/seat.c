/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "swarm/seat.h"
#include "phoenix.h"
#include "topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many clients share a lobby, a group, a party. */
#define LOBBY_SIZE 16
#define GROUP_SIZE 64
#define PARTY_SIZE 4

static const struct {
    int type;
    const char *name; /* ending in ':' where an id follows */
    unsigned share;   /* the id: which group of so many clients */
} kinds[SWARM_TOPICS] = {
    {CONNSTAT_USER_CHANNEL, "user:", 1},
    {CONNSTAT_LOBBY_CHANNEL, "lobby:", LOBBY_SIZE},
    {CONNSTAT_PARTY_CHANNEL, "party:", PARTY_SIZE},
    {CONNSTAT_LOBBIES_CHANNEL, "lobbies", 0},
    {CONNSTAT_GROUP_CHANNEL, "group:", GROUP_SIZE},
    {CONNSTAT_GROUPS_CHANNEL, "groups", 0},
    {CONNSTAT_LIVE_VIEW, "lv:home", 0},
};

int seat_type(unsigned number)
{
    return kinds[number].type;
}

void seat_topic(const struct client *client, unsigned number, char *topic, size_t size)
{
    if (kinds[number].share)
        snprintf(topic, size, "%s%lld", kinds[number].name,
                 (long long)(kinds[number].share == 1 ? client->user
                                                      : client->user / kinds[number].share + 1));
    else
        snprintf(topic, size, "%s", kinds[number].name);
}

void seat_toggle(struct client *client, unsigned number)
{
    struct seat *seat = &client->seats[number];

    seat->state = seat->state == SEAT_IN ? SEAT_LEAVE : SEAT_JOIN;
    client->unanswered++;
    lws_callback_on_writable(client->wsi);
}

void seats_clear(struct client *client)
{
    memset(client->seats, 0, sizeof(client->seats));
    client->unanswered = 0;
}

size_t seat_next_message(struct client *client, char *text, size_t size)
{
    char topic[40];

    for (unsigned i = 0; i < SWARM_TOPICS; i++) {
        struct seat *seat = &client->seats[i];
        bool join = seat->state == SEAT_JOIN;
        const char *role = client->user % 4 ? "member" : "spectator";

        if (!join && seat->state != SEAT_LEAVE)
            continue;
        seat->state = join ? SEAT_JOINING : SEAT_LEAVING;
        seat->ref = ++client->last_ref;
        if (join)
            seat->join_ref = seat->ref;
        seat_topic(client, i, topic, sizeof(topic));
        return (size_t)snprintf(text, size, "[\"%u\",\"%u\",\"%s\",\"%s\",{\"role\":\"%s\"}]",
                                seat->join_ref, seat->ref, topic, join ? PHX_JOIN : PHX_LEAVE,
                                role);
    }
    return 0;
}

static void answered(struct client *client, struct seat *seat, bool ok)
{
    client->unanswered--;
    if (seat->state == SEAT_LEAVING) {
        seat->state = SEAT_OUT;
        swarm_counters.leaves++;
    } else if (ok) {
        seat->state = SEAT_IN;
        swarm_counters.joins++;
    } else {
        seat->state = SEAT_OUT;
        swarm_counters.join_errors++;
    }
}

static struct seat *find(struct client *client, const json_t *ref, bool joined)
{
    unsigned number = json_is_string(ref) ? (unsigned)strtoul(json_string_value(ref), NULL, 10) : 0;

    for (unsigned i = 0; i < SWARM_TOPICS; i++) {
        struct seat *seat = &client->seats[i];
        bool waits = seat->state == SEAT_JOINING || seat->state == SEAT_LEAVING;

        if (joined ? seat->state == SEAT_IN && seat->join_ref == number
                   : waits && seat->ref == number)
            return seat;
    }
    return NULL;
}

static void take_reply(struct client *client, const struct phoenix_message *message)
{
    struct seat *seat = find(client, message->ref, false);
    const char *status = json_string_value(json_object_get(message->payload, "status"));

    if (seat && status)
        answered(client, seat, strcmp(status, "ok") == 0);
    else
        swarm_counters.protocol_errors++;
}

static void take_crash(struct client *client, const struct phoenix_message *message)
{
    struct seat *seat = find(client, message->join_ref, true);

    swarm_counters.crashed_channels++;
    if (seat)
        seat->state = SEAT_OUT;
}

void seat_receive(struct client *client, const char *text, size_t size)
{
    struct phoenix_message message;

    /* Far the most frequent: not worth parsing. */
    if (memmem(text, size, "\"user_offline\"", strlen("\"user_offline\""))) {
        swarm_counters.offline_events++;
        return;
    }
    if (phoenix_decode(&message, text, size) != 0) {
        swarm_counters.protocol_errors++;
        return;
    }
    if (strcmp(message.event, PHX_REPLY) == 0)
        take_reply(client, &message);
    else if (strcmp(message.event, PHX_ERROR) == 0)
        take_crash(client, &message);
    else if (strcmp(message.event, PHX_CLOSE) != 0)
        swarm_counters.protocol_errors++;
    phoenix_release(&message);
}
