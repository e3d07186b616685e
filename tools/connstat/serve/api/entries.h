/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The two answers of /api/v1/entries: a page of entries, and groups. Each returns the status.
 */
#ifndef SERVE_ENTRIES_H
#define SERVE_ENTRIES_H

#include "serve/api/entry_query.h"

#define ENTRIES_MAX_LIMIT  500
#define ENTRIES_MAX_GROUPS 100000

unsigned entries_write_page(struct request *request, struct entry_query *query);
unsigned entries_write_groups(struct request *request, struct entry_query *query);

#endif
