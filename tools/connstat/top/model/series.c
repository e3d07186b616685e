/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/model/series.h"

#include <math.h>

void top_series_add(struct top_series *series, double value)
{
    series->values[series->next] = value;
    series->next = (series->next + 1) % TOP_HISTORY;
    if (series->length < TOP_HISTORY)
        series->length++;
}

double top_series_at(const struct top_series *series, size_t ago)
{
    if (ago >= series->length)
        return NAN;
    return series->values[(series->next + TOP_HISTORY - 1 - ago) % TOP_HISTORY];
}

bool top_series_range(const struct top_series *series, size_t width, double *least, double *most)
{
    *least = INFINITY;
    *most = -INFINITY;
    for (size_t ago = 0; ago < width; ago++) {
        double value = top_series_at(series, ago);
        if (isnan(value))
            continue;
        *least = fmin(*least, value);
        *most = fmax(*most, value);
    }
    return *least <= *most;
}

void top_series_bars(const struct top_series *series, size_t width, unsigned char *bars)
{
    double least, most;
    top_series_range(series, width, &least, &most);
    if (most - least < most / 10)
        least = most - most / 10;
    for (size_t i = 0; i < width; i++) {
        double value = top_series_at(series, width - 1 - i);
        if (isnan(value))
            bars[i] = 0;
        else if (most <= least)
            bars[i] = 1;
        else
            bars[i] = (unsigned char)(1 + lround((value - least) / (most - least) * 7));
    }
}
