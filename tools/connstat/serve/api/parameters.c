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
    uint32_t seen; /* a bit for each of the route's names */
};

/* Its number among the names; -1: it is none of them. */
static int find_name(const char *names, const char *name)
{
    size_t length = strlen(name);
    int number = 0;
    for (const char *at = names; *at; at++) {
        if (*at != ' ')
            continue;
        if (length > 0 && strncmp(at + 1, name, length) == 0 && at[1 + length] == ' ')
            return number;
        number++;
    }
    return -1;
}

/* These add up; of any other a second value would silently win over the first. */
static bool is_repeatable(const char *name)
{
    return strcmp(name, "where") == 0 || strcmp(name, "type") == 0;
}

static unsigned refuse(struct request *request, const char *name, const char *problem)
{
    return request_refuse(request, MHD_HTTP_BAD_REQUEST, "parameter %.100s %s", name, problem);
}

static enum MHD_Result read_one(void *arg, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    (void)kind;
    struct reading *reading = arg;
    struct request *request = reading->request;
    int number = find_name(request->route->parameters, name);
    if (number < 0)
        reading->status =
            request_refuse(request, MHD_HTTP_BAD_REQUEST, "no parameter \"%.100s\" here:%s", name,
                           *request->route->parameters ? request->route->parameters : " none");
    else if (!value)
        reading->status = refuse(request, name, "has no value");
    else if (reading->seen >> number & 1 && !is_repeatable(name))
        reading->status = refuse(request, name, "is given twice");
    else
        reading->status = reading->take(request, name, value, reading->arg);
    if (reading->status == 0)
        reading->seen |= UINT32_C(1) << number;
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
