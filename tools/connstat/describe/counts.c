/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "describe/counts.h"

#include "format/names.h"

void counts_json_of(struct jsonw *json, const char *const type_names[],
                    const struct connstat_counts *counts)
{
    for (size_t i = 0; i < counts->type_count; i++) {
        const char *name = name_of_count(type_names[i]);
        if (name != type_names[i])
            jsonw_unsigned(json, name, counts->by_type[i]);
    }
    jsonw_unsigned(json, "total_channels", counts->total_channels);
    jsonw_unsigned(json, "total_connections", counts->total_connections);
    jsonw_open(json, "counts", '{');
    for (size_t i = 0; i < counts->type_count; i++)
        jsonw_unsigned(json, type_names[i] ? type_names[i] : "unknown", counts->by_type[i]);
    jsonw_close(json);
}

void counts_json(struct jsonw *json, connstat_t *cs, const struct connstat_counts *counts)
{
    const char *names[CONNSTAT_MAX_TYPES];
    for (size_t i = 0; i < counts->type_count; i++)
        names[i] = connstat_type_name(cs, (int)i);
    counts_json_of(json, names, counts);
}
