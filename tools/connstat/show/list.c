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
#include "show/follow.h"
#include "show/listing.h"

enum { OPTION_COLUMNS = OPTION_LONG, OPTION_NO_HEADERS };

struct stream {
    struct listing *listing;
    struct sheet sheet;
};

static int print_entry(const struct connstat_entry *entry, void *arg)
{
    struct stream *stream = arg;
    struct columns_row row;
    sheet_row(&stream->sheet,
              columns_values(&stream->listing->columns, stream->listing->cs, entry, &row));
    return output_failed() || stream->sheet.row_count == stream->listing->limit;
}

/* Print entries as they come, in constant memory. */
static int list_stream(struct listing *listing)
{
    struct stream stream = {.listing = listing};
    struct sheet_about about = {.rows = "entries",
                                .segment = segment_name(listing->context->segment),
                                .empty = listing->is_quiet ? NULL : "no such entries"};
    sheet_start(&stream.sheet, listing->context, listing->columns.columns, listing->columns.count,
                &about);
    int64_t visited =
        select_for_each(listing->cs, &listing->selecting.selection, print_entry, &stream);
    sheet_end(&stream.sheet);
    columns_remarks(&listing->columns, stream.sheet.row_count);
    return visit_status(listing->context->segment, visited);
}

static const struct command_option list_options[] = {
    SELECTING_OPTIONS,
    {'s', "sort", "FIELD", "sort by it; -FIELD: the largest first", CHOOSE_FIELD},
    {'g', "group-by", "FIELD", "how many for each of its values", CHOOSE_FIELD},
    {'l', "limit", "N", "at most so many rows", NULL},
    {OPTION_COLUMNS, "columns", "NAME,...",
     "only these, in this order; also fields of the metadata", CHOOSE_FIELD},
    {OPTION_NO_HEADERS, "no-headers", NULL, "no line of titles, in tables and CSV", NULL},
    {'q', "quiet", NULL, "only ids, a line each", NULL},
    ASKING_OPTIONS,
    {'f', "follow", NULL, "then go on with those that come and go, a line each", NULL},
    {'i', "interval", "TIME", "look so often for these (1s)", NULL},
    {0},
};

static bool take_option(struct options *options, int id, void *arg)
{
    struct listing *listing = arg;
    switch (id) {
    case 'f':
        listing->follows = true;
        return true;
    case OPTION_COLUMNS:
        listing->column_names = options->value;
        return true;
    case 'q':
        listing->is_quiet = true;
        options->context->no_headers = true;
        return true;
    case OPTION_NO_HEADERS:
        options->context->no_headers = true;
        return true;
    case 'i':
        return options_interval(options, &listing->interval_seconds);
    case OPTION_NET:
    case OPTION_NETNS:
        return asking_take(options, id, &listing->asking);
    case 's':
        listing->sort = options->value;
        return true;
    case 'g':
        listing->group_by = options->value;
        return true;
    case 'l':
        return options_number(options, 1, UINT64_MAX, &listing->limit);
    default:
        return selecting_take(options, id, &listing->selecting);
    }
}

static int list(const struct context *context, connstat_t *cs, void *arg)
{
    struct listing *listing = arg;
    int status;
    listing->cs = cs;
    columns_complete(&listing->columns, context->format);
    if (listing->follows)
        return follow_entries(&(struct follow){.context = context,
                                               .cs = cs,
                                               .selecting = &listing->selecting,
                                               .limit = listing->limit,
                                               .interval_seconds = listing->interval_seconds,
                                               .shows_first = true});
    if (!selecting_bind(&listing->selecting, context, cs, &status))
        return status;
    if (listing->asking.asks_network &&
        (status = asking_ask(&listing->asking, context, cs, &listing->selecting.selection,
                             &listing->network)) != STATUS_OK)
        return status;
    if (listing->group_by)
        status = list_groups(listing);
    else
        status = listing->sort ? list_sorted(listing) : list_stream(listing);
    if (status == STATUS_OK)
        selecting_remarks(&listing->selecting);
    return status;
}

