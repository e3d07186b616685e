/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The server of libmicrohttpd: connections come and go, and each request gets its answer.
 */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include "serve/http/service.h"

struct MHD_Daemon;

/* Answer what comes on a listening socket. Returns 0 or a negative errno. */
int http_start(struct MHD_Daemon **daemon, struct service *service, int listener);
void http_stop(struct MHD_Daemon *daemon);

#endif
