/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat list: which entries there are.
 */
#include <errno.h>

#include "cli/options.h"
#include "cli/segment.h"
#include "common/failure.h"
#include "common/output.h"
#include "describe/entry.h"
#include "show/listing.h"

enum { OPTION_OLDER = OPTION_LONG, OPTION_OR };

struct stream {
    struct listing *listing;
    struct sheet sheet;
};

static int print_entry(const struct connstat_entry *entry, void *arg)
{
    struct stream *stream = arg;
    struct entry_row row;
    sheet_row(&stream->sheet, entry_values(stream->listing->cs, entry, &row));
    return output_failed() || stream->sheet.row_count == stream->listing->limit;
}

/* As they come, in constant memory. */
static int list_stream(struct listing *listing)
{
    struct stream stream = {.listing = listing};
    struct sheet_about about = {.rows = "entries",
                                .segment = segment_name(listing->context->segment),
                                .empty = "no such entries"};
    sheet_start(&stream.sheet, listing->context, entry_columns, ENTRY_COLUMNS, &about);
    int64_t visited = select_for_each(listing->cs, &listing->selection, print_entry, &stream);
    sheet_end(&stream.sheet);
    return visit_status(listing->context->segment, visited);
}

static const struct command_option list_options[] = {
    {'t', "type", "TYPE", "of this type only; repeatable, for several", CHOOSE_TYPE,
     .is_repeatable = true},
    {'w', "where", "CONDITION", "FIELD=VALUE; see above; repeatable: all of them must hold", NULL,
     .is_repeatable = true},
    {OPTION_OR, "or", NULL, "one --where is enough", NULL},
    {'W', "worker", "PID", "of this worker only", NULL},
    {OPTION_OLDER, "older", "TIME", "that have lived for 10m, 2h, 1d ... or longer", NULL},
    {'k', "key", "KEY", "registered with this key: a number, a UUID, ip:ADDRESS or a text", NULL},
    {'s', "sort", "FIELD", "sort by it; -FIELD: the largest first", "id type pid key started age"},
    {'g', "group-by", "FIELD", "how many for each of its values", "type pid key"},
    {'l', "limit", "N", "at most so many rows", NULL},
    {0},
};

static bool take_condition(struct options *options, struct selection *selection)
{
    char problem[512];
    int error = select_add(selection, options->value, problem, sizeof(problem));
    if (error == -ENOMEM)
        options->status = failure("out of memory");
    else if (error < 0)
        options->status = usage_error(options->context, "--where: %s", problem);
    return error == 0;
}

static bool take_worker(struct options *options, struct selection *selection)
{
    uint64_t pid;
    if (!options_number(options, 1, INT32_MAX, &pid))
        return false;
    selection->worker = (pid_t)pid;
    return true;
}

static bool take_option(struct options *options, int id, void *arg)
{
    struct listing *listing = arg;
    struct selection *selection = &listing->selection;
    switch (id) {
    case 't':
        return options_type(options, &listing->types);
    case 'w':
        return take_condition(options, selection);
    case 'W':
        return take_worker(options, selection);
    case OPTION_OR:
        selection->is_any = true;
        return true;
    case OPTION_OLDER:
        return options_seconds(options, &selection->older_seconds);
    case 'k':
        selection->has_key = true;
        return options_key(options, &selection->key);
    case 's':
        listing->sort = options->value;
        return true;
    case 'g':
        listing->group_by = options->value;
        return true;
    case 'l':
        return options_number(options, 1, UINT64_MAX, &listing->limit);
    default:
        return false;
    }
}

static int refuse_type(const struct listing *listing, const struct condition *condition)
{
    return usage_error(listing->context, "--where: segment \"%s\" has no type \"%s\"",
                       segment_name(listing->context->segment), condition->operand.text);
}

static void tell(const char *remark, void *arg)
{
    (void)arg;
    failure("%s", remark);
}

static int list(const struct context *context, connstat_t *cs, void *arg)
{
    struct listing *listing = arg;
    struct selection *selection = &listing->selection;
    const struct condition *refused;
    int status;
    listing->cs = cs;
    if (!segment_types(context, cs, &listing->types, &selection->types, &status))
        return status;
    if ((refused = select_bind(selection, cs)))
        return refuse_type(listing, refused);
    if (listing->group_by)
        status = list_groups(listing);
    else
        status = listing->sort ? list_sorted(listing) : list_stream(listing);
    if (status == STATUS_OK)
        select_remarks(selection, tell, NULL);
    return status;
}

static int run(const struct call *call)
{
    struct listing listing = {.context = call->context, .limit = UINT64_MAX};
    struct options options;
    int status;
    if (!options_parse(&options, call, take_option, &listing))
        status = options.status;
    else if (listing.sort && listing.group_by)
        status = usage_error(call->context, "--sort and --group-by do not go together: "
                                            "groups come with the largest first");
    else
        status = segment_read(call->context, list, &listing);
    select_free(&listing.selection);
    return status;
}

const struct command command_list = {
    .name = "list",
    .summary = "which entries there are, or how many for each user, lobby, page ...",
    .usage = "[OPTION]...",
    .details =
        "FIELD is id, type, pid, key, started or age, else a field of the metadata; .type is the\n"
        "metadata's own \"type\". A key of digits is a number; text:42 is the text \"42\".\n"
        "\n"
        "A condition is FIELD, an operator and VALUE; or !FIELD: without it. The operators:\n"
        "  =  !=  <  <=  >  >=   equal, unlike, below ...; != holds for those without the field\n"
        "  *=  ^=  ~             contains, begins with, matches a POSIX extended expression\n"
        "A blank between two conditions means and, | means or, parentheses group them:\n"
        "  (lobby_id=17|lobby_id=18) rtt_ms>80\n"
        "A bare 42, 1.5 or true is a number or truth value; \"42\" is a text. Values and fields "
        "with\n"
        "blanks or with a character that has a meaning here stand in double quotes, in which\n"
        "\\\" \\\\ \\n \\r \\t \\e \\xff \\u{202e} are as in the list. A field that no entry\n"
        "has is said on standard error; to sort or group by one is refused.\n"
        "\n"
        "  connstat list --type lobby_channel --where lobby_id=17 --older 10m\n"
        "  connstat list --where 'page^=/admin|page=\"/a b\"' --where 'pid!=4711'\n"
        "  connstat list --type ws_socket --group-by user_id --limit 10\n"
        "  connstat list --key user:42 --json",
    .options = list_options,
    .run = run,
};
