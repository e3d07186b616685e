/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What an agent does for its whole life: read the counts, tell them to the engine, and write its
 * answer into the segment. The engine may fail for as long as it likes: those who use the segment
 * notice it by the age of the aggregate only.
 */
#ifndef TOOLS_AGENT_LOOP_H
#define TOOLS_AGENT_LOOP_H

#include <signal.h>

#include "cluster/engine.h"

struct agent_settings {
    const char *segment; /* the segment's name, as connstat_open takes it */
    const char *node, *cluster;
    uint32_t period_ms, lease_ms;
};

/* Block the signals that end the loop. Call it once, before agent_run. */
void agent_block_signals(void);

/* Run until SIGTERM, SIGINT or SIGHUP comes, then tell the engine that the node leaves. Returns an
 * enum status. */
int agent_run(const struct agent_settings *settings, struct engine *engine);

#endif
