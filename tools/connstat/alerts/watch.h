/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What an observer remembers of a segment from one look to the next, because the segment itself
 * does not keep it: since when a worker is stopped, when it registered last, since when
 * registrations are refused. One thread looks; who shares a watch between threads locks it.
 */
#ifndef ALERTS_WATCH_H
#define ALERTS_WATCH_H

#include <connstat.h>

#include "alerts/procstat.h"
#include "describe/cluster_view.h"

struct watched_worker {
    pid_t pid, tid;
    char label[CONNSTAT_LABEL_BYTES];
    bool foreign, locked; /* as in struct connstat_worker */
    int64_t joined_at_ns; /* all times are those of CLOCK_REALTIME */
    uint64_t opened, live_total;
    enum process_state state;
    int64_t state_since_ns; /* as far as this watch knows */

    /* When it last registered something, as far as is known: seen by this watch, or the newest of
     * its entries when the watch began; where there is neither, when it joined. */
    int64_t registered_at_ns;

    /* How much it and all workers together have registered while this watch looked, until its last
     * registration; and how much all have registered in sum by then. */
    uint64_t share_own, share_all, all_then;
    uint64_t all_at_first;
};

struct watched_refusals { /* refusals of a type; those by a limit are meant, and are left out */
    uint64_t count;
    uint64_t by_reason[CONNSTAT_REFUSAL_COUNT];
    int64_t first_ns, last_ns; /* the first and the last that this watch saw; 0: none */
};

/* What an audit of the kernel's sockets has found, for those that make one. */
struct watched_sockets {
    bool known; /* there was one, and the kernel told */
    uint64_t leaked[CONNSTAT_MAX_TYPES], unregistered;
};

struct alert_watch {          /* starts as {0} */
    int64_t began_ns, now_ns; /* when this segment was first looked at, and when last */
    uint64_t looks;
    int64_t replaced_at_ns; /* when another segment took the name; 0: never */
    struct connstat_info info;
    size_t type_count;
    const char *types[CONNSTAT_MAX_TYPES];
    int64_t capacity[CONNSTAT_MAX_TYPES];
    struct connstat_counts counts;
    struct watched_refusals refused[CONNSTAT_MAX_TYPES];
    uint64_t refused_no_type;
    uint64_t deaths;
    struct connstat_death last_death; /* number 0: none; its label is below */
    char last_death_label[CONNSTAT_LABEL_BYTES];
    struct cluster_view cluster;
    struct watched_worker *workers; /* by pid and tid */
    size_t worker_count;
    uint64_t all_registered;        /* what all workers registered while this watch looked */
    struct watched_sockets sockets; /* nothing after a look: whoever made an audit puts it here */
};

/* Look at the segment. If the handle leads to another segment than before, a new watch begins.
 * Returns 0; or a negative errno, and then nothing has changed. */
int alert_watch_look(struct alert_watch *watch, connstat_t *cs);

/* What the watch knows of a worker; NULL: it was not there at the last look. */
const struct watched_worker *alert_watch_find(const struct alert_watch *watch, pid_t pid, pid_t tid,
                                              int64_t joined_at_ns);

/* How many seconds lay between then and the last look; never below 0. */
double alert_watch_seconds(const struct alert_watch *watch, int64_t then_ns);

void alert_watch_free(struct alert_watch *watch);

#endif
