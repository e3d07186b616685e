/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Options of churn, and the lists that they are made of.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "crew.h"
#include "peers/peer.h"

#include <stdbool.h>

enum { LIST_MAX = 16 };

struct list {
    uint64_t values[LIST_MAX];
    unsigned count;
};

enum op { OP_PAIRS, OP_COUNTS };

struct options {
    const struct peer *peers[LIST_MAX];
    unsigned peer_count;
    struct list workers, threads, standing, metadata;
    bool random, hot; /* modes */
    enum op op;
    unsigned reps;
    uint64_t duration_ns; /* of a repetition */
    enum crew_clock clock;
    bool json;
};

void options_parse(struct options *options, int argc, char **argv); /* exits on --help or errors */

#endif
