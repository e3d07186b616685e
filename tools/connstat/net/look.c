/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "net/look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/unnamed.h"

struct pass { /* over the entries, once the kernel was asked */
    struct look *look;
    const struct network *network;
    connstat_t *cs;
    struct ports named; /* local ports of sockets that entries name */
};

static bool reserve(struct look *look)
{
    if (look->leak_count < look->leak_capacity)
        return true;
    size_t capacity = look->leak_capacity ? 2 * look->leak_capacity : 64;
    struct leak *leaks = reallocarray(look->leaks, capacity, sizeof(*leaks));
    if (!leaks)
        return false;
    look->leaks = leaks;
    look->leak_capacity = capacity;
    return true;
}

static void add_leak(struct look *look, const struct connstat_entry *entry, const char *state)
{
    struct kept described = kept_describe(entry, NULL);
    struct kept *kept = reserve(look) ? kept_copy(&described, entry) : NULL;
    if (kept)
        look->leaks[look->leak_count++] = (struct leak){kept, network_cookie(entry), state};
    else
        look->out_of_memory = true;
}

static int judge(const struct connstat_entry *entry, void *arg)
{
    struct pass *pass = arg;
    struct look *look = pass->look;
    const struct net_socket *socket;
    enum standing standing = network_find(pass->network, entry, &socket);
    uint64_t *tally = standing == STANDING_NONE ? look->without_cookie : look->with_cookie;
    tally[entry->type]++;
    look->elsewhere += standing == STANDING_ELSEWHERE;
    if (standing == STANDING_GONE)
        add_leak(look, entry, "gone");
    else if (socket && !net_socket_is_owned(socket))
        add_leak(look, entry, net_state_name(socket));
    else if (socket && socket->protocol == IPPROTO_TCP)
        ports_add(&pass->named, socket->local.port);
    return look->out_of_memory;
}

static int compare_leaks(const void *a, const void *b)
{
    const struct leak *x = a, *y = b;
    return (x->entry->id > y->entry->id) - (x->entry->id < y->entry->id);
}

static int compare_sockets(const void *a, const void *b)
{
    const struct net_socket *x = a, *y = b;
    return (x->cookie > y->cookie) - (x->cookie < y->cookie);
}

static void sort(struct look *look)
{
    if (look->leak_count > 0)
        qsort(look->leaks, look->leak_count, sizeof(*look->leaks), compare_leaks);
    if (look->unnamed_count > 0)
        qsort(look->unnamed, look->unnamed_count, sizeof(*look->unnamed), compare_sockets);
}

static int compare(struct look *look, struct network *network, connstat_t *cs,
                   const struct ports *ports, char *problem, size_t size)
{
    struct pass pass = {look, network, cs, {{0}}};
    int64_t visited = connstat_for_each(cs, CONNSTAT_ANY_TYPE, judge, &pass);
    if (visited < 0)
        return (int)visited;
    look->is_elsewhere = network_is_elsewhere(network, &look->elsewhere_pid);
    if (look->is_elsewhere)
        return 0;
    struct unnamed unnamed = {.network = network};
    int error = unnamed_find(&unnamed, ports, &pass.named, problem, size);
    look->unnamed = unnamed.sockets;
    look->unnamed_count = unnamed.count;
    look->ports = unnamed.ports;
    look->out_of_memory |= unnamed.out_of_memory;
    return error;
}

int look_take(struct look *look, connstat_t *cs, const struct ports *ports, char *problem,
              size_t size)
{
    struct network network = {0};
    int error = 0;
    int64_t visited = connstat_for_each(cs, CONNSTAT_ANY_TYPE, network_want, &network);
    *look = (struct look){0};
    *problem = '\0';
    if (visited < 0)
        error = (int)visited;
    else
        error = network_ask(&network, cs, problem, size);
    if (error == 0)
        error = compare(look, &network, cs, ports, problem, size);
    if (error == 0 && look->out_of_memory) {
        snprintf(problem, size, "out of memory");
        error = -ENOMEM;
    }
    sort(look);
    network_free(&network);
    return error;
}

static bool has_leak(const struct look *look, const struct leak *leak)
{
    const struct leak *found = look->leak_count ? bsearch(leak, look->leaks, look->leak_count,
                                                          sizeof(*leak), compare_leaks)
                                                : NULL;
    return found && found->cookie == leak->cookie;
}

static bool has_unnamed(const struct look *look, const struct net_socket *socket)
{
    return look->unnamed_count &&
           bsearch(socket, look->unnamed, look->unnamed_count, sizeof(*socket), compare_sockets);
}

void look_keep_common(struct look *look, const struct look *before)
{
    size_t leaks = 0, unnamed = 0;
    for (size_t i = 0; i < look->leak_count; i++) {
        if (has_leak(before, &look->leaks[i]))
            look->leaks[leaks++] = look->leaks[i];
        else
            free(look->leaks[i].entry);
    }
    for (size_t i = 0; i < look->unnamed_count; i++) {
        if (has_unnamed(before, &look->unnamed[i]))
            look->unnamed[unnamed++] = look->unnamed[i];
    }
    look->leak_count = leaks;
    look->unnamed_count = unnamed;
}

int look_twice(struct look *look, connstat_t *cs, const struct ports *ports, double seconds,
               char *problem, size_t size)
{
    struct look first;
    connstat_reap(cs);
    int error = look_take(&first, cs, ports, problem, size);
    if (error < 0 || first.is_elsewhere || first.leak_count + first.unnamed_count == 0) {
        *look = first;
        return error;
    }
    usleep((useconds_t)(seconds * 1e6));
    connstat_reap(cs);
    error = look_take(look, cs, ports, problem, size);
    look_keep_common(look, &first);
    look_free(&first);
    return error;
}

struct watched_sockets look_conclude(const struct look *look, connstat_t *cs)
{
    struct watched_sockets found = {.known = !look->is_elsewhere};
    for (size_t i = 0; i < look->leak_count; i++)
        found.leaked[look->leaks[i].entry->type]++;
    found.unregistered = look->unnamed_count - look_cannot_tell(look, cs);
    return found;
}

uint64_t look_cannot_tell(const struct look *look, connstat_t *cs)
{
    uint64_t of_types_with = 0, of_connections = 0, with = 0;
    for (int type = 0; type < connstat_type_count(cs); type++) {
        uint64_t without = look->without_cookie[type];
        with += look->with_cookie[type];
        of_types_with += look->with_cookie[type] ? without : 0;
        of_connections += connstat_type_kind(cs, type) == CONNSTAT_CONNECTION ? without : 0;
    }
    uint64_t candidates = with > 0 ? of_types_with : of_connections;
    return candidates < look->unnamed_count ? candidates : look->unnamed_count;
}

void look_free(struct look *look)
{
    for (size_t i = 0; i < look->leak_count; i++)
        free(look->leaks[i].entry);
    free(look->leaks);
    free(look->unnamed);
    *look = (struct look){0};
}
