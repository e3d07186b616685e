/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat create: make a segment, for servers that only open theirs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/segment.h"
#include "common/failure.h"
#include "common/text.h"
#include "format/names.h"
#include "format/sheet.h"

enum {
    OPTION_CAPACITY = OPTION_LONG,
    OPTION_MAX,
    OPTION_BY_HAND,
    OPTION_WORKERS,
    OPTION_METADATA,
    OPTION_MODE
};

static const struct command_option create_options[] = {
    {'t', "type", "NAME:KIND[:CAPACITY]", "a type, KIND channel or connection; repeatable", NULL,
     .is_repeatable = true},
    {OPTION_CAPACITY, "capacity", "N", "slots of a type that names none (16k, growing)", NULL},
    {OPTION_MAX, "max", "N", "slots that each type may grow to (1048576; its capacity if stated)",
     NULL},
    {OPTION_BY_HAND, "by-hand", NULL, "tables grow by connstat resize alone", NULL},
    {OPTION_WORKERS, "max-workers", "N", "so many processes at once (1024)", NULL},
    {OPTION_METADATA, "metadata-bytes", "N", "encoded metadata of one entry (96)", NULL},
    {OPTION_MODE, "mode", "MODE", "of the segment's file, octal (0640)", NULL},
    {0},
};

struct plan {
    struct connstat_config config;
    struct connstat_type types[CONNSTAT_MAX_TYPES];
    char names[CONNSTAT_MAX_TYPES][64];
};

static bool parse_kind(const char *text, size_t length, enum connstat_kind *kind)
{
    for (*kind = CONNSTAT_CHANNEL; *kind <= CONNSTAT_CONNECTION; (*kind)++) {
        const char *name = name_of_kind((int)*kind);
        if (strlen(name) == length && memcmp(name, text, length) == 0)
            return true;
    }
    return false;
}

/* False: text is not of the form NAME:KIND[:CAPACITY]. Whether the name is allowed, the library
 * decides; a name that is too long is cut, which leaves it too long. */
static bool parse_type(const char *text, char name[64], struct connstat_type *type)
{
    size_t name_length = strcspn(text, ":");
    snprintf(name, 64, "%.*s", (int)name_length, text);
    type->name = name;
    text += name_length;
    if (*text++ != ':')
        return false;

    size_t kind_length = strcspn(text, ":");
    if (!parse_kind(text, kind_length, &type->kind))
        return false;
    text += kind_length;

    uint64_t slots = 0;
    if (*text == ':' && (!text_size(text + 1, &slots) || slots == 0 || slots > UINT32_MAX))
        return false;
    type->capacity = (uint32_t)slots;
    return true;
}

static bool take_type(struct options *options, struct plan *plan)
{
    size_t index = plan->config.type_count;
    if (index == CONNSTAT_MAX_TYPES) {
        options->status = usage_error(options->context, "at most %d types", CONNSTAT_MAX_TYPES);
        return false;
    }
    if (!parse_type(options->value, plan->names[index], &plan->types[index])) {
        options->status = usage_error(options->context,
                                      "--type takes NAME:KIND or NAME:KIND:CAPACITY, KIND being "
                                      "channel or connection, not \"%s\"",
                                      options->value);
        return false;
    }
    plan->config.types = plan->types;
    plan->config.type_count++;
    return true;
}

static bool take_number(struct options *options, uint32_t max, uint32_t *member)
{
    uint64_t number;
    if (!options_size(options, 1, max, &number))
        return false;
    *member = (uint32_t)number;
    return true;
}

static bool take_mode(struct options *options, mode_t *mode)
{
    char *end;
    unsigned long bits = strtoul(options->value, &end, 8);
    if (*options->value == '\0' || *end != '\0' || bits == 0 || bits > 0777) {
        options->status =
            usage_error(options->context, "--mode takes an octal mode such as 0640, not \"%s\"",
                        options->value);
        return false;
    }
    *mode = (mode_t)bits;
    return true;
}

