/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A sample as JSON: one object for an event, or columns for a stretch of history.
 */
#ifndef SERVE_SAMPLE_JSON_H
#define SERVE_SAMPLE_JSON_H

#include <stdio.h>

#include "serve/sample/subject.h"

/* One line, without its end. The newest has the alerts of the moment with it. */
void sample_write_json(FILE *out, struct subject *subject, const struct sample *sample,
                       bool is_newest);

/* The samples from index first on, in columns that charts can take as they are. A second
 * without a segment is null in all columns but the time. */
void samples_write_json(FILE *out, struct subject *subject, const struct window *window,
                        size_t first);

#endif
