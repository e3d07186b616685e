/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/api/rows.h"

struct jsonw rows_start(struct request *request, const char *rows, uint64_t total)
{
    struct jsonw json = request_document(request);
    jsonw_unsigned(&json, "total", total);
    jsonw_open(&json, rows, '[');
    return json;
}

void rows_end(struct jsonw *json)
{
    jsonw_close(json);
    jsonw_close(json);
}
