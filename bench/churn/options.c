/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_OP = 256, OPT_CLOCK, OPT_JSON };

static const struct argp_option table[] = {
    {"peers", 'p', "LIST", 0, "Peers to measure, or all (floor is always among them)", 0},
    {"workers", 'w', "LIST", 0, "Worker processes (1)", 0},
    {"threads", 't', "LIST", 0, "Threads in each worker (1)", 0},
    {"standing", 'n', "LIST", 0, "Entries standing, over all workers (1k); k and M are known", 0},
    {"metadata", 'b', "LIST", 0, "Bytes of metadata: 0, 48, 64, 80 or 96 (64)", 0},
    {"mode", 'm', "LIST", 0, "random: replace any entry; hot: always the same one (random)", 0},
    {"op", OPT_OP, "OP", 0, "pairs: register and unregister; counts: read all counts (pairs)", 0},
    {"reps", 'r', "N", 0, "Repetitions; everything is measured in turn in each (15)", 0},
    {"duration", 'd', "MS", 0, "Milliseconds of a repetition (50)", 0},
    {"clock", OPT_CLOCK, "CLOCK", 0,
     "wall, or cpu: without the time that other programs took from the core (wall)", 0},
    {"json", OPT_JSON, NULL, 0, "One JSON object a line instead of a table", 0},
    {0},
};

static const char doc[] =
    "Measure register and unregister against other ways to keep a live table of connections.\v"
    "Lists are separated by commas; every combination is measured, all of them in turn in each "
    "repetition, so that ratios compare neighbours in time. Columns: nanoseconds of one thread a "
    "pair, pairs a second of all together, ratio to the floor: the medians over the repetitions; "
    "spread: distance of the quartiles over the median.\n\nExamples:\n"
    "  churn --peers all --standing 1k\n"
    "  churn --peers connstat-encoded,mutex --workers 1,2,4 --standing 1k,100k --json\n\nPeers:\n";

/* Puts the peers of this build at the end of the help. */
static char *help_with_peers(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)text;
    char *help = NULL;
    size_t size;
    FILE *stream = open_memstream(&help, &size);
    if (stream == NULL)
        return (char *)text;
    fputs(text, stream);
    for (int i = 0; peers[i] != NULL; i++)
        fprintf(stream, "  %-17s %s\n", peers[i]->name, peers[i]->summary);
    fclose(stream);
    return help; /* argp frees it */
}

static uint64_t number_parse(struct argp_state *state, const char *text)
{
    char *end;
    uint64_t number = strtoull(text, &end, 10);
    if (end != text && *end == 'k')
        number *= 1000, end++;
    else if (end != text && *end == 'M')
        number *= 1000000, end++;
    if (end == text || *end != '\0')
        argp_error(state, "'%s' is no number", text);
    return number;
}

static void list_parse(struct argp_state *state, char *text, struct list *list)
{
    list->count = 0;
    for (char *item = strtok(text, ","); item != NULL; item = strtok(NULL, ",")) {
        if (list->count == LIST_MAX)
            argp_error(state, "more than %d values in a list", LIST_MAX);
        list->values[list->count++] = number_parse(state, item);
    }
}

static void peer_add(struct options *options, const struct peer *peer)
{
    for (unsigned i = 0; i < options->peer_count; i++)
        if (options->peers[i] == peer)
            return;
    options->peers[options->peer_count++] = peer;
}

static void peers_parse(struct argp_state *state, char *text, struct options *options)
{
    options->peer_count = 0;
    peer_add(options, &peer_floor);
    for (char *item = strtok(text, ","); item != NULL; item = strtok(NULL, ",")) {
        bool all = strcmp(item, "all") == 0;
        const struct peer *peer = peer_find(item);
        if (!all && peer == NULL)
            argp_error(state, "no peer '%s' in this build", item);
        for (int i = 0; all && peers[i] != NULL; i++)
            peer_add(options, peers[i]);
        if (peer != NULL)
            peer_add(options, peer);
    }
}

static void modes_parse(struct argp_state *state, char *text, struct options *options)
{
    options->random = options->hot = false;
    for (char *item = strtok(text, ","); item != NULL; item = strtok(NULL, ",")) {
        if (strcmp(item, "random") == 0)
            options->random = true;
        else if (strcmp(item, "hot") == 0)
            options->hot = true;
        else
            argp_error(state, "no mode '%s'", item);
    }
}

static int choice_parse(struct argp_state *state, const char *text, const char *first,
                        const char *second)
{
    if (strcmp(text, first) == 0)
        return 0;
    if (strcmp(text, second) != 0)
        argp_error(state, "'%s' is neither %s nor %s", text, first, second);
    return 1;
}

static error_t parse_one(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'p':
        peers_parse(state, text, options);
        break;
    case 'w':
        list_parse(state, text, &options->workers);
        break;
    case 't':
        list_parse(state, text, &options->threads);
        break;
    case 'n':
        list_parse(state, text, &options->standing);
        break;
    case 'b':
        list_parse(state, text, &options->metadata);
        break;
    case 'm':
        modes_parse(state, text, options);
        break;
    case OPT_OP:
        options->op = choice_parse(state, text, "pairs", "counts") == 0 ? OP_PAIRS : OP_COUNTS;
        break;
    case 'r':
        options->reps = (unsigned)number_parse(state, text);
        break;
    case 'd':
        options->duration_ns = number_parse(state, text) * 1000000;
        break;
    case OPT_CLOCK:
        options->clock = choice_parse(state, text, "wall", "cpu") == 0 ? CREW_WALL : CREW_CPU;
        break;
    case OPT_JSON:
        options->json = true;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is no option", text);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static bool all_within(const struct list *list, uint64_t low, uint64_t high)
{
    for (unsigned i = 0; i < list->count; i++)
        if (list->values[i] < low || list->values[i] > high)
            return false;
    return list->count > 0;
}

static bool sizes_valid(const struct list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        if (!workload_size_valid(list->values[i]))
            return false;
    return list->count > 0;
}

void options_parse(struct options *options, int argc, char **argv)
{
    static const struct argp argp = {table, parse_one, NULL, doc, NULL, help_with_peers, NULL};
    *options = (struct options){
        .peers = {&peer_floor, &peer_connstat_fields, &peer_connstat_encoded},
        .peer_count = 3,
        .workers = {{1}, 1},
        .threads = {{1}, 1},
        .standing = {{1000}, 1},
        .metadata = {{64}, 1},
        .random = true,
        .reps = 15,
        .duration_ns = 50000000,
    };
    argp_parse(&argp, argc, argv, 0, NULL, options);

    const char *wrong = NULL;
    if (!all_within(&options->workers, 1, 64) || !all_within(&options->threads, 1, 64))
        wrong = "workers and threads are 1 to 64";
    else if (!all_within(&options->standing, 100, 10000000))
        wrong = "standing entries are 100 to 10M";
    else if (!sizes_valid(&options->metadata))
        wrong = "metadata is 0, 48, 64, 80 or 96 bytes";
    else if (options->reps < 1 || options->reps > 1000 || options->duration_ns == 0)
        wrong = "repetitions are 1 to 1000, of at least 1 ms";
    else if (!options->random && !options->hot)
        wrong = "a mode is needed";
    if (wrong != NULL) {
        argp_help(&argp, stderr, ARGP_HELP_STD_USAGE, (char *)program_invocation_short_name);
        fprintf(stderr, "%s: %s\n", program_invocation_short_name, wrong);
        exit(2);
    }
}
