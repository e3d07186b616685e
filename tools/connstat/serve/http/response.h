/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How an answer is sent: its headers, ETag and 304, gzip.
 */
#ifndef SERVE_RESPONSE_H
#define SERVE_RESPONSE_H

#include <microhttpd.h>
#include <stddef.h>

/* Send a body from malloc, and free it. Returns MHD_NO where there is no memory for an answer. */
enum MHD_Result response_send(struct MHD_Connection *connection, unsigned status,
                              const char *content_type, char *body, size_t size);

/* Send the page, which was compressed when it was built. */
enum MHD_Result response_send_page(struct MHD_Connection *connection);

/* Send a response that has no end. response NULL means that there was no memory for it. */
enum MHD_Result response_send_stream(struct MHD_Connection *connection, const char *content_type,
                                     struct MHD_Response *response);

/* How much a header such as Accept or Accept-Encoding wants what is called name: its q from 0 to 1;
 * -1 where it does not name it. A header NULL names nothing. */
double response_quality(const char *header, const char *name);

#endif
