/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat ls: the segments of this machine.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "common/color.h"
#include "common/failure.h"
#include "common/output.h"
#include "common/text.h"
#include "format/sheet.h"

static const struct column columns[] = {
    {"name", "SEGMENT", VALUE_TEXT},
    {"status", "STATUS", VALUE_TEXT},
    {"entries", "ENTRIES", VALUE_COUNT},
    {"workers", "WORKERS", VALUE_COUNT},
    {"slots", "SLOTS", VALUE_COUNT, .wide = true},
    {"slots_max", "MAXIMUM", VALUE_COUNT, .wide = true},
    {"size_bytes", "SIZE", VALUE_BYTES},
    {"owner", "OWNER", VALUE_TEXT},
    {"uid", NULL, VALUE_NUMBER},
    {"gid", "GROUP ID", VALUE_NUMBER, .wide = true},
    {"mode", "MODE", VALUE_WORD},
    {"created_at", "MADE", VALUE_TIME, .wide = true},
    {"age_s", "AGE", VALUE_SECONDS},
    {"path", "FILE", VALUE_TEXT, .wide = true},
};

static const char *status_word(int status)
{
    switch (-status) {
    case 0:
        return "ok";
    case EACCES:
    case EPERM:
        return "no permission";
    case EPROTO:
        return "other layout";
    case EBADMSG:
        return "damaged";
    case ENOENT:
        return "gone";
    default:
        return strerror(-status);
    }
}

struct search {
    const char *name; /* NULL: all */
    struct sheet sheet;
};

static int print_segment(const struct connstat_segment *segment, void *arg)
{
    struct search *search = arg;
    if (search->name && strcmp(search->name, segment->name) != 0)
        return 0;
    bool readable = segment->status == 0;
    struct passwd *user = getpwuid(segment->uid);
    char mode[TEXT_NUMBER_BYTES];
    char uid[TEXT_NUMBER_BYTES];
    snprintf(uid, sizeof(uid), "%u", (unsigned)segment->uid);
    snprintf(mode, sizeof(mode), "%04o", (unsigned)segment->mode & 07777);
    sheet_row(&search->sheet,
              (struct value[]){
                  {.text = segment->name},
                  {.text = status_word(segment->status), .color = readable ? NULL : COLOR_RED},
                  {.count = segment->entries, .none = !readable},
                  {.count = segment->workers, .none = !readable},
                  {.count = segment->slots, .none = !readable},
                  {.count = segment->slots_max, .none = !readable},
                  {.count = segment->size_bytes},
                  {.text = user ? user->pw_name : uid},
                  {.integer = segment->uid},
                  {.integer = segment->gid},
                  {.text = mode},
                  {.integer = segment->created_at_ns, .none = !readable},
                  {.real = text_age_seconds(segment->created_at_ns), .none = !readable},
                  {.text = segment->path},
              });
    return output_failed();
}

struct sought {
    const char *name;
    bool is_there;
};

static int seek(const struct connstat_segment *segment, void *arg)
{
    struct sought *sought = arg;
    sought->is_there |= strcmp(segment->name, sought->name) == 0;
    return sought->is_there;
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    struct options options;
    if (!options_parse(&options, call, NULL, NULL))
        return options.status;

    struct sought sought = {.name = context->segment};
    if (sought.name && connstat_for_each_segment(seek, &sought) >= 0 && !sought.is_there)
        return segment_failure(sought.name, -ENOENT);

    char directory[256] = "?", empty[320];
    connstat_directory(directory, sizeof(directory));
    snprintf(empty, sizeof(empty), "no segments in %s", directory);
    struct search search = {.name = context->segment};
    struct sheet *sheet = &search.sheet;
    struct sheet_about about = {.rows = "segments", .empty = empty};
    sheet_start(sheet, context, columns, COLUMN_COUNT(columns), &about);
    if (context->format == FORMAT_JSON)
        jsonw_text(&sheet->json, "directory", directory);
    int visited = connstat_for_each_segment(print_segment, &search);
    if (visited == -ENOENT) {
        snprintf(empty, sizeof(empty), "there is no directory %s", directory);
        visited = 0;
    }
    sheet_end(sheet);
    if (visited < 0) {
        failure("cannot read %s: %s; CONNSTAT_DIR names another directory", directory,
                strerror(-visited));
        return segment_status(visited);
    }
    return STATUS_OK;
}

const struct command command_ls = {
    .name = "ls",
    .summary = "the segments of this machine",
    .usage = "[OPTION]...",
    .details = "They are the files NAME.connstat in $CONNSTAT_DIR, else /run/connstat where it can "
               "be\nused, else /dev/shm. With --name only that one.",
    .run = run,
};
