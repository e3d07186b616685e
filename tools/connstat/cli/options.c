/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "cli/options.h"

#include <assert.h>
#include <connstat.h>
#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "common/color.h"
#include "common/failure.h"
#include "common/similar.h"
#include "common/text.h"
#include "common/when.h"
#include "format/key.h"

#define END  0
#define EXIT (-1) /* ends the parsing: .status is set */

static void add_rows(struct options *options, const struct command_option *row)
{
    size_t count = 0;
    while (options->rows[count])
        count++;
    char *letter = options->letters + strlen(options->letters);
    for (; row && row->name; row++, count++) {
        assert(count < OPTIONS_MAX - 1);
        options->rows[count] = row;
        options->long_options[count] = (struct option){
            row->name, row->argument ? required_argument : no_argument, NULL, row->id};
        if (row->id < OPTION_LONG) {
            *letter++ = (char)row->id;
            if (row->argument)
                *letter++ = ':';
        }
    }
}

static void start(struct options *options, const struct call *call)
{
    *options = (struct options){.call = call, .context = call->context};
    bool stops_at_operand = !call->command || call->command->wraps_program;
    strcpy(options->letters, stops_at_operand ? "+:" : ":");
    if (call->command)
        add_rows(options, call->command->options);
    add_rows(options, global_options);
    optind = 0; /* glibc then begins anew */
    opterr = 0;
}

static int stop(struct options *options, int status)
{
    options->status = status;
    return EXIT;
}

static int set_format(struct options *options, const char *name)
{
    static const char *const names[] = {"table", "wide", "json", "jsonl", "csv"};
    if (options->context->format == FORMAT_JSON && strcmp(name, "json") != 0)
        return stop(options,
                    usage_error(options->context, "--json and -o %s do not go together", name));
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(name, names[i]) == 0) {
            options->context->format = (enum format)i;
            return 1;
        }
    }
    return stop(options, usage_error(options->context,
                                     "no format \"%s\": table, wide, json, jsonl or csv", name));
}

static int set_json(struct options *options)
{
    enum { ROW_OF_OUTPUT = 1 };
    bool is_other =
        options->context->given >> ROW_OF_OUTPUT & 1 && options->context->format != FORMAT_JSON;
    if (!is_other)
        return set_format(options, "json");
    return stop(options, usage_error(options->context, "--json and another -o do not go together"));
}

static int set_color(struct options *options, const char *when)
{
    if (color_choose(when, &options->context->color))
        return 1;
    return stop(options, usage_error(options->context,
                                     "--color takes auto, always or never, not \"%s\"", when));
}

static int refuse_option(const struct options *options)
{
    if (optopt > 0 && optopt < OPTION_LONG && !strchr(options->letters, optopt))
        return usage_error(options->context, "there is no option -%c", optopt);
    char advice[64], name[64];
    const char *word = options->call->argv[optind - 1];
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + strspn(word, "-"), "="),
             word + strspn(word, "-"));
    struct similar similar = {.word = name};
    for (size_t i = 0; options->rows[i]; i++)
        similar_offer(&similar, options->rows[i]->name);
    return usage_error(options->context, "there is no such option as \"%s\"%s", word,
                       similar_advice(&similar, "--", advice, sizeof(advice)));
}

static void take_segment(struct context *context, const char *name)
{
    context->segment = name;
    if (context->segment_count <= CONTEXT_MAX_SEGMENTS)
        context->segments[context->segment_count++] = name;
}

/* Take an option that every command has. Returns 1 if it was one, 0 if it is the command's own, or
 * EXIT. */
static int take_global(struct options *options, int id)
{
    switch (id) {
    case 'n':
        take_segment(options->context, optarg);
        return 1;
    case 'o':
        return set_format(options, optarg);
    case GLOBAL_JSON:
        return set_json(options);
    case GLOBAL_CSV_SAFE:
        options->context->csv_safe = true;
        return 1;
    case GLOBAL_COLOR:
        return set_color(options, optarg);
    case 'h':
        help_print(options->call);
        return stop(options, STATUS_OK);
    case 'V':
        printf("connstat %s\n", connstat_version());
        return stop(options, STATUS_OK);
    case ':':
        return stop(options, usage_error(options->context, "option \"%s\" needs a value",
                                         options->call->argv[optind - 1]));
    case '?':
        return stop(options, refuse_option(options));
    default:
        return 0;
    }
}

static size_t find_row(const struct options *options, int id)
{
    size_t row = 0;
    while (options->rows[row] && options->rows[row]->id != id)
        row++;
    return row;
}

/* A second value would silently win over the first. The options of every command stand before the
 * command and behind it, and are read in two turns: what was given is kept in the context. */
static bool is_second_value(struct options *options, int id)
{
    const struct command_option *row = options->rows[find_row(options, id)];
    if (!row || !row->argument || row->is_repeatable)
        return false;
    bool is_global = row >= global_options && row < global_options + GLOBAL_OPTION_COUNT;
    uint64_t *given = is_global ? &options->context->given : &options->given;
    uint64_t bit =
        UINT64_C(1) << (is_global ? (size_t)(row - global_options) : find_row(options, id));
    bool is_second = *given & bit;
    *given |= bit;
    if (is_second)
        stop(options, usage_error(options->context, "--%s is given twice", row->name));
    return is_second;
}

