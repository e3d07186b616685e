/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat doctor: what could be wrong, and what to do about it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "cli/options.h"
#include "cli/segment.h"
#include "common/color.h"
#include "common/failure.h"
#include "common/text.h"
#include "common/workers.h"
#include "format/sheet.h"

enum verdict { FINE, WARNING, BROKEN };

static const struct column columns[] = {
    {"check", NULL, VALUE_TEXT},
    {"verdict", NULL, VALUE_TEXT},
    {"finding", NULL, VALUE_TEXT},
    {"advice", NULL, VALUE_TEXT},
};

struct examination {
    const struct context *context;
    bool for_people;
    struct sheet sheet;
    connstat_t *cs; /* NULL: cannot be opened */
    int status;     /* of the first thing that is broken */
};

static void tell(struct examination *examination, const char *check, enum verdict verdict,
                 const char *advice, const char *format, ...) __attribute__((format(printf, 5, 6)));

static void tell(struct examination *examination, const char *check, enum verdict verdict,
                 const char *advice, const char *format, ...)
{
    static const char *const words[] = {"ok", "warning", "broken"};
    static const char *const colors[] = {COLOR_GREEN, COLOR_YELLOW, COLOR_RED};
    char finding[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding, sizeof(finding), format, arguments);
    va_end(arguments);

    if (!examination->for_people) {
        sheet_row(&examination->sheet, (struct value[]){{.text = check},
                                                        {.text = words[verdict]},
                                                        {.text = finding},
                                                        {.text = advice, .none = !advice}});
        return;
    }
    bool color = examination->context->color;
    printf("%s%-8s%s  %-10s  %s\n", color ? colors[verdict] : "", words[verdict],
           color ? COLOR_RESET : "", check, finding);
    if (advice)
        printf("%*s%s\n", 22, "", advice);
}

static void examine_directory(struct examination *examination)
{
    char directory[256] = "?", free_text[TEXT_NUMBER_BYTES];
    struct statvfs fs;
    connstat_directory(directory, sizeof(directory));
    if (statvfs(directory, &fs) < 0) {
        tell(examination, "directory", BROKEN, "make it, or let CONNSTAT_DIR name another one",
             "%s: %s", directory, strerror(errno));
        examination->status = segment_status(-errno);
        return;
    }
    double used = fs.f_blocks ? 100.0 * (1 - (double)fs.f_bavail / (double)fs.f_blocks) : 0;
    uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    text_bytes(free_bytes, free_text, sizeof(free_text));
    tell(examination, "directory", used >= 90 ? WARNING : FINE,
         used >= 90 ? "a new segment may not fit: enlarge this tmpfs (mount -o remount,size=...)"
                    : NULL,
         "%s is %.0f %% full, %s free", directory, used, free_text);
}

static bool examine_segment(struct examination *examination)
{
    const char *name = segment_name(examination->context->segment);
    int error = connstat_open(&examination->cs, name, CONNSTAT_READ_ONLY);
    if (error < 0) {
        char advice[1024];
        examination->cs = NULL;
        examination->status = segment_status(error);
        char *next = strstr(segment_advice(name, error, advice, sizeof(advice)), ": ");
        if (next)
            *next = '\0';
        tell(examination, "segment", BROKEN, next ? next + 2 : NULL, "%s", advice);
        return false;
    }
    connstat_reap(examination->cs);
    struct connstat_info info;
    char size[TEXT_NUMBER_BYTES], age[TEXT_NUMBER_BYTES];
    connstat_info(examination->cs, &info);
    text_bytes(info.size_bytes, size, sizeof(size));
    text_duration(text_age_seconds(info.created_at_ns), age, sizeof(age));
    tell(examination, "segment", FINE, NULL, "%s: %s, made %s ago", info.path, size, age);
    tell(examination, "layout", FINE, NULL, "version %u, which connstat %s reads",
         info.layout_version, connstat_version());
    return true;
}

