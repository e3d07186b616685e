/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <math.h>

#include "common/text.h"
#include "top/panels/panel.h"

void top_cell_count(struct buffer *cell, uint64_t count)
{
    char text[TEXT_NUMBER_BYTES];
    buffer_text(cell, text_count(count, text, sizeof(text)));
}

void top_cell_rate(struct buffer *cell, double rate)
{
    if (isnan(rate))
        buffer_text(cell, "-");
    else if (rate == 0)
        buffer_text(cell, "0");
    else if (rate < 100)
        buffer_format(cell, "%.1f", rate);
    else
        top_cell_count(cell, (uint64_t)llround(rate));
}

void top_cell_duration(struct buffer *cell, double seconds)
{
    char text[TEXT_NUMBER_BYTES];
    buffer_text(cell, text_duration(seconds > 0 ? seconds : 0, text, sizeof(text)));
}

void top_cell_since(struct buffer *cell, int64_t since_ns, int64_t now_ns)
{
    char text[TEXT_NUMBER_BYTES];
    buffer_text(cell, text_duration(text_span_seconds(since_ns, now_ns), text, sizeof(text)));
}

static const char *block(int eighths, bool ascii)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const letters[] = {" ", "_", ".", "-", "=", "+", "*", "%", "#"};
    return (ascii ? letters : blocks)[eighths < 0 ? 0 : eighths > 8 ? 8 : eighths];
}

void top_cell_chart(struct buffer *cell, const struct top_series *series, int width, bool ascii)
{
    unsigned char bars[TOP_HISTORY];
    size_t count = width < TOP_HISTORY ? (size_t)width : TOP_HISTORY;
    top_series_bars(series, count, bars);
    for (size_t i = 0; i < count; i++)
        buffer_text(cell, block(bars[i], ascii));
}

void top_cell_chart_row(struct buffer *cell, const struct top_series *series, int width,
                        double eighth, int row, bool ascii)
{
    for (int i = width - 1; i >= 0; i--) {
        double value = top_series_at(series, (size_t)i);
        int eighths = isnan(value) ? 0 : (int)lround(value / eighth);
        if (value > 0 && eighths == 0)
            eighths = 1;
        buffer_text(cell, block(eighths - 8 * row, ascii));
    }
}

void top_cell_types(struct buffer *cell, const struct top_model *model, const uint64_t *counts)
{
    const char *between = "";
    for (size_t i = 0; i < model->type_count; i++) {
        if (counts[i] == 0)
            continue;
        buffer_text(cell, between);
        buffer_safe(cell, model->types[i].name);
        buffer_text(cell, " ");
        top_cell_count(cell, counts[i]);
        between = ", ";
    }
}

int top_compare_numbers(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(b) - isnan(a);
    return (a > b) - (a < b);
}
