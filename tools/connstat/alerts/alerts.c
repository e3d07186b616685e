/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The list itself: how an alert gets into it, and how it is written. What is wrong and what is
 * not is decided in rules.c.
 */
#include "alerts/alerts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/failure.h"
#include "format/value.h"

static const struct {
    const char *name, *check;
    enum alert_level level;
} kinds[ALERT_KINDS] = {
    [ALERT_NO_SEGMENT] = {"no_segment", "segment", ALERT_CRITICAL},
    [ALERT_OLD_LAYOUT] = {"old_layout", "segment", ALERT_CRITICAL},
    [ALERT_REFUSING] = {"refusing", "refusals", ALERT_CRITICAL},
    [ALERT_FULL] = {"full", "capacity", ALERT_CRITICAL},
    [ALERT_STOPPED] = {"stopped", "workers", ALERT_CRITICAL},
    [ALERT_STUCK] = {"stuck", "workers", ALERT_CRITICAL},
    [ALERT_CLUSTER_DOWN] = {"cluster_down", "cluster", ALERT_CRITICAL},
    [ALERT_NODES_MISSING] = {"nodes_missing", "cluster", ALERT_WARNING},
    [ALERT_WORKERS_FULL] = {"workers_full", "workers", ALERT_WARNING},
    [ALERT_REPLACED] = {"replaced", "segment", ALERT_NOTE},
    [ALERT_DEATH] = {"death", "deaths", ALERT_WARNING},
    [ALERT_QUIET] = {"quiet", "workers", ALERT_WARNING},
    [ALERT_LEAKED] = {"leaked", "sockets", ALERT_WARNING},
    [ALERT_UNREGISTERED] = {"unregistered", "sockets", ALERT_WARNING},
    [ALERT_NEARLY_FULL] = {"nearly_full", "capacity", ALERT_WARNING},
    [ALERT_NO_WORKER] = {"no_worker", "workers", ALERT_NOTE},
    [ALERT_NO_REAPER] = {"no_reaper", "reaper", ALERT_WARNING},
    [ALERT_FOREIGN] = {"foreign", "workers", ALERT_WARNING},
    [ALERT_REFUSED] = {"refused", "refusals", ALERT_WARNING},
};

const char *name_of_alert(enum alert_kind kind)
{
    return kinds[kind].name;
}

const char *check_of_alert(enum alert_kind kind)
{
    return kinds[kind].check;
}

const char *name_of_alert_level(enum alert_level level)
{
    static const char *const names[] = {"note", "warning", "critical"};
    return names[level];
}

/* Copy a text. What is too long is cut between two characters. */
static void copy_text(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)from[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(to, from, length);
    to[length] = '\0';
}

void alert_add(struct alerts *alerts, enum alert_kind kind, const char *subject, const char *advice,
               const char *format, ...)
{
    char text[1024];
    va_list arguments;
    if (alerts->count == ALERT_MAX)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    struct alert *alert = &alerts->rows[alerts->count++];
    *alert = (struct alert){.kind = kind, .level = kinds[kind].level};
    copy_text(alert->subject, sizeof(alert->subject), subject);
    copy_text(alert->text, sizeof(alert->text), text);
    copy_text(alert->advice, sizeof(alert->advice), advice);
}

/* An alert that the list had before keeps the time at which it began. */
void alerts_take_over(struct alerts *alerts, const struct alerts *next, int64_t now_ns)
{
    struct alert *before = alerts->rows;
    size_t count_before = alerts->count;
    int64_t since_ns[ALERT_MAX];
    for (size_t i = 0; i < next->count; i++) {
        since_ns[i] = now_ns;
        for (size_t j = 0; j < count_before; j++) {
            if (before[j].kind == next->rows[i].kind &&
                strcmp(before[j].subject, next->rows[i].subject) == 0)
                since_ns[i] = before[j].since_ns;
        }
    }
    alerts->count = next->count;
    memcpy(alerts->rows, next->rows, next->count * sizeof(*next->rows));
    for (size_t i = 0; i < next->count; i++)
        alerts->rows[i].since_ns = since_ns[i];
}

void alerts_json_rows(struct jsonw *json, const char *segment, const struct alerts *alerts)
{
    for (size_t i = 0; i < alerts->count; i++) {
        const struct alert *alert = &alerts->rows[i];
        jsonw_open(json, NULL, '{');
        if (segment)
            jsonw_text(json, "segment", segment);
        jsonw_text(json, "alert", name_of_alert(alert->kind));
        jsonw_text(json, "level", name_of_alert_level(alert->level));
        jsonw_text(json, "subject", *alert->subject ? alert->subject : NULL);
        value_json(json, "since", VALUE_TIME, &(struct value){.integer = alert->since_ns});
        jsonw_text(json, "text", alert->text);
        jsonw_text(json, "advice", *alert->advice ? alert->advice : NULL);
        jsonw_close(json);
    }
}

void alerts_json(struct jsonw *json, const char *name, const struct alerts *alerts)
{
    jsonw_open(json, name, '[');
    alerts_json_rows(json, NULL, alerts);
    jsonw_close(json);
}