/* Returns the id of an option of the command's own, END or EXIT. */
static int next(struct options *options)
{
    const struct call *call = options->call;
    for (;;) {
        int id = getopt_long(call->argc, call->argv, options->letters, options->long_options, NULL);
        if (id < 0) {
            options->operands = call->argv + optind;
            options->operand_count = call->argc - optind;
            return END;
        }
        if (is_second_value(options, id))
            return EXIT;
        int global = take_global(options, id);
        if (global < 0)
            return EXIT;
        if (global > 0)
            continue;
        options->value = optarg;
        options->name = options->rows[find_row(options, id)]->name;
        return id;
    }
}

/* Is --name given once only, where the command takes one segment? This is checked after all options were
 * read: an option may stand before the command, and then it is not known yet what the command takes. */
static bool check_segments(struct options *options)
{
    const struct command *command = options->call->command;
    if (!command || command->takes_segments || options->context->segment_count < 2)
        return true;
    stop(options, usage_error(options->context, "--name is given twice"));
    return false;
}

/* What would be ignored is refused. */
static bool check_format(struct options *options)
{
    const struct command *command = options->call->command;
    const struct context *context = options->context;
    if (!command)
        return true;
    if (command->has_one_format && (!for_people(context) || context->csv_safe))
        stop(options, usage_error(context,
                                  "what %s prints has one form: -o is for counts, list, watch, "
                                  "deaths and others that answer a question",
                                  command->name));
    else if (context->csv_safe && context->format != FORMAT_CSV)
        stop(options, usage_error(context, "--csv-safe is for -o csv"));
    else
        return true;
    return false;
}

static bool check_operands(struct options *options)
{
    const struct command *command = options->call->command;
    if (!check_segments(options) || !check_format(options))
        return false;
    if (!command || command->wraps_program)
        return true;
    if (options->operand_count < command->least_operands)
        stop(options, usage_error(options->context, "something is missing: connstat %s %s",
                                  command->name, command->usage));
    else if (options->operand_count > command->most_operands)
        stop(options, usage_error(options->context, "\"%s\" is one argument too many",
                                  options->operands[command->most_operands]));
    else
        return true;
    return false;
}

bool options_parse(struct options *options, const struct call *call, options_take take, void *arg)
{
    start(options, call);
    for (int id; (id = next(options)) != END;) {
        if (id == EXIT || !take(options, id, arg))
            return false;
    }
    return check_operands(options);
}

bool options_type(struct options *options, struct type_names *types)
{
    if (types->count == CONNSTAT_MAX_TYPES) {
        stop(options, usage_error(options->context, "at most %d types", CONNSTAT_MAX_TYPES));
        return false;
    }
    types->names[types->count++] = options->value;
    return true;
}

bool options_number(struct options *options, uint64_t min, uint64_t max, uint64_t *number)
{
    uint64_t parsed;
    if (text_number(options->value, &parsed) && parsed >= min && parsed <= max) {
        *number = parsed;
        return true;
    }
    if (max == UINT64_MAX)
        stop(options, usage_error(options->context, "--%s takes a number from %llu up, not \"%s\"",
                                  options->name, (unsigned long long)min, options->value));
    else
        stop(options,
             usage_error(options->context, "--%s takes a number from %llu to %llu, not \"%s\"",
                         options->name, (unsigned long long)min, (unsigned long long)max,
                         options->value));
    return false;
}

bool options_seconds(struct options *options, double *seconds)
{
    if (when_seconds(options->value, seconds))
        return true;
    stop(options,
         usage_error(options->context, "--%s takes a time as in 90s, 10m, 1h30m or 2d, not \"%s\"",
                     options->name, options->value));
    return false;
}

bool options_size(struct options *options, uint64_t min, uint64_t max, uint64_t *size)
{
    uint64_t parsed;
    if (text_size(options->value, &parsed) && parsed >= min && parsed <= max) {
        *size = parsed;
        return true;
    }
    stop(options, usage_error(options->context,
                              "--%s takes a number from %llu to %llu, as 1024 or 1k, not \"%s\"",
                              options->name, (unsigned long long)min, (unsigned long long)max,
                              options->value));
    return false;
}

bool options_interval(struct options *options, double *seconds)
{
    double given;
    if (!options_seconds(options, &given))
        return false;
    if (given < 0.01 || given > 86400) {
        stop(options, usage_error(options->context, "--%s is 0.01s to 1d", options->name));
        return false;
    }
    *seconds = given;
    return true;
}

bool options_key(struct options *options, struct connstat_key *key)
{
    if (key_parse(options->value, key) == 0)
        return true;
    stop(options,
         usage_error(options->context,
                     "--%s takes a number, a UUID, ip:ADDRESS or a text of at most 16 bytes, "
                     "not \"%s\"",
                     options->name, options->value));
    return false;
}
