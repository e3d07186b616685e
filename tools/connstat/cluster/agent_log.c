/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "cluster/agent_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/notify.h"

#define REPEAT_MS 60000

void agent_say(struct agent_log *log, const char *format, ...)
{
    char text[sizeof(log->text)], state[sizeof(text) + 32];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    int64_t now = clock_ms();
    if (log->ready && strcmp(text, log->text) == 0 && now - log->said_ms < REPEAT_MS)
        return;
    memcpy(log->text, text, sizeof(text));
    log->said_ms = now;
    fprintf(stderr, "connstat agent: %s\n", text);
    snprintf(state, sizeof(state), "%sSTATUS=%s", log->ready ? "" : "READY=1\n", text);
    notify(state);
    log->ready = true;
}
