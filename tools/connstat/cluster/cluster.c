/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat cluster: the counts over all nodes, from this machine's segment; or with --redis node
 * by node, from the Redis.
 */
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/segment.h"
#include "cluster/redis_options.h"
#include "cluster/roster.h"
#include "common/buffer.h"
#include "common/color.h"
#include "common/failure.h"
#include "common/output.h"
#include "describe/cluster_view.h"
#include "describe/counts.h"
#include "format/names.h"
#include "format/sheet.h"

static bool for_machines(const struct context *context)
{
    return context->format == FORMAT_JSON || context->format == FORMAT_JSONL;
}

static void print_view_json(const struct context *context, connstat_t *cs,
                            const struct cluster_view *view)
{
    struct jsonw json = jsonw_document_of(stdout, SCHEMA_COUNTS);
    jsonw_text(&json, "segment", segment_name(context->segment));
    jsonw_text(&json, "cluster", view->info.cluster);
    jsonw_text(&json, "node", view->info.node);
    counts_json(&json, cs, &view->all.counts);
    jsonw_unsigned(&json, "nodes", view->all.nodes);
    jsonw_bool(&json, "clustered", view->all.clustered);
    jsonw_unsigned(&json, "age_ms", view->all.age_ms);
    cluster_view_missing_json(&json, view);
    jsonw_open(&json, "this_node", '{');
    counts_json(&json, cs, &view->here);
    jsonw_close(&json);
    jsonw_close(&json);
    putchar('\n');
}

static const char *why_alone(const struct cluster_view *view)
{
    if (!view->info.node[0])
        return "no agent has run here; start one with connstat agent";
    if (view->info.agent == 0)
        return "the agent is gone; start it again with connstat agent";
    return "it is the only node, or the last news of the others is older than its lease: the "
           "agent's log tells";
}

/* Print words from the segment, which anybody who may write there may have chosen, as one safe
 * line. */
static void print_words(const char *words)
{
    struct buffer line = {0}, safe = {0};
    buffer_text(&line, words);
    for (char *c = line.bytes; c && *c; c++)
        *c = *c == '\n' ? ' ' : *c;
    buffer_safe(&safe, line.bytes ? line.bytes : "");
    fputs(safe.bytes ? safe.bytes : "", stdout);
    buffer_free(&line);
    buffer_free(&safe);
}

static void print_headline(const struct cluster_view *view)
{
    if (view->all.clustered) {
        fputs("Cluster ", stdout);
        print_words(view->info.cluster);
        printf(": %u nodes, counted %u ms ago; this node is ", view->all.nodes, view->all.age_ms);
        print_words(view->info.node);
        fputs("\n\n", stdout);
    } else {
        printf("Not clustered: these are this node's counts alone, for %s\n\n", why_alone(view));
    }
}

static void print_missing(const struct context *context, const char *names)
{
    if (!*names)
        return;
    printf("\n%sMissing: ", context->color ? COLOR_YELLOW : "");
    print_words(names);
    printf("%s\n", context->color ? COLOR_RESET : "");
}

static void count_row(struct sheet *sheet, const char *name, uint64_t here, uint64_t all)
{
    sheet_row(sheet, (struct value[]){{.text = name}, {.count = here}, {.count = all}});
}

static void print_view_rows(const struct context *context, connstat_t *cs,
                            const struct cluster_view *view)
{
    static const struct column columns[] = {
        {"name", "COUNT", VALUE_TEXT, .width = 17},
        {"this_node", "THIS NODE", VALUE_COUNT, .width = 11},
        {"cluster", "CLUSTER", VALUE_COUNT, .width = 11},
    };
    struct sheet sheet;
    struct sheet_about about = {.rows = "counts"};
    if (context->format != FORMAT_CSV)
        print_headline(view);
    sheet_start(&sheet, context, columns, COLUMN_COUNT(columns), &about);
    for (size_t i = 0; i < view->here.type_count; i++)
        count_row(&sheet, name_of_count_in(cs, (int)i), view->here.by_type[i],
                  view->all.counts.by_type[i]);
    count_row(&sheet, "total_channels", view->here.total_channels, view->all.counts.total_channels);
    count_row(&sheet, "total_connections", view->here.total_connections,
              view->all.counts.total_connections);
    sheet_end(&sheet);
    if (context->format != FORMAT_CSV)
        print_missing(context, view->info.missing);
}

static int show_view(const struct context *context)
{
    connstat_t *cs;
    struct cluster_view view;
    int status;
    if (!segment_open(context, &cs, &status))
        return status;
    int error = cluster_view_read(&view, cs);
    if (error == 0 && for_machines(context))
        print_view_json(context, cs, &view);
    else if (error == 0)
        print_view_rows(context, cs, &view);
    connstat_close(cs);
    return error ? segment_failure(context->segment, error) : STATUS_OK;
}

static const struct column node_columns[] = {
    {"node", "NODE", VALUE_TEXT},
    {"state", "STATE", VALUE_TEXT},
    {"total_connections", "CONNECTIONS", VALUE_COUNT, .width = 11},
    {"total_channels", "CHANNELS", VALUE_COUNT, .width = 11},
    {"seen_s", "SEEN", VALUE_SECONDS},
    {"agent", "AGENT", VALUE_TEXT, .wide = true},
    {"counts", "COUNTS", VALUE_TALLY},
};

struct node_list {
    struct sheet sheet;
    const char *names[CONNSTAT_MAX_TYPES]; /* names of the counts, by type */
    const struct roster *roster;
};

