/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The parameters of a request: what stands after the "?" of its URL.
 */
#ifndef SERVE_PARAMETERS_H
#define SERVE_PARAMETERS_H

#include "serve/http/request.h"

/* Takes one parameter. Returns 0, or the status of a refusal. */
typedef unsigned (*parameter_fn)(struct request *request, const char *name, const char *value,
                                 void *arg);

/* Call take for each parameter but "segment". Each is known to the route and has a value. Returns
 * 0, or the status of the first refusal. */
unsigned parameters_read(struct request *request, parameter_fn take, void *arg);

/* Read a number from min to max. Returns 0, or the status of the refusal. */
unsigned parameter_number(struct request *request, const char *name, const char *value,
                          uint64_t min, uint64_t max, uint64_t *number);

#endif
