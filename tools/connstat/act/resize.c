/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat resize: more slots for a type, while its workers go on.
 */
#include <errno.h>

#include "cli/run.h"
#include "common/clock.h"
#include "common/failure.h"
#include "format/sheet.h"

enum { OPTION_CAPACITY = OPTION_LONG };

static const struct command_option resize_options[] = {
    {'t', "type", "NAME", "the type", NULL},
    {OPTION_CAPACITY, "capacity", "N", "so many slots at least, up to its maximum", NULL},
    {0},
};

struct wish {
    const char *type;
    uint32_t capacity;
};

static bool take_option(struct options *options, int id, void *arg)
{
    struct wish *wish = arg;
    uint64_t slots;
    if (id == 't') {
        wish->type = options->value;
        return true;
    }
    if (!options_number(options, 1, 1u << 24, &slots))
        return false;
    wish->capacity = (uint32_t)slots;
    return true;
}

static uint64_t size_of_segment(connstat_t *cs)
{
    struct connstat_info info;
    return connstat_info(cs, &info) == 0 ? info.size_bytes : 0;
}

static int refuse(const struct context *context, connstat_t *cs, int type, const struct wish *wish,
                  int error)
{
    if (error == -EINVAL)
        return failure("%s may have %lld slots at most, which was stated when the segment was made "
                       "(connstat create --max)",
                       wish->type, (long long)connstat_type_maximum(cs, type));
    if (error == -ENOSPC)
        return failure("no memory for so many slots of %s: it has %lld, as before", wish->type,
                       (long long)connstat_type_capacity(cs, type));
    return segment_failure(context->segment, error);
}

static int resize(const struct context *context, connstat_t *cs, void *arg)
{
    static const struct column columns[] = {
        {"type", "Type", VALUE_TEXT},          {"slots_before", "Before", VALUE_COUNT},
        {"slots", "Slots", VALUE_COUNT},       {"slots_max", "Maximum", VALUE_COUNT},
        {"added_bytes", "Added", VALUE_BYTES}, {"milliseconds", "Took (ms)", VALUE_COUNT},
    };
    const struct wish *wish = arg;
    int type, status;
    if (!wish->type || wish->capacity == 0)
        return usage_error(context, "which type, and how many slots? --type NAME --capacity N");
    if (!segment_type(context, cs, wish->type, &type, &status))
        return status;
    int64_t before = connstat_type_capacity(cs, type), began = clock_monotonic_ns();
    uint64_t bytes = size_of_segment(cs);
    int error = connstat_resize(cs, type, wish->capacity);
    int64_t took = clock_monotonic_ns() - began;
    if (error < 0)
        return refuse(context, cs, type, wish, error);
    sheet_record(context, segment_name(context->segment), columns, COLUMN_COUNT(columns),
                 (struct value[]){{.text = wish->type},
                                  {.count = (uint64_t)before},
                                  {.count = (uint64_t)connstat_type_capacity(cs, type)},
                                  {.count = (uint64_t)connstat_type_maximum(cs, type)},
                                  {.count = size_of_segment(cs) - bytes},
                                  {.count = (uint64_t)(took / 1000000)}});
    return STATUS_OK;
}

static int run(const struct call *call)
{
    struct wish wish = {0};
    return run_writing(call, take_option, resize, &wish);
}

const struct command command_resize = {
    .name = "resize",
    .summary = "more slots for a type, while its workers go on",
    .usage = "--type NAME --capacity N",
    .details =
        "The workers see the new slots by themselves; nothing moves, and nobody waits. A table\n"
        "never shrinks. By itself it grows when it is full, or ahead of that where somebody\n"
        "reaps, unless it was made with --by-hand. The memory is charged to the memory cgroup\n"
        "of this command: in a container, run it there.\n"
        "\n"
        "  connstat resize -n game --type ws_socket --capacity 1000000",
    .options = resize_options,
    .run = run,
};
