/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What there is to ask for. One table: the dispatcher reads it, and /api/v1 shows it.
 */
#ifndef SERVE_ROUTES_H
#define SERVE_ROUTES_H

#include "serve/http/http.h"

enum route_kind { ROUTE_DOCUMENT, ROUTE_PAGE, ROUTE_EVENTS };

struct route {
    const char *path;
    const char *summary;
    const char *parameters; /* names that its query may have, between spaces; "" none */
    enum route_kind kind;
    const char *content_type;
    unsigned (*write)(struct request *request); /* the body; returns the status */
};

const struct route *route_find(const char *path); /* NULL: none */

unsigned api_index(struct request *request);
unsigned api_counts(struct request *request);
unsigned api_history(struct request *request);
unsigned api_entries(struct request *request);
unsigned api_workers(struct request *request);
unsigned api_deaths(struct request *request);
unsigned api_system(struct request *request);
unsigned api_cluster(struct request *request);
unsigned api_health(struct request *request);
unsigned metrics(struct request *request);

#endif
