/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/api/parameters.h"

#include <string.h>

#include "common/text.h"

struct reading {
    struct request *request;
    parameter_fn take;
    void *arg;
    unsigned status;
};

static enum MHD_Result read_one(void *arg, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    (void)kind;
    struct reading *reading = arg;
    if (strcmp(name, "segment") != 0) /* that one has been taken already */
        reading->status = reading->take(reading->request, name, value, reading->arg);
    return reading->status == 0 ? MHD_YES : MHD_NO;
}

unsigned parameters_read(struct request *request, parameter_fn take, void *arg)
{
    struct reading reading = {.request = request, .take = take, .arg = arg};
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, read_one, &reading);
    return reading.status;
}

unsigned parameter_number(struct request *request, const char *name, const char *value,
                          uint64_t min, uint64_t max, uint64_t *number)
{
    uint64_t parsed;
    if (!text_number(value, &parsed) || parsed < min || parsed > max)
        return request_refuse(request, MHD_HTTP_BAD_REQUEST,
                              "%s takes a number from %llu to %llu, not \"%.100s\"", name,
                              (unsigned long long)min, (unsigned long long)max, value);
    *number = parsed;
    return 0;
}
