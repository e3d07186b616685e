/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A sample as JSON: one object for an event, or columns for a stretch of history.
 */
#ifndef SERVE_SAMPLE_JSON_H
#define SERVE_SAMPLE_JSON_H

#include <stdio.h>

#include "serve/sample/subject.h"

/* Write a sample as one line, without the line's end. The problem is told where the sample found no
 * segment. */
void sample_write_json(FILE *out, struct subject *subject, const struct sample *sample,
                       const char *problem, bool is_newest);

/* Write the samples from index first on, a column for each number, as charts take them. A second
 * without a segment is null in each column but the time. The problem is that of now; NULL: none. */
void samples_write_json(FILE *out, const struct subject *subject, const struct window *window,
                        size_t first, const char *problem);

#endif
