/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The documents that paths stand for. Each function writes the body to request->out, or sets
 * request->problem, and returns the status.
 */
#ifndef SERVE_DOCUMENTS_H
#define SERVE_DOCUMENTS_H

#include "serve/http/request.h"

unsigned api_counts(struct request *request);
unsigned api_history(struct request *request);
unsigned api_entries(struct request *request);
unsigned api_workers(struct request *request);
unsigned api_deaths(struct request *request);
unsigned api_system(struct request *request);
unsigned api_cluster(struct request *request);
unsigned api_health(struct request *request);
unsigned api_alerts(struct request *request);
unsigned api_segments(struct request *request);
unsigned metrics(struct request *request);

#endif
