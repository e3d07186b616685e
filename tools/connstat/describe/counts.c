/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "describe/counts.h"

#include "format/names.h"

void counts_json(struct jsonw *json, connstat_t *cs, const struct connstat_counts *counts)
{
    for (size_t i = 0; i < counts->type_count; i++)
        jsonw_unsigned(json, name_of_count(connstat_type_name(cs, (int)i)), counts->by_type[i]);
    jsonw_unsigned(json, "total_channels", counts->total_channels);
    jsonw_unsigned(json, "total_connections", counts->total_connections);
}