static int refuse_mixture(const struct listing *listing)
{
    const char *other = listing->sort ? "--sort" : "--group-by";
    if (listing->sort && listing->group_by)
        return usage_error(listing->context, "--sort and --group-by do not go together: "
                                             "groups come with the largest first");
    if (listing->follows && (listing->sort || listing->group_by))
        return usage_error(listing->context,
                           "--follow and %s do not go together: lines come as entries do", other);
    if (listing->follows && listing->asking.asks_network)
        return usage_error(listing->context,
                           "--follow and --net do not go together: \"connstat top\" "
                           "shows both as they change");
    if ((listing->column_names || listing->is_quiet) && (listing->group_by || listing->follows))
        return usage_error(listing->context, "--columns and -q are for entries as rows");
    if (listing->column_names && listing->is_quiet)
        return usage_error(listing->context, "-q is the ids: there is no choice of --columns");
    if (!listing->follows && listing->interval_seconds > 0)
        return usage_error(listing->context, "--interval is for --follow");
    return STATUS_OK;
}

/* What names mean depends on --net, which may stand behind them. */
static int read_names(struct listing *listing)
{
    const char *names = listing->is_quiet ? "id" : listing->column_names;
    if (listing->asking.asks_network) {
        listing->source = net_source(&listing->network);
        listing->selecting.selection.source = &listing->source.source;
        listing->columns.network = &listing->network;
    }
    if (names && !columns_read(&listing->columns, names))
        return usage_error(listing->context,
                           "--columns takes up to %d different names with commas between them, not "
                           "\"%s\"",
                           COLUMNS_MAX, names);
    return selecting_read(&listing->selecting, listing->context);
}

static int run(const struct call *call)
{
    struct listing listing = {.context = call->context, .limit = UINT64_MAX};
    struct options options;
    int status;
    if (!options_parse(&options, call, take_option, &listing))
        status = options.status;
    else if ((status = refuse_mixture(&listing)) == STATUS_OK &&
             (status = read_names(&listing)) == STATUS_OK)
        status = segment_read(call->context, list, &listing);
    columns_free(&listing.columns);
    select_free(&listing.selecting.selection);
    network_free(&listing.network);
    return status;
}

const struct command command_list = {
    .name = "list",
    .summary = "which entries there are, or how many for each user, lobby, page ...",
    .usage = "[OPTION]...",
    .details =
        "FIELD is id, type, pid, key, started, age or idle, else a field of the metadata; .type "
        "is\n"
        "the metadata's own \"type\". A key of digits is a number; text:42 is the text \"42\".\n"
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
        "has is said on standard error, as is a value of another kind than the entries' "
        "(rtt>200ms\n"
        "where they have numbers); to sort or group by a field that none has is refused.\n"
        "\n"
        "  connstat list --type lobby_channel --where lobby_id=17 --older 10m\n"
        "  connstat list --where 'page^=/admin|page=\"/a b\"' --where 'pid!=4711'\n"
        "With --net, FIELD is also what the kernel tells of the entry's socket, if its metadata "
        "has\n"
        "the field socket (connstat_socket(3)): state, rtt, rttvar, retrans, recvq, sendq, "
        "bytes_in,\n"
        "bytes_out, last_rx, last_tx or cwnd. Times have a unit, as in rtt>200ms; bytes may, as "
        "in\n"
        "sendq>64k; the metadata's own is .state. STATE is \"gone\" where the kernel has no such\n"
        "socket, \"elsewhere\" where its worker lives in another network namespace.\n"
        "\n"
        "  connstat list --net --where 'rtt>200ms' --sort -sendq --limit 20\n"
        "  connstat list --type ws_socket --idle 10m --sort -idle\n"
        "  connstat list --type ws_socket --group-by user_id --limit 10\n"
        "  connstat list --key user:42 --json",
    .options = list_options,
    .run = run,
};