static bool take_option(struct options *options, int id, void *arg)
{
    struct plan *plan = arg;
    switch (id) {
    case 't':
        return take_type(options, plan);
    case OPTION_CAPACITY:
        return take_number(options, 1u << 24, &plan->config.capacity);
    case OPTION_MAX:
        return take_number(options, 1u << 24, &plan->config.max_capacity);
    case OPTION_BY_HAND:
        plan->config.flags |= CONNSTAT_GROW_BY_HAND;
        return true;
    case OPTION_WORKERS:
        return take_number(options, 8192, &plan->config.max_workers);
    case OPTION_METADATA:
        return take_number(options, 4096, &plan->config.metadata_bytes);
    case OPTION_MODE:
        return take_mode(options, &plan->config.mode);
    default:
        return false;
    }
}

static uint64_t slots_max(connstat_t *cs)
{
    uint64_t sum = 0;
    for (int type = 0; type < connstat_type_count(cs); type++)
        sum += (uint64_t)connstat_type_maximum(cs, type);
    return sum;
}

static int print_made(const struct context *context, connstat_t *cs)
{
    static const struct column columns[] = {
        {"path", "File", VALUE_TEXT},
        {"size_bytes", "Size", VALUE_BYTES},
        {"types", "Types", VALUE_COUNT},
        {"slots", "Slots", VALUE_COUNT},
        {"slots_max", "May grow to", VALUE_COUNT},
        {"max_workers", "Workers", VALUE_COUNT},
        {"metadata_bytes", "Metadata", VALUE_BYTES},
    };
    struct connstat_info info;
    int error = connstat_info(cs, &info);
    if (error < 0)
        return segment_failure(context->segment, error);
    sheet_record(context, info.name, columns, COLUMN_COUNT(columns),
                 (struct value[]){{.text = info.path},
                                  {.count = info.size_bytes},
                                  {.count = (uint64_t)connstat_type_count(cs)},
                                  {.count = info.slots},
                                  {.count = slots_max(cs)},
                                  {.count = info.max_workers},
                                  {.count = info.metadata_bytes}});
    return STATUS_OK;
}

static int refuse(const struct context *context, int error)
{
    if (error == -EEXIST) {
        return failure("segment \"%s\" has another layout and living workers: stop its server "
                       "first, or choose another name",
                       segment_name(context->segment));
    }
    if (error == -EBUSY)
        return failure("another process is making segment \"%s\" at this moment: try again",
                       segment_name(context->segment));
    if (error == -ENOENT) {
        char directory[256];
        if (connstat_directory(directory, sizeof(directory)))
            return failure("there is no directory %s: make it, or set $CONNSTAT_DIR", directory);
    }
    char path[256];
    if (error == -EINVAL && connstat_path(context->segment, path, sizeof(path))) /* a good name */
        return usage_error(context, "refused: a type's name is [a-z0-9_]{1,31} and each once, "
                                    "capacities are at most 2^24, and none above --max, the 16384 "
                                    "of a type without one included");
    return segment_failure(context->segment, error);
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    struct plan plan = {.config = CONNSTAT_CONFIG_INIT};
    struct options options;
    if (!options_parse(&options, call, take_option, &plan))
        return options.status;

    connstat_t *cs;
    int error = connstat_create(&cs, context->segment, &plan.config);
    if (error < 0)
        return refuse(context, error);
    int status = print_made(context, cs);
    connstat_close(cs);
    return status;
}

const struct command command_create = {
    .name = "create",
    .summary = "make a segment, or keep the one of the same layout",
    .usage = "[OPTION]...",
    .details =
        "Without --type: the nine types of a game server. One of another layout is replaced where\n"
        "no worker lives in it.\n"
        "\n"
        "  connstat create -n shop --type http:connection:65536 --type basket:channel",
    .options = create_options,
    .run = run,
};
