/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The two options by which commands ask the kernel about entries.
 */
#ifndef NET_ASKING_H
#define NET_ASKING_H

#include "cli/options.h"
#include "net/network.h"
#include "query/select.h"

enum { OPTION_NET = OPTION_LONG + 200, OPTION_NETNS };

/* The rows of these options, for a command's option table. */
#define ASKING_OPTION_NETNS                                                                        \
    {                                                                                              \
        OPTION_NETNS, "netns", "PID", "in the network namespace of this process", CHOOSE_PID       \
    }
#define ASKING_OPTIONS                                                                             \
    {OPTION_NET, "net", NULL, "also what the kernel tells of each entry's socket", NULL},          \
        ASKING_OPTION_NETNS

struct asking {        /* starts as {0} */
    bool asks_network; /* --net, or --netns, which means it, too */
    pid_t netns;       /* 0: where this process is */
};

/* For options_take: take one of these options. False: its value is wrong, which was printed. */
bool asking_take(struct options *options, int id, struct asking *asking);

/* Ask the kernel about the sockets of the entries of the selection's types, key and worker; its
 * conditions are not looked at. Returns STATUS_OK, or that of the error that was printed: also where
 * no socket of them can be seen from here. */
int asking_ask(const struct asking *asking, const struct context *context, connstat_t *cs,
               const struct selection *selection, struct network *network);

/* The two halves of it, for those who gather the wanted entries themselves: enter the network
 * namespace that was asked for; then ask the kernel. */
int asking_enter(const struct asking *asking);
int asking_answer(const struct context *context, connstat_t *cs, struct network *network);

/* Print what network_ask or look_take could not do. Returns an enum status. */
int asking_failure(const struct context *context, int error, const char *problem);

/* Print that no socket can be seen from here, and how to come to where worker pid lives; 0: it is
 * not visible. Returns an enum status. */
int asking_refuse_elsewhere(const struct context *context, pid_t pid);

#endif