static void node_row(struct node_list *list, const struct roster_node *node, const char *state,
                     const char *color)
{
    bool none = !node->by_type || strcmp(state, "missing") == 0;
    sheet_row(&list->sheet,
              (struct value[]){
                  {.text = node->name, .color = color},
                  {.text = state, .color = color},
                  {.count = node->total_connections, .none = none, .color = color},
                  {.count = node->total_channels, .none = none, .color = color},
                  {.real = (double)node->seen_ms / 1000},
                  {.text = node->agent, .none = !node->agent[0]},
                  {.tally = {list->names, node->by_type, list->roster->type_count}, .none = none}});
}

static void roster_json(struct node_list *list, const char *cluster)
{
    struct jsonw *json = &list->sheet.json;
    const struct roster *roster = list->roster;
    jsonw_text(json, "cluster", cluster);
    struct connstat_counts sum = {.type_count = roster->type_count,
                                  .total_channels = roster->sum.total_channels,
                                  .total_connections = roster->sum.total_connections};
    for (size_t i = 0; i < roster->type_count; i++)
        sum.by_type[i] = roster->sum.by_type[i];
    counts_json_of(json, list->roster->types, &sum);
    jsonw_unsigned(json, "nodes", roster->live_count);
    jsonw_bool(json, "clustered", true);
    jsonw_unsigned(json, "age_ms", 0);
    jsonw_open(json, "missing", '[');
    for (size_t i = 0; i < roster->node_count; i++) {
        if (!roster->nodes[i].live)
            jsonw_text(json, NULL, roster->nodes[i].name);
    }
    jsonw_close(json);
}

/* The name of a type's count, or the type's own where another type is called so. */
static const char *name_in_roster(const struct roster *roster, size_t type)
{
    const char *name = name_of_count(roster->types[type]);
    for (size_t i = 0; i < roster->type_count; i++) {
        if (i != type && strcmp(roster->types[i], name) == 0)
            return roster->types[type];
    }
    return name;
}

static void print_roster(const struct context *context, const char *cluster,
                         const struct roster *roster)
{
    struct node_list list = {.roster = roster};
    struct sheet_about about = {
        .rows = "by_node", .empty = "no node has reported", .schema = SCHEMA_COUNTS};
    for (size_t i = 0; i < roster->type_count; i++)
        list.names[i] = name_in_roster(roster, i);
    sheet_start(&list.sheet, context, node_columns, COLUMN_COUNT(node_columns), &about);
    if (context->format == FORMAT_JSON)
        roster_json(&list, cluster);
    for (size_t i = 0; i < roster->node_count && !output_failed(); i++) {
        const struct roster_node *node = &roster->nodes[i];
        node_row(&list, node, node->live ? "live" : "missing", node->live ? NULL : COLOR_YELLOW);
    }
    if (roster->node_count > 0 &&
        (context->format == FORMAT_TABLE || context->format == FORMAT_WIDE)) {
        struct roster_node sum = roster->sum;
        snprintf(sum.name, sizeof(sum.name), "%zu node%s", roster->live_count,
                 roster->live_count == 1 ? "" : "s");
        node_row(&list, &sum, "sum", COLOR_BOLD);
    }
    sheet_end(&list.sheet);
}

/* Find the cluster where --cluster does not name it: it is the one that this machine's agent counts
 * in. */
static bool find_cluster(const struct context *context, char *cluster, int *status)
{
    connstat_t *cs;
    struct connstat_cluster_info info = {0};
    if (!segment_open(context, &cs, status))
        return false;
    connstat_cluster_info(cs, &info);
    connstat_close(cs);
    strcpy(cluster, info.cluster);
    if (!*cluster)
        *status = usage_error(context, "which cluster? Name it with --cluster");
    return *cluster != '\0';
}

static int show_roster(const struct context *context, const struct redis_options *redis)
{
    char cluster[ENGINE_NAME_BYTES];
    int status = STATUS_OK;
    if (redis->cluster)
        strcpy(cluster, redis->cluster);
    else if (!find_cluster(context, cluster, &status))
        return status;

    struct redis_client client;
    struct redis_error error;
    struct roster roster;
    redis_client_init(&client, &redis->login);
    if (roster_read(&roster, &client, cluster, &error)) {
        print_roster(context, cluster, &roster);
        roster_free(&roster);
    } else {
        status = failure("%s", error.text);
    }
    redis_client_close(&client);
    return status;
}

static int check_redis(const struct context *context, const struct redis_options *redis)
{
    const struct redis_login *login = &redis->login;
    bool is_about_redis = redis->cluster || login->password_file || login->sentinel_password_file ||
                          login->tls.ca || login->tls.cert || login->tls.key;
    if (is_about_redis && !redis->has_url)
        return usage_error(context, "--cluster, passwords and certificates are for --redis");
    if (redis->cluster && context->segment)
        return usage_error(context, "--redis with --cluster asks no segment: leave --name out");
    return STATUS_OK;
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    struct options options;
    struct redis_options redis = {0};
    if (!options_parse(&options, call, redis_options_take, &redis) ||
        !redis_options_finish(&redis, &options))
        return options.status;
    int status = check_redis(context, &redis);
    if (status == STATUS_OK)
        status = redis.has_url ? show_roster(context, &redis) : show_view(context);
    explicit_bzero(&redis, sizeof(redis));
    return status;
}

static const struct command_option own_options[] = {REDIS_OPTION_ROWS, {0}};

const struct command command_cluster = {
    .name = "cluster",
    .summary = "the counts over all nodes",
    .usage = "[--redis URL [--cluster NAME]] [OPTION]...",
    .details =
        "Without --redis it reads what the agent wrote into the segment, which costs nothing: the "
        "cluster's counts beside this node's, their age, and the nodes that are missing.\n\n"
        "With --redis it asks the Redis for each node's counts, now; no segment is needed. That "
        "costs the Redis in proportion to the number of nodes: for people, not for monitoring.",
    .options = own_options,
    .run = run,
};
