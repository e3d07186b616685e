/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The members of a death are those of "connstat deaths".
 */
#include <stdlib.h>
#include <string.h>

#include "cli/segment.h"
#include "describe/death.h"
#include "serve/api/documents.h"
#include "serve/api/parameters.h"
#include "serve/api/rows.h"

/* How many deaths the segment keeps. They are visited with the oldest first, and told with the
 * latest first. */
#define DEATHS_KEPT 256

struct death_copy {
    struct connstat_death death;
    char label[CONNSTAT_LABEL_BYTES];
};

struct deaths {
    struct death_copy *copies; /* a ring of DEATHS_KEPT copies */
    size_t count;
    uint64_t limit, before;
};

static unsigned take_deaths(struct request *request, const char *name, const char *value, void *arg)
{
    struct deaths *deaths = arg;
    if (strcmp(name, "limit") == 0)
        return parameter_number(request, name, value, 1, DEATHS_KEPT, &deaths->limit);
    return parameter_number(request, name, value, 1, UINT64_MAX, &deaths->before);
}

static int keep_death(const struct connstat_death *death, void *arg)
{
    struct deaths *deaths = arg;
    if (death->number >= deaths->before)
        return 0;
    struct death_copy *copy = &deaths->copies[deaths->count++ % DEATHS_KEPT];
    copy->death = *death;
    snprintf(copy->label, sizeof(copy->label), "%s", death->label);
    copy->death.label = copy->label;
    return 0;
}

static unsigned write_deaths(struct request *request, struct deaths *deaths)
{
    struct connstat_totals totals;
    const char *names[CONNSTAT_MAX_TYPES];
    if (!request->cs || connstat_totals(request->cs, &totals) != 0 ||
        connstat_for_each_death(request->cs, keep_death, deaths) < 0)
        return request_no_segment(request);
    struct jsonw json = rows_start(request, "deaths", totals.deaths);
    size_t kept = deaths->count < DEATHS_KEPT ? deaths->count : DEATHS_KEPT;
    size_t type_count = segment_count_names(request->cs, names);
    for (size_t i = 0; i < kept && i < deaths->limit; i++) {
        const struct death_copy *copy = &deaths->copies[(deaths->count - 1 - i) % DEATHS_KEPT];
        struct death_row row;
        row_json(&json, NULL, death_columns, DEATH_COLUMNS,
                 death_values(&copy->death, names, type_count, &row));
    }
    rows_end(&json);
    return MHD_HTTP_OK;
}

unsigned api_deaths(struct request *request)
{
    struct deaths deaths = {.limit = 100, .before = UINT64_MAX};
    unsigned status = parameters_read(request, take_deaths, &deaths);
    if (status)
        return status;
    deaths.copies = reallocarray(NULL, DEATHS_KEPT, sizeof(*deaths.copies));
    if (!deaths.copies)
        return request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
    status = write_deaths(request, &deaths);
    free(deaths.copies);
    return status;
}
