/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the options of every command say: which segment, and how the output looks.
 */
#ifndef TOOLS_CONTEXT_H
#define TOOLS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum format { FORMAT_TABLE, FORMAT_WIDE, FORMAT_JSON, FORMAT_JSONL, FORMAT_CSV };

/* The number that every machine format carries. It rises when a program that reads the old format
 * would be misled by the new one. */
#define SCHEMA        1
#define SCHEMA_COUNTS 2 /* of JSON documents that hold the counts */

#define CONTEXT_MAX_SEGMENTS 64

struct context {
    const char *command; /* name of the command that runs, for error messages; NULL: none yet */
    const char *segment; /* NULL: $CONNSTAT_NAME, else "default" */
    const char *segments[CONTEXT_MAX_SEGMENTS + 1]; /* all that were named, in that order */
    size_t segment_count;
    enum format format;
    bool color;      /* whether standard output is coloured */
    bool no_headers; /* rows without a line of titles above them */
    bool csv_safe;   /* in CSV, no text is a formula to a spreadsheet */
    uint64_t given;  /* which of the global options were given: a bit for each row of their table */
};

static inline bool for_people(const struct context *context)
{
    return context->format == FORMAT_TABLE || context->format == FORMAT_WIDE;
}

#endif
