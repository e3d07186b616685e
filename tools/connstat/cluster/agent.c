/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat agent: counts a segment into a cluster. There is one agent for a segment.
 */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli/options.h"
#include "cluster/agent_loop.h"
#include "cluster/engine_redis.h"
#include "cluster/redis_options.h"
#include "common/failure.h"

enum { OPTION_NODE = OPTION_LONG, OPTION_PERIOD, OPTION_LEASE };

#define PERIOD_MIN_MS 10
#define PERIOD_MAX_MS 600000
#define LEASE_MAX_MS  3600000

static bool take_ms(struct options *options, uint32_t min, uint32_t max, uint32_t *ms)
{
    double seconds;
    if (!options_seconds(options, &seconds))
        return false;
    if (seconds * 1000 >= min && seconds * 1000 <= max) {
        *ms = (uint32_t)(seconds * 1000 + 0.5);
        return true;
    }
    options->status = usage_error(options->context, "--%s takes %u ms to %u s", options->name,
                                  (unsigned)min, (unsigned)max / 1000);
    return false;
}

static bool take_node(struct options *options, const char **node)
{
    *node = options->value;
    if (redis_options_name(*node))
        return true;
    options->status = usage_error(options->context,
                                  "a node's id is 1 to 63 of A-Z a-z 0-9 . _ -, not \"%s\"", *node);
    return false;
}

struct agent_options {
    struct redis_options redis;
    struct agent_settings settings;
};

static bool take_option(struct options *options, int id, void *arg)
{
    struct agent_options *given = arg;
    switch (id) {
    case OPTION_NODE:
        return take_node(options, &given->settings.node);
    case OPTION_PERIOD:
        return take_ms(options, PERIOD_MIN_MS, PERIOD_MAX_MS, &given->settings.period_ms);
    case OPTION_LEASE:
        return take_ms(options, 2 * PERIOD_MIN_MS, LEASE_MAX_MS, &given->settings.lease_ms);
    default:
        return redis_options_take(options, id, &given->redis);
    }
}

/* Returns NULL, or in words what is missing or does not fit together. */
static const char *incomplete(const struct redis_options *redis,
                              const struct agent_settings *settings)
{
    if (!redis->has_url)
        return "where is the Redis? Say so with --redis or $CONNSTAT_REDIS_URL";
    if (!redis->cluster)
        return "which cluster? Name it with --cluster";
    if (!redis_options_name(settings->node))
        return "this host's name can be no node's id: give one with --node";
    if (settings->lease_ms < 2 * settings->period_ms)
        return "--lease must be at least twice --period; three times is usual";
    return NULL;
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    struct utsname host;
    uname(&host);
    struct options options;
    struct agent_options given = {.settings = {.node = host.nodename, .period_ms = 2000}};
    struct redis_options *redis = &given.redis;
    struct agent_settings *settings = &given.settings;
    if (!options_parse(&options, call, take_option, &given) ||
        !redis_options_finish(redis, &options))
        return options.status;
    if (settings->lease_ms == 0)
        settings->lease_ms = 3 * settings->period_ms;
    settings->segment = context->segment;
    settings->cluster = redis->cluster;
    const char *missing = incomplete(redis, settings);
    if (missing)
        return usage_error(context, "%s", missing);

    struct engine_redis engine;
    engine_redis_init(&engine, &redis->login, redis->cluster);
    agent_block_signals();
    int status = agent_run(settings, &engine.engine);
    engine_redis_close(&engine);
    explicit_bzero(redis, sizeof(*redis));
    return status;
}

static const struct command_option own_options[] = {
    REDIS_OPTION_ROWS,
    {OPTION_NODE, "node", "ID", "this node's id, its own in the cluster (the host's name)", NULL},
    {OPTION_PERIOD, "period", "TIME", "between two updates (2s)", NULL},
    {OPTION_LEASE, "lease", "TIME",
     "how long a node counts, and an aggregate is shown, without news (three periods)", NULL},
    {0},
};

const struct command command_agent = {
    .name = "agent",
    .summary = "count this segment into a cluster, by way of a Redis",
    .usage = "--redis URL --cluster NAME [OPTION]...",
    .details =
        "One agent a machine and segment. Each period it tells the Redis this node's counts, "
        "learns the cluster's, and writes them into the segment, where connstat_cluster_counts "
        "and connstat cluster read them without any network.\n\n"
        "Where the Redis cannot be reached the agent keeps trying; tracking never notices. After "
        "the lease the answer is this node's counts alone, marked as such. On SIGTERM the node "
        "leaves the cluster at once.\n\n"
        "connstat-agent(1) tells what a cluster count means, what it costs the Redis, and which "
        "access rules it needs.",
    .options = own_options,
    .has_one_format = true,
    .run = run,
};
