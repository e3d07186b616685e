/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Between the rules and the list they fill: nobody else's business.
 */
#ifndef ALERTS_RULES_H
#define ALERTS_RULES_H

#include "alerts/alerts.h"

void alert_add(struct alerts *alerts, enum alert_kind kind, const char *subject, const char *advice,
               const char *format, ...) __attribute__((format(printf, 5, 6)));

/* alerts becomes next. */
void alerts_take_over(struct alerts *alerts, const struct alerts *next, int64_t now_ns);

/* rules_workers.c */
void rules_of_stopped_workers(struct alerts *alerts, const struct alert_watch *watch);
void rules_of_stuck_workers(struct alerts *alerts, const struct alert_watch *watch);
void rules_of_quiet_workers(struct alerts *alerts, const struct alert_watch *watch);
void rules_of_foreign_workers(struct alerts *alerts, const struct alert_watch *watch);

#endif
