/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Documents that are rows, and the members that rows share.
 */
#ifndef SERVE_ROWS_H
#define SERVE_ROWS_H

#include "format/json.h"
#include "serve/http/request.h"

/* Open the document and the array of that name. total: how many rows there are, on all pages. */
struct jsonw rows_start(struct request *request, const char *rows, uint64_t total);
void rows_end(struct jsonw *json);

void rows_time(struct jsonw *json, const char *name, int64_t time_ns);
void rows_seconds(struct jsonw *json, const char *name, double seconds);
void rows_process(struct jsonw *json, pid_t pid, pid_t tid, const char *label);
void rows_tally(struct jsonw *json, const char *name, connstat_t *cs,
                const uint64_t counts[CONNSTAT_MAX_TYPES]);

#endif
