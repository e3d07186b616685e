/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat count: one number, for scripts.
 */
#include <stdlib.h>

#include "cli/run.h"
#include "common/failure.h"
#include "format/key.h"
#include "format/sheet.h"

static const struct command_option count_options[] = {
    {'t', "type", "TYPE", "of this type only; repeatable: the sum", CHOOSE_TYPE,
     .is_repeatable = true},
    {'k', "key", "KEY", "registered with this key: a number, a UUID, ip:ADDRESS or a text", NULL},
    {0},
};

struct question {
    struct type_names types; /* none: all */
    bool has_key;
    struct connstat_key key;
};

static uint64_t count_types(connstat_t *cs, uint64_t types, const struct question *question)
{
    uint64_t sum = 0;
    for (int type = 0; type < connstat_type_count(cs); type++) {
        if (types == 0 || types >> type & 1)
            sum += question->has_key ? connstat_count_key(cs, type, question->key)
                                     : connstat_count(cs, type);
    }
    return sum;
}

/* "ws_socket,live_view"; NULL: all. */
static char *join_names(const struct type_names *types)
{
    struct buffer names = {0};
    for (size_t i = 0; i < types->count; i++)
        buffer_format(&names, "%s%s", i > 0 ? "," : "", types->names[i]);
    return names.bytes;
}

static void print(const struct context *context, const struct question *question, uint64_t count)
{
    static const struct column columns[] = {
        {"type", NULL, VALUE_TEXT},
        {"key", NULL, VALUE_TEXT},
        {"count", NULL, VALUE_COUNT},
    };
    char text[KEY_BYTES];
    if (for_people(context)) {
        printf("%llu\n", (unsigned long long)count);
        return;
    }
    const char *key = question->has_key ? key_print(&question->key, text) : NULL;
    char *types = join_names(&question->types);
    sheet_record(context, segment_name(context->segment), columns, COLUMN_COUNT(columns),
                 (struct value[]){{.text = types, .none = !types},
                                  {.text = key, .none = !key},
                                  {.count = count}});
    free(types);
}

static int answer(const struct context *context, connstat_t *cs, void *arg)
{
    const struct question *question = arg;
    uint64_t types;
    int status;
    if (!segment_types(context, cs, &question->types, &types, &status))
        return status;
    print(context, question, count_types(cs, types, question));
    return STATUS_OK;
}

static bool take_option(struct options *options, int id, void *arg)
{
    struct question *question = arg;
    if (id == 'k')
        return question->has_key = options_key(options, &question->key);
    return options_type(options, &question->types);
}

static int run(const struct call *call)
{
    struct question question = {0};
    return run_reading(call, take_option, answer, &question);
}

const struct command command_count = {
    .name = "count",
    .summary = "how many there are of one type or key, as a bare number",
    .usage = "[OPTION]...",
    .details = "A key of digits is a number; text:42 is the text \"42\".\n"
               "\n"
               "  connstat count --key user:42",
    .options = count_options,
    .run = run,
};