static void examine_reapers(struct examination *examination)
{
    struct connstat_info info;
    connstat_info(examination->cs, &info);
    if (info.reapers > 0)
        tell(examination, "reaper", FINE, NULL, "%u process%s watch%s for deaths", info.reapers,
             info.reapers == 1 ? "" : "es", info.reapers == 1 ? "es" : "");
    else
        tell(examination, "reaper", WARNING,
             "call connstat_reaper_start in the server's master, or run \"connstat reaper\"",
             "nobody watches for deaths: dead workers' slots stay taken until a table is full");
}

static void examine_workers(struct examination *examination)
{
    struct connstat_info info;
    connstat_info(examination->cs, &info);
    int living = workers_count(examination->cs);
    uint32_t workers = living < 0 ? 0 : (uint32_t)living;
    bool crowded = workers >= info.max_workers - info.max_workers / 10;
    tell(examination, "workers", crowded ? WARNING : FINE,
         crowded ? "more will be refused with -EUSERS: make the segment with more max_workers"
                 : NULL,
         "%u of at most %u live", workers, info.max_workers);
}

static void examine_tables(struct examination *examination)
{
    connstat_t *cs = examination->cs;
    bool full = false;
    for (int type = 0; type < connstat_type_count(cs); type++) {
        uint64_t live = connstat_count(cs, type);
        int64_t capacity = connstat_type_capacity(cs, type);
        if (capacity <= 0 || (double)live < 0.8 * (double)capacity)
            continue;
        full = true;
        tell(examination, "capacity", WARNING,
             "the next ones will be refused with -ENOSPC: make the segment with a larger capacity",
             "%s: %llu of %lld slots are taken", connstat_type_name(cs, type),
             (unsigned long long)live, (long long)capacity);
    }
    if (!full)
        tell(examination, "capacity", FINE, NULL, "every type has room");
}

static void examine_refusals(struct examination *examination)
{
    struct connstat_totals totals;
    uint64_t refused = 0;
    char text[TEXT_NUMBER_BYTES];
    connstat_totals(examination->cs, &totals);
    for (size_t i = 0; i < totals.type_count; i++) {
        for (int reason = 0; reason < CONNSTAT_REFUSAL_COUNT; reason++)
            refused += totals.refused[i][reason];
    }
    refused += totals.refused_no_type;
    tell(examination, "refusals", refused > 0 ? WARNING : FINE,
         refused > 0 ? "\"connstat totals\" tells of which type and why" : NULL,
         "%s registrations were refused so far",
         refused ? text_count(refused, text, sizeof(text)) : "no");
}

static void examine_consistency(struct examination *examination)
{
    int violations = connstat_check(examination->cs, NULL, NULL);
    if (violations <= 0) {
        tell(examination, "check", FINE, NULL, "every invariant holds");
        return;
    }
    examination->status = STATUS_DAMAGED;
    tell(examination, "check", BROKEN,
         "\"connstat check\" tells which; \"connstat check --repair\" "
         "mends what a sweep can",
         "%d invariants do not hold", violations);
}

static void examine(struct examination *examination)
{
    examine_directory(examination);
    if (!examine_segment(examination))
        return;
    examine_reapers(examination);
    examine_workers(examination);
    examine_tables(examination);
    examine_refusals(examination);
    examine_consistency(examination);
    connstat_close(examination->cs);
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    struct options options;
    options_start(&options, call);
    if (options_next(&options) != OPTIONS_END || !options_operands(&options, 0, 0))
        return options.status;

    struct examination examination = {.context = context, .for_people = for_people(context)};
    struct sheet_about about = {.rows = "checks", .segment = segment_name(context->segment)};
    if (!examination.for_people)
        sheet_start(&examination.sheet, context, columns, COLUMN_COUNT(columns), &about);
    examine(&examination);
    if (!examination.for_people)
        sheet_end(&examination.sheet);
    return examination.status;
}

const struct command command_doctor = {
    .name = "doctor",
    .summary = "what could be wrong, and what to do about it",
    .usage = "[OPTION]...",
    .details = "Is there a segment, may you read it, do versions fit, who reaps, is there room? "
               "The exit\nstatus is that of the first thing that is broken; warnings are 0.",
    .run = run,
};
