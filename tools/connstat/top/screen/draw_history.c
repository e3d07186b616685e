/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A chart of all that lives, in the lines that the tables of a tall screen leave.
 */
#include "common/text.h"
#include "top/screen/draw.h"

#define FEWEST_ROWS 4
#define MOST_ROWS   10

static void draw_chart(const struct top *top, int y, int rows, int width, double most)
{
    const struct top_series *history = &top->model.history;
    for (int row = 0; row < rows; row++) {
        struct buffer line = {0};
        top_cell_chart_row(&line, history, width, most / (8 * rows), rows - 1 - row,
                           top->data.ascii);
        if (line.bytes)
            terminal_text(y + row, terminal_width() - width, width, LOOK_CHART, line.bytes);
        buffer_free(&line);
    }
}

void top_draw_history(const struct top *top, int y, int height)
{
    int rows = height - 1 < MOST_ROWS ? height - 1 : MOST_ROWS;
    int width = terminal_width() < TOP_HISTORY ? terminal_width() : TOP_HISTORY;
    double least, most;
    char text[TEXT_NUMBER_BYTES];
    if (rows < FEWEST_ROWS)
        return;
    if (!top_series_range(&top->model.history, (size_t)width, &least, &most))
        return;
    y += height - 1 - rows; /* at the bottom, so that it stays while tables grow */
    struct top_line heading = {.y = y, .width = terminal_width()};
    terminal_fill(y, 0, terminal_width(), LOOK_HEADING);
    top_line_add(&heading, LOOK_HEADING, "CONNECTIONS AND CHANNELS  0 to %s",
                 text_count((uint64_t)most, text, sizeof(text)));
    if (!top->cs)
        terminal_faded();
    draw_chart(top, y + 1, rows, width, most > 0 ? most : 1);
    terminal_plain();
}
