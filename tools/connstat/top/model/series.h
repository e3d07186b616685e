/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The history of one number, and how a sparkline shows it.
 */
#ifndef TOP_SERIES_H
#define TOP_SERIES_H

#include <stdbool.h>
#include <stddef.h>

#define TOP_HISTORY 512 /* how many samples are kept, which is the width of the widest sparkline */

struct top_series {
    size_t next, length;
    double values[TOP_HISTORY]; /* NAN: there was no segment to look at */
};

void top_series_add(struct top_series *series, double value);

/* The value of so many samples ago; 0 is the last one. NAN: there is none. */
double top_series_at(const struct top_series *series, size_t ago);

/* The least and the greatest of the last width samples. False: there is none. */
bool top_series_range(const struct top_series *series, size_t width, double *least, double *most);

/* Write the height of the bar, 1 to 8, for each of the last width samples, the oldest first; 0: no
 * value. The scale goes from the least to the greatest of them, but spans at least a tenth of the
 * greatest: so a dip of one in a thousand does not look like an outage. */
void top_series_bars(const struct top_series *series, size_t width, unsigned char *bars);

#endif
