/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What requests are answered from, shared by the threads of all connections.
 */
#ifndef SERVE_SERVICE_H
#define SERVE_SERVICE_H

#include "serve/http/admission.h"
#include "serve/http/clients.h"
#include "serve/http/events.h"
#include "serve/http/turns.h"
#include "serve/sample/sampler.h"
#include "serve/sample/subjects.h"

struct route;

struct service {
    const struct route *(*find_route)(const char *path); /* NULL: there is no such path */
    struct admission admission;
    struct clients clients;
    struct events events;
    struct turns turns;
    struct subjects subjects;
    struct sampler sampler;
};

#endif
