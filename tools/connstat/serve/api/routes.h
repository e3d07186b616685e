/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The paths that there are, in one table: requests are answered from it, and /api/v1 shows it.
 */
#ifndef SERVE_ROUTES_H
#define SERVE_ROUTES_H

#include "serve/http/route.h"

const struct route *route_find(const char *path); /* NULL: there is no such path */

#endif
