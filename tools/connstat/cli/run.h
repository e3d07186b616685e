/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What most commands do: read their options, open the segment, use it and close it. take is NULL
 * for a command without options of its own; take and use both get arg. Returns an enum status.
 */
#ifndef TOOLS_RUN_H
#define TOOLS_RUN_H

#include "cli/options.h"
#include "cli/segment.h"

int run_reading(const struct call *call, options_take take, segment_use use, void *arg);
int run_writing(const struct call *call, options_take take, segment_use use, void *arg);

#endif
