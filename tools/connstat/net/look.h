/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * One look at a segment and at the kernel's sockets: which entries name a socket that nobody has
 * open (any more), and which sockets no entry names. Under churn some of them are between the two:
 * about to be registered, or to be unregistered. Only what two looks a second apart both find is
 * wrong: look_keep_common.
 */
#ifndef NET_LOOK_H
#define NET_LOOK_H

#include "alerts/watch.h"
#include "describe/kept.h"
#include "net/network.h"
#include "net/ports.h"

struct leak {
    struct kept *entry; /* from malloc */
    uint64_t cookie;
    const char *state; /* "gone", or what is left of the socket: "time_wait" ... */
};

struct look {           /* starts as {0} */
    struct leak *leaks; /* by id */
    size_t leak_count, leak_capacity;
    struct net_socket *unnamed; /* by cookie */
    size_t unnamed_count, unnamed_capacity;
    struct ports ports; /* on which sockets without an entry were looked for */
    uint64_t elsewhere; /* entries whose worker lives in another network namespace */
    uint64_t with_cookie[CONNSTAT_MAX_TYPES], without_cookie[CONNSTAT_MAX_TYPES];
    bool is_elsewhere;   /* no socket of the entries can be seen from here, */
    pid_t elsewhere_pid; /* but where this worker lives; 0: nowhere that is visible */
    bool out_of_memory;
};

/* ports: those of the server; NULL: those on which somebody listens and of which an entry names a
 * socket. Returns 0; or a negative errno, with what it means in problem; "" where it is the library's,
 * about the segment. */
int look_take(struct look *look, connstat_t *cs, const struct ports *ports, char *problem,
              size_t size);

/* Keep in look what before has found, too. */
void look_keep_common(struct look *look, const struct look *before);

/* Look; and where that finds anything, look again after so many seconds, and keep what both have
 * found. Results as above. */
int look_twice(struct look *look, connstat_t *cs, const struct ports *ports, double seconds,
               char *problem, size_t size);

/* What it means for alerts and metrics. Where entries without a cookie could belong to unnamed
 * sockets, these are not counted. */
struct watched_sockets look_conclude(const struct look *look, connstat_t *cs);

/* How many of the unnamed sockets may be those of entries without a cookie: of the types that have
 * cookies, or of all kinds of connection where no type has. */
uint64_t look_cannot_tell(const struct look *look, connstat_t *cs);

void look_free(struct look *look);

#endif
