/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What an agent needs of whatever adds up the counts of all nodes: two functions. engine_redis.c
 * has them on Redis; a test has its own.
 */
#ifndef TOOLS_ENGINE_H
#define TOOLS_ENGINE_H

#include <connstat.h>

#define ENGINE_NAME_BYTES    64 /* holds the name of a node or a cluster: [A-Za-z0-9._-]{1,63} */
#define ENGINE_MISSING_BYTES 1024

struct engine_report { /* what a node tells the engine */
    const char *node;
    const char *origin;       /* of the agent: a new one of the same origin may take over at once */
    const char *who;          /* names this agent for people: "web-3, pid 4711" */
    uint32_t period_ms;       /* the next update comes within this time */
    uint32_t lease_ms;        /* the node counts for so long without an update */
    const char *const *types; /* names of the types, for counts->by_type */
    const struct connstat_counts *counts;
};

enum engine_state {
    ENGINE_WHOLE,    /* the counts are those of all live nodes; missing nodes are named */
    ENGINE_SETTLING, /* data was lost, and some nodes have not reported since: no counts */
    ENGINE_TAKEN,    /* another living agent reports as this node: no counts */
};

struct engine_answer {
    enum engine_state state;
    struct connstat_counts counts;      /* by_type is in the order of the report's types */
    uint32_t nodes;                     /* how many nodes live, this one included */
    char missing[ENGINE_MISSING_BYTES]; /* names of the nodes whose lease ran out, one a line */
    char rival[128];  /* the name of an agent that wants to be this node, too; "": there is none */
    uint32_t next_ms; /* update again after this time; 0: after the usual period */
};

struct engine_error {
    char text[512]; /* why it failed, for people; never holds a secret */
};

struct engine {
    /* Tell this node's counts, and learn those of all nodes. Returns within a bounded time. */
    bool (*update)(struct engine *engine, const struct engine_report *report,
                   struct engine_answer *answer, struct engine_error *error);
    /* Tell that this node leaves, so that it is not reported as missing. */
    bool (*leave)(struct engine *engine, const struct engine_report *report,
                  struct engine_error *error);
};

#endif
