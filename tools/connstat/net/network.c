/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "net/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/metadata.h"

uint64_t network_cookie(const struct connstat_entry *entry)
{
    const struct connstat_field *field =
        metadata_find(entry->metadata, entry->metadata_count, "socket");
    return field && field->type == CONNSTAT_INT ? (uint64_t)field->value.integer : 0;
}

/* ---- which are wanted ----------------------------------------------------------------------- */

/* Cookies are counted up, so that they need to be mixed. There is always a free place. */
static struct wanted *find_place(const struct network *network, uint64_t cookie)
{
    size_t mask = network->table_size - 1;
    size_t at = (size_t)((cookie * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & mask;
    while (network->table[at].cookie != 0 && network->table[at].cookie != cookie)
        at = (at + 1) & mask;
    return &network->table[at];
}

static bool grow(struct network *network)
{
    struct network grown = *network;
    if (network->wanted_count < network->table_size / 2)
        return true;
    grown.table_size = network->table_size ? 2 * network->table_size : 1024;
    grown.table = calloc(grown.table_size, sizeof(*grown.table));
    if (!grown.table)
        return false;
    for (size_t i = 0; i < network->table_size; i++) {
        if (network->table[i].cookie != 0)
            *find_place(&grown, network->table[i].cookie) = network->table[i];
    }
    free(network->table);
    *network = grown;
    return true;
}

int network_want(const struct connstat_entry *entry, void *arg)
{
    struct network *network = arg;
    uint64_t cookie = network_cookie(entry);
    if (cookie == 0)
        return 0;
    if (!grow(network)) {
        network->out_of_memory = true;
        return 1;
    }
    struct wanted *place = find_place(network, cookie);
    network->wanted_count += place->cookie == 0;
    place->cookie = cookie;
    place->pid = entry->pid;
    return 0;
}

int64_t network_gather(struct network *network, connstat_t *cs, const struct selection *selection)
{
    struct selection all = *selection;
    all.where_count = 0;
    all.source = NULL;
    return select_for_each(cs, &all, network_want, network);
}

bool network_wants(const struct network *network, uint64_t cookie)
{
    return network->table && find_place(network, cookie)->cookie == cookie;
}

/* ---- what the kernel says ------------------------------------------------------------------- */

static bool is_wanted(uint64_t cookie, void *arg)
{
    return network_wants(arg, cookie);
}

static bool reserve(struct network *network)
{
    if (network->found_count < network->socket_capacity)
        return true;
    size_t capacity = network->socket_capacity ? 2 * network->socket_capacity : 256;
    struct net_socket *sockets = reallocarray(network->sockets, capacity, sizeof(*sockets));
    if (!sockets)
        return false;
    network->sockets = sockets;
    network->socket_capacity = capacity;
    return true;
}

/* Keeps a socket that an entry has asked for. If the kernel tells of a socket twice, the first answer
 * stays. */
static void keep(const struct net_socket *socket, void *arg)
{
    struct network *network = arg;
    struct wanted *wanted = find_place(network, socket->cookie);
    if (wanted->socket != 0)
        return;
    if (!reserve(network)) {
        network->out_of_memory = true;
        return;
    }
    network->sockets[network->found_count++] = *socket;
    wanted->socket = (uint32_t)network->found_count;
}

/* The kernel finds a socket by its addresses, not by its cookie, so each question is a dump. To look for
 * the addresses first and then ask for a few alone would not pay: of 10,000 sockets a dump takes 11.6
 * ms without their details and 11.7 ms with them.
 *
 * TCP first, as most are. Whoever is not found then may be left in TIME_WAIT, be of another kind, or
 * have been missed while others came and went; the kernel goes through its tables for these alone if
 * there are any. */
static int ask_kernel(struct network *network, char *problem, size_t size)
{
    static const struct diag_request requests[] = {
        {DIAG_TCP, NET_STATES_LIVING, .details = true},
        {DIAG_UDP, NET_STATES_ALL},
        {DIAG_UNIX, NET_STATES_ALL},
        {DIAG_TCP, NET_STATES_ALL, .details = true},
    };
    struct diag_visitor visitor = {is_wanted, keep, network};
    struct diag diag;
    int error = diag_open(&diag);
    if (error < 0)
        diag_advice(error, DIAG_KINDS, problem, size);
    for (size_t i = 0; error == 0 && i < sizeof(requests) / sizeof(*requests) &&
                       network->found_count < network->wanted_count;
         i++) {
        error = diag_dump(&diag, &requests[i], &visitor);
        if (error < 0)
            diag_advice(error, requests[i].kind, problem, size);
    }
    diag_close(&diag);
    return error;
}

/* Into a worker of another container nobody may look; but where one of its sockets is here, so are
 * all. */
static void tell_homes(struct network *network)
{
    for (size_t i = 0; i < network->table_size; i++) {
        const struct wanted *wanted = &network->table[i];
        struct home *home = wanted->socket ? homes_of(&network->homes, wanted->pid) : NULL;
        if (home)
            home->was_found = true;
    }
}

int network_ask(struct network *network, connstat_t *cs, char *problem, size_t size)
{
    int error = homes_find(&network->homes, cs);
    *problem = '\0';
    if (error == 0 && network->wanted_count > 0)
        error = ask_kernel(network, problem, size);
    tell_homes(network);
    if (!network->out_of_memory)
        return error;
    snprintf(problem, size, "out of memory");
    return -ENOMEM;
}

/* ---- how an entry stands -------------------------------------------------------------------- */

static enum standing standing_of(const struct network *network, const struct wanted *wanted,
                                 pid_t pid)
{
    const struct home *home = homes_of(&network->homes, pid);
    enum netns_place place = home ? home->place : NETNS_UNKNOWN;
    if (place == NETNS_ELSEWHERE)
        return STANDING_ELSEWHERE;
    if (wanted->socket != 0)
        return STANDING_FOUND;
    return place == NETNS_HERE || (home && home->was_found) ? STANDING_GONE : STANDING_ELSEWHERE;
}

enum standing network_find(const struct network *network, const struct connstat_entry *entry,
                           const struct net_socket **socket)
{
    *socket = NULL;
    uint64_t cookie = network_cookie(entry);
    if (cookie == 0)
        return STANDING_NONE;
    const struct wanted *wanted = network->table ? find_place(network, cookie) : NULL;
    if (!wanted || wanted->cookie != cookie)
        return STANDING_LATER;
    enum standing standing = standing_of(network, wanted, entry->pid);
    if (standing == STANDING_FOUND)
        *socket = &network->sockets[wanted->socket - 1];
    return standing;
}

bool network_is_elsewhere(const struct network *network, pid_t *pid)
{
    *pid = 0;
    for (size_t i = 0; i < network->table_size; i++) {
        const struct wanted *wanted = &network->table[i];
        if (wanted->cookie == 0)
            continue;
        if (standing_of(network, wanted, wanted->pid) != STANDING_ELSEWHERE)
            return false;
        const struct home *home = homes_of(&network->homes, wanted->pid);
        if (*pid == 0 && home && home->is_visible)
            *pid = home->pid;
    }
    return network->wanted_count > 0;
}

void network_free(struct network *network)
{
    homes_free(&network->homes);
    free(network->table);
    free(network->sockets);
    *network = (struct network){0};
}
