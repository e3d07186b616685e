/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "csv.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

static bool row_has_cells;

static void put_text(const char *text)
{
    while (*text) {
        uint32_t code_point;
        int length = text_code_point(text, &code_point);
        if (length < 0)
            fputs("\xEF\xBF\xBD", stdout);
        else if (code_point == '"')
            fputs("\"\"", stdout);
        else if (text_is_unsafe(code_point) && code_point != '\n' && code_point != '\t')
            printf("\\u%04x", code_point);
        else
            fwrite(text, 1, (size_t)length, stdout);
        text += length < 0 ? 1 : length;
    }
}

void csv_cell(const char *text)
{
    bool quoted = strpbrk(text, ",\"\n\r") || (*text == ' ' || *text == '\t');
    if (row_has_cells)
        putchar(',');
    row_has_cells = true;
    if (quoted)
        putchar('"');
    put_text(text);
    if (quoted)
        putchar('"');
}

void csv_end_row(void)
{
    fputs("\r\n", stdout);
    row_has_cells = false;
}
