/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What is wrong with workers; each rule adds an alert where it is.
 */
#ifndef ALERTS_RULES_WORKERS_H
#define ALERTS_RULES_WORKERS_H

#include "alerts/alerts.h"

void rules_of_stopped_workers(struct alerts *alerts, const struct alert_watch *watch);
void rules_of_stuck_workers(struct alerts *alerts, const struct alert_watch *watch);
void rules_of_quiet_workers(struct alerts *alerts, const struct alert_watch *watch);
void rules_of_foreign_workers(struct alerts *alerts, const struct alert_watch *watch);

#endif
