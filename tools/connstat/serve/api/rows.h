/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Documents that consist of rows.
 */
#ifndef SERVE_ROWS_H
#define SERVE_ROWS_H

#include "format/json.h"
#include "serve/http/request.h"

/* Begin the document and the array of that name. total is how many rows there are on all pages. */
struct jsonw rows_start(struct request *request, const char *rows, uint64_t total);
void rows_end(struct jsonw *json);

#endif
