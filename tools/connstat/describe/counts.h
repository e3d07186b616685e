/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef DESCRIBE_COUNTS_H
#define DESCRIBE_COUNTS_H

#include <connstat.h>

#include "format/json.h"

/* Write the members ws_sockets ... total_channels, total_connections of the object that is open. */
void counts_json(struct jsonw *json, connstat_t *cs, const struct connstat_counts *counts);

/* The same for counts of types that no segment here need have. */
void counts_json_of(struct jsonw *json, const char *const type_names[],
                    const struct connstat_counts *counts);

#endif
