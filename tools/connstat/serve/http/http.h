/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The side of libmicrohttpd: connections come and go, and each request is given to request.c.
 */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include "serve/http/service.h"

struct MHD_Daemon;

/* Answer what comes on a listening socket. Returns 0 or a negative errno. */
int http_start(struct MHD_Daemon **daemon, struct service *service, int listener);
void http_stop(struct MHD_Daemon *daemon);

#endif
