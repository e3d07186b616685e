/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "format/csv.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"

static bool row_has_cells, is_safe;

static bool is_plain(uint32_t code_point)
{
    if (code_point == '\n' || code_point == '\t')
        return true;
    return code_point != '"' && !text_is_unsafe(code_point);
}

static void put_text(const char *text)
{
    const char *plain = text; /* the text from here on needs no escape and is written at once */
    while (*text) {
        uint32_t code_point;
        int length = text_code_point(text, &code_point);
        if (length > 0 && is_plain(code_point)) {
            text += length;
            continue;
        }
        fwrite(plain, 1, (size_t)(text - plain), stdout);
        if (length < 0)
            fputs("\xEF\xBF\xBD", stdout);
        else if (code_point == '"')
            fputs("\"\"", stdout);
        else
            printf("\\u%04x", code_point);
        text += length > 0 ? length : 1;
        plain = text;
    }
    fwrite(plain, 1, (size_t)(text - plain), stdout);
}

void csv_start(bool safe)
{
    is_safe = safe;
    row_has_cells = false;
}

void csv_no_cell(void)
{
    if (row_has_cells)
        putchar(',');
    row_has_cells = true;
}

static void put_cell(const char *prefix, const char *text)
{
    bool quoted = *text == '\0' || strpbrk(text, ",\"\n\r") || *text == ' ' || *text == '\t';
    csv_no_cell();
    if (quoted)
        putchar('"');
    fputs(prefix, stdout);
    put_text(text);
    if (quoted)
        putchar('"');
}

void csv_cell(const char *text)
{
    put_cell("", text);
}

void csv_text(const char *text)
{
    bool is_formula = *text && strchr("=+-@\t\r", *text);
    put_cell(is_safe && is_formula ? "'" : "", text);
}

void csv_end_row(void)
{
    fputs("\r\n", stdout);
    row_has_cells = false;
}
