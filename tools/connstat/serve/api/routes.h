/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What there is to ask for. One table: the dispatcher reads it, and /api/v1 shows it.
 */
#ifndef SERVE_ROUTES_H
#define SERVE_ROUTES_H

#include "serve/http/route.h"

const struct route *route_find(const char *path); /* NULL: none */

#endif
