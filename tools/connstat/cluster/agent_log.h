/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What an agent tells standard error and the service manager: each change at once, and a bad state
 * that lasts once a minute.
 */
#ifndef TOOLS_AGENT_LOG_H
#define TOOLS_AGENT_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct agent_log { /* starts as {0} */
    char text[640];
    int64_t said_ms;
    bool ready;
};

void agent_say(struct agent_log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
