/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What an operator must know of a segment, in words. The one source for doctor, top, the page,
 * /api/v1/alerts and the metrics: whoever says that something is wrong says it from here.
 */
#ifndef ALERTS_ALERTS_H
#define ALERTS_ALERTS_H

#include "alerts/watch.h"
#include "format/json.h"

#define ALERT_MAX         128 /* at most about two for each type, and one of each other kind */
#define ALERT_DEATH_S     60  /* how long a death is news */
#define ALERT_REPLACED_S  15
#define ALERT_REFUSING_S  60 /* how long after the last refusal a type still counts as refusing */
#define ALERT_QUIET_S     30 /* how long a worker must register nothing to be called quiet */
#define ALERT_QUIET_SHARE 30 /* and how many registrations were to be expected of it meanwhile */
#define ALERT_FULL_SHARE  (7.0 / 8)
#define ALERT_STUCK_S     10 /* how long a state must last that normally ends within moments */

enum alert_level { ALERT_NOTE, ALERT_WARNING, ALERT_CRITICAL };

enum alert_kind { /* in the order in which they are shown, the gravest first */
                  ALERT_NO_SEGMENT,
                  ALERT_OLD_LAYOUT,
                  ALERT_REFUSING,
                  ALERT_FULL,
                  ALERT_STOPPED,
                  ALERT_STUCK,
                  ALERT_CLUSTER_DOWN,
                  ALERT_NODES_MISSING,
                  ALERT_WORKERS_FULL,
                  ALERT_REPLACED,
                  ALERT_DEATH,
                  ALERT_QUIET,
                  ALERT_LEAKED,
                  ALERT_UNREGISTERED,
                  ALERT_NEARLY_FULL,
                  ALERT_NO_WORKER,
                  ALERT_NO_REAPER,
                  ALERT_FOREIGN,
                  ALERT_REFUSED,
                  ALERT_KINDS
};

struct alert {
    enum alert_kind kind;
    enum alert_level level;
    char subject[32]; /* the type or pid, where a kind may have several alerts; otherwise "" */
    int64_t since_ns; /* when this observer saw it for the first time */
    char text[320];   /* a sentence without full stop, safe for a terminal */
    char advice[200]; /* what to do; "": nothing */
};

struct alerts { /* starts as {0} */
    size_t count;
    struct alert rows[ALERT_MAX]; /* in the order of their kinds */
};

const char *name_of_alert(enum alert_kind kind);         /* "stopped" */
const char *name_of_alert_level(enum alert_level level); /* "note", "warning", "critical" */
const char *check_of_alert(enum alert_kind kind); /* the check of doctor that it belongs to */

/* Add an alert; for the rules. Its subject, text and advice are cut where they are too long. */
void alert_add(struct alerts *alerts, enum alert_kind kind, const char *subject, const char *advice,
               const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The list becomes next. An alert that it had before keeps the time at which it began. */
void alerts_take_over(struct alerts *alerts, const struct alerts *next, int64_t now_ns);

/* In rules.c: find out what the last look of the watch means. An alert that the list had before
 * keeps its since_ns. */
void alerts_make(struct alerts *alerts, const struct alert_watch *watch);

/* The same where there is no segment to look at, for the reason of that negative errno. */
void alerts_make_absent(struct alerts *alerts, const char *segment, int error, int64_t now_ns);

/* Write the array of that name. */
void alerts_json(struct jsonw *json, const char *name, const struct alerts *alerts);

/* The same into an array that is open. segment: a member of each; NULL: none. */
void alerts_json_rows(struct jsonw *json, const char *segment, const struct alerts *alerts);

#endif
