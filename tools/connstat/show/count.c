/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat count: one number, for scripts.
 */
#include "cli/options.h"
#include "cli/segment.h"
#include "common/failure.h"
#include "format/key.h"
#include "format/sheet.h"

static const struct command_option count_options[] = {
    {'t', "type", "TYPE", "of this type only", CHOOSE_TYPE},
    {'k', "key", "KEY", "registered with this key: a number, a UUID, ip:ADDRESS or a text", NULL},
    {0},
};

struct question {
    const char *type; /* NULL: any */
    bool has_key;
    struct connstat_key key;
};

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
    sheet_record(context, segment_name(context->segment), columns, COLUMN_COUNT(columns),
                 (struct value[]){{.text = question->type, .none = !question->type},
                                  {.text = key, .none = !key},
                                  {.count = count}});
}

static int answer(const struct context *context, connstat_t *cs, void *arg)
{
    const struct question *question = arg;
    int type, status;
    if (!segment_type(context, cs, question->type, &type, &status))
        return status;
    print(context, question,
          question->has_key ? connstat_count_key(cs, type, question->key)
                            : connstat_count(cs, type));
    return STATUS_OK;
}

static bool take_option(struct options *options, int id, void *arg)
{
    struct question *question = arg;
    if (id == 'k')
        return question->has_key = options_key(options, &question->key);
    question->type = options->value;
    return true;
}

static int run(const struct call *call)
{
    struct question question = {0};
    struct options options;
    if (!options_parse(&options, call, take_option, &question))
        return options.status;
    return segment_read(call->context, answer, &question);
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
