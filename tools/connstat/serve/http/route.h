/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A path that requests may ask for. Which ones there are, the service is told (service.h).
 */
#ifndef SERVE_ROUTE_H
#define SERVE_ROUTE_H

#include <stdbool.h>

struct request;

enum route_kind { ROUTE_DOCUMENT, ROUTE_PAGE, ROUTE_EVENTS };

struct route {
    const char *path;
    const char *summary;
    const char *parameters; /* names that its query may have, each between two blanks; "": none */
    enum route_kind kind;
    bool is_open; /* answers without a token, too */
    bool of_all;  /* answers for all segments where none is named */
    const char *content_type;
    unsigned (*write)(struct request *request); /* writes the body; returns the status */
};

#endif
