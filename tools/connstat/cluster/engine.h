/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The seam between the agent and whatever its fleet counts with: two functions.
 */
#ifndef TOOLS_ENGINE_H
#define TOOLS_ENGINE_H

#include <connstat.h>

#define ENGINE_NAME_BYTES    64 /* of a node or a cluster: [A-Za-z0-9._-]{1,63} */
#define ENGINE_MISSING_BYTES 1024

struct engine_report { /* what a node tells */
    const char *node;
    const char *origin; /* machine and segment: a new agent of the same origin may take over */
    const char *who;    /* this agent for people: "web-3, pid 4711" */
    uint32_t period_ms; /* the next update follows within this time */
    uint32_t lease_ms;  /* the node lives for so long without one */
    const char *const *types; /* the names of counts->by_type */
    const struct connstat_counts *counts;
};

enum engine_state {
    ENGINE_WHOLE,    /* the counts hold every live node; those missing are named */
    ENGINE_SETTLING, /* data was lost; nodes are still to report. No counts */
    ENGINE_TAKEN,    /* another living agent reports as this node. No counts */
};

struct engine_answer {
    enum engine_state state;
    struct connstat_counts counts;      /* by the types of the report */
    uint32_t nodes;                     /* live, this one included */
    char missing[ENGINE_MISSING_BYTES]; /* names of nodes whose lease ran out, one a line */
    char rival[128];                    /* who else wants to be this node; "": nobody */
    uint32_t next_ms;                   /* 0, or update again after this time already */
};

struct engine_error {
    char text[512]; /* for people; holds no secret */
};

struct engine {
    /* Tell this node's counts and learn everybody's. Bounded in time. */
    bool (*update)(struct engine *engine, const struct engine_report *report,
                   struct engine_answer *answer, struct engine_error *error);
    /* This node goes in order: nobody misses it. */
    bool (*leave)(struct engine *engine, const struct engine_report *report,
                  struct engine_error *error);
};

#endif
