/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef DESCRIBE_DEATH_H
#define DESCRIBE_DEATH_H

#include <connstat.h>

#include "common/buffer.h"

/* Add a sentence, safe for a terminal: "worker 4711 (chat) killed by SIGSEGV 12 s ago, 1,312
 * entries lost". */
void death_print(struct buffer *buffer, const struct connstat_death *death);

#endif
