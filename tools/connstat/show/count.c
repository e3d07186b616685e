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

static void print(const struct context *context, const char *type, const struct connstat_key *key,
                  uint64_t count)
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
    sheet_record(context, segment_name(context->segment), columns, COLUMN_COUNT(columns),
                 (struct value[]){{.text = type, .none = !type},
                                  {.text = key ? key_print(key, text) : NULL, .none = !key},
                                  {.count = count}});
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    const char *type_name = NULL;
    struct connstat_key key;
    bool has_key = false;
    struct options options;
    options_start(&options, call);
    for (int id; (id = options_next(&options)) != OPTIONS_END;) {
        if (id == 't')
            type_name = options.value;
        else if (id == 'k' && options_key(&options, &key))
            has_key = true;
        else
            return options.status;
    }
    if (!options_operands(&options, 0, 0))
        return options.status;

    connstat_t *cs;
    int type, status;
    if (!segment_open(context, &cs, &status))
        return status;
    if (segment_type(context, cs, type_name, &type, &status)) {
        uint64_t count = has_key ? connstat_count_key(cs, type, key) : connstat_count(cs, type);
        print(context, type_name, has_key ? &key : NULL, count);
        status = STATUS_OK;
    }
    connstat_close(cs);
    return status;
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
