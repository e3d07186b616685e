/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Entries beside the kernel's sockets. The two are read one after the other: first the entries'
 * cookies, then the sockets, then the entries again. A socket of an entry that lives throughout is
 * therefore found if it was there when the kernel was asked. Entries that came later are unknown
 * and left out.
 *
 *     struct network network = {0};
 *     connstat_for_each(cs, CONNSTAT_ANY_TYPE, network_want, &network);
 *     int error = network_ask(&network, cs, problem, sizeof(problem));
 *     connstat_for_each(cs, CONNSTAT_ANY_TYPE, ... network_find ..., &network);
 *     network_free(&network);
 */
#ifndef NET_NETWORK_H
#define NET_NETWORK_H

#include <connstat.h>

#include "net/diag.h"
#include "net/homes.h"
#include "query/select.h"

enum standing {
    STANDING_NONE,      /* the entry has no cookie */
    STANDING_FOUND,     /* the kernel has its socket */
    STANDING_GONE,      /* it has none (any more) */
    STANDING_ELSEWHERE, /* its worker lives in another network namespace, or nobody knows where */
    STANDING_LATER      /* the entry, or its cookie, came after the kernel was asked */
};

struct wanted {
    uint64_t cookie; /* 0: a free place */
    pid_t pid;       /* the worker of an entry that names it */
    uint32_t socket; /* 0: not found; else its number among the sockets, counted from 1 */
};

struct network {          /* starts as {0} */
    struct wanted *table; /* a hash table with open addressing; .table_size is a power of 2 */
    size_t table_size, wanted_count, found_count;
    struct net_socket *sockets;
    size_t socket_capacity;
    struct homes homes;
    bool out_of_memory;
};

/* The cookie that an entry names: its field "socket". 0: none. */
uint64_t network_cookie(const struct connstat_entry *entry);

/* For connstat_for_each, with the network as its arg: this entry's socket is wanted. Ends the visit
 * where there is no memory. */
int network_want(const struct connstat_entry *entry, void *network);

/* The same for all entries of the selection's types, key and worker; its conditions are not looked
 * at. Returns how many entries were visited, or a negative errno. */
int64_t network_gather(struct network *network, connstat_t *cs, const struct selection *selection);

/* Ask the kernel for all that are wanted. Call it once. Returns 0; or a negative errno, with what
 * it means in problem; "" where it is the library's, about the segment. */
int network_ask(struct network *network, connstat_t *cs, char *problem, size_t size);

/* How the entry stands. *socket is its socket if it was found, else NULL. */
enum standing network_find(const struct network *network, const struct connstat_entry *entry,
                           const struct net_socket **socket);

/* Whether an entry names that cookie. */
bool network_wants(const struct network *network, uint64_t cookie);

/* Whether sockets are wanted and not one of them can be seen from here. *pid is a worker that lives
 * elsewhere; 0: none of them is visible. */
bool network_is_elsewhere(const struct network *network, pid_t *pid);

void network_free(struct network *network);

#endif
