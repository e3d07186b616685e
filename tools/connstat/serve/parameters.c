/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "parameters.h"

#include <string.h>

#include "routes.h"
#include "text.h"

struct reading {
    struct request *request;
    parameter_fn take;
    void *arg;
    unsigned status;
};

static bool is_known(const char *names, const char *name, size_t length)
{
    for (const char *at = names; length && (at = strstr(at, name)); at++) {
        if (at > names && at[-1] == ' ' && at[length] == ' ')
            return true;
    }
    return false;
}

static enum MHD_Result read_one(void *arg, enum MHD_ValueKind kind, const char *name,
                                size_t name_size, const char *value, size_t value_size)
{
    (void)kind;
    struct reading *reading = arg;
    struct request *request = reading->request;
    if (strlen(name) != name_size || !is_known(request->route->parameters, name, name_size))
        reading->status =
            request_refuse(request, MHD_HTTP_BAD_REQUEST, "no parameter \"%.100s\" here:%s", name,
                           *request->route->parameters ? request->route->parameters : " none");
    else if (!value || strlen(value) != value_size)
        reading->status = request_refuse(request, MHD_HTTP_BAD_REQUEST,
                                         "parameter %s has no value, or a NUL in it", name);
    else
        reading->status = reading->take(request, name, value, reading->arg);
    return reading->status == 0 ? MHD_YES : MHD_NO;
}

unsigned parameters_read(struct request *request, parameter_fn take, void *arg)
{
    struct reading reading = {.request = request, .take = take, .arg = arg};
    MHD_get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, read_one, &reading);
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
