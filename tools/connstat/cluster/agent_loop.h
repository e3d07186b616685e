/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What an agent does all its life: count, tell the engine, write what it answers into the
 * segment. The engine may fail for as long as it likes; the segment's users never notice but by
 * the aggregate's age.
 */
#ifndef TOOLS_AGENT_LOOP_H
#define TOOLS_AGENT_LOOP_H

#include <signal.h>

#include "cluster/engine.h"

struct agent_settings {
    const char *segment; /* as for connstat_open */
    const char *node, *cluster;
    uint32_t period_ms, lease_ms;
};

/* Block the signals that end the loop, once, before it. */
void agent_block_signals(void);

/* Run until SIGTERM, SIGINT or SIGHUP comes; then leave in order. Returns an enum status. */
int agent_run(const struct agent_settings *settings, struct engine *engine);

#endif
