/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A sample as JSON: one object for an event, or columns for a stretch of history.
 */
#ifndef SERVE_SAMPLE_JSON_H
#define SERVE_SAMPLE_JSON_H

#include <stdio.h>

#include "serve/sample/history.h"
#include "serve/sample/source.h"

/* One line, without its end. */
void sample_write_json(FILE *out, struct source *source, const struct sample *sample);

/* The samples from index first on, in columns that charts can take as they are. A second
 * without a segment is null in all columns but the time. */
void samples_write_json(FILE *out, struct source *source, const struct window *window,
                        size_t first);

#endif
