/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "cluster/agent_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cluster/agent_log.h"
#include "common/clock.h"
#include "common/failure.h"
#include "common/notify.h"

#define BACKOFF_FIRST_MS 50

struct agent {
    const struct agent_settings *settings;
    struct engine *engine;
    connstat_t *cs; /* NULL: there is no segment yet */
    struct agent_log log;
    char origin[128], who[128];
    const char *types[CONNSTAT_MAX_TYPES];
    uint32_t backoff_ms; /* how long to wait after the last failure; 0: the last update succeeded */
    bool reported;       /* the engine may know of this node, so it has to be told when it leaves */
    int status;          /* the exit status, once the loop cannot go on */
};

static sigset_t end_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

void agent_block_signals(void)
{
    sigset_t set = end_signals();
    sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Wait until that moment of clock_ms. Returns whether a signal asked to end meanwhile. */
static bool wait_until(int64_t moment)
{
    sigset_t set = end_signals();
    for (;;) {
        int64_t left = moment - clock_ms();
        if (left < 0)
            left = 0;
        struct timespec timeout = {left / 1000, left % 1000 * 1000000};
        if (sigtimedwait(&set, NULL, &timeout) > 0)
            return true;
        if (errno == EAGAIN)
            return false;
    }
}

static uint32_t random_below(uint32_t bound)
{
    uint32_t number = 0;
    if (bound == 0 || getrandom(&number, sizeof(number), 0) != sizeof(number))
        return 0;
    return number % bound;
}

static void read_boot_id(char *id, size_t size)
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, id, size - 1) : 0;
    if (fd >= 0)
        close(fd);
    id[length > 0 ? length : 0] = '\0';
    id[strcspn(id, "\n")] = '\0';
}

/* Make this agent's origin and name. The origin stands for machine and segment: as a segment has
 * only one living agent, a new one of the same origin is the old one's successor and may take over
 * its node at once. Any other agent has to wait until the lease ends. */
static void identify(struct agent *agent, const struct connstat_info *info)
{
    char boot_id[48];
    struct utsname host;
    read_boot_id(boot_id, sizeof(boot_id));
    uname(&host);
    snprintf(agent->origin, sizeof(agent->origin), "%s-%llx-%s", boot_id,
             (unsigned long long)info->created_at_ns, info->name);
    snprintf(agent->who, sizeof(agent->who), "%.64s, pid %d", host.nodename, (int)getpid());
}

/* Write into the segment which node this is and which agent counts it, before any engine was
 * reached. An aggregate that is still good stays as it is. */
static int introduce_node(struct agent *agent)
{
    struct connstat_cluster_counts shown;
    connstat_cluster_counts(agent->cs, &shown);
    if (shown.clustered)
        return 0;
    struct connstat_cluster_update update = {
        .size = sizeof(update),
        .nodes = 1,
        .lease_ms = agent->settings->lease_ms,
        .node = agent->settings->node,
        .cluster = agent->settings->cluster,
    };
    connstat_counts(agent->cs, &update.counts);
    return connstat_cluster_publish(agent->cs, &update);
}

static void detach(struct agent *agent)
{
    connstat_close(agent->cs);
    agent->cs = NULL;
}

/* Give up: another living agent counts this segment. */
static bool refuse_second(struct agent *agent, pid_t other)
{
    agent->status = failure("another agent (pid %d) serves this segment; stop it first", other);
    return false;
}

static pid_t other_agent(const struct agent *agent)
{
    struct connstat_cluster_info info;
    if (connstat_cluster_info(agent->cs, &info) != 0 || info.agent == getpid())
        return 0;
    return info.agent;
}

/* Open the segment. False: there is none to count now; the loop tries again, unless .status is
 * set. */
static bool open_segment(struct agent *agent)
{
    if (agent->cs)
        return true;
    const char *segment = agent->settings->segment;
    int error = connstat_open(&agent->cs, segment, 0);
    if (error == -EINVAL) {
        agent->status = segment_failure(segment, error);
        return false;
    }
    if (error) {
        char advice[512];
        agent_say(&agent->log, "waiting for the segment: %s",
                  segment_advice(segment, error, advice, sizeof(advice)));
        return false;
    }
    struct connstat_info info;
    pid_t other = other_agent(agent);
    if (other)
        return refuse_second(agent, other);
    error = connstat_info(agent->cs, &info);
    if (error == 0)
        error = introduce_node(agent);
    if (error == -EBUSY)
        return refuse_second(agent, other_agent(agent));
    if (error) {
        agent_say(&agent->log, "cannot use the segment: %s", strerror(-error));
        detach(agent);
        return false;
    }
    identify(agent, &info);
    int types = connstat_type_count(agent->cs);
    for (int i = 0; i < types; i++)
        agent->types[i] = connstat_type_name(agent->cs, i);
    return true;
}

static struct engine_report report_of(const struct agent *agent,
                                      const struct connstat_counts *counts)
{
    return (struct engine_report){
        .node = agent->settings->node,
        .origin = agent->origin,
        .who = agent->who,
        .period_ms = agent->settings->period_ms,
        .lease_ms = agent->settings->lease_ms,
        .types = agent->types,
        .counts = counts,
    };
}

static void leave(struct agent *agent)
{
    struct engine_error error;
    struct connstat_counts counts = {0};
    struct engine_report report = report_of(agent, &counts);
    if (agent->reported && !agent->engine->leave(agent->engine, &report, &error))
        agent_say(&agent->log, "left without a word, missing until the lease ends: %s", error.text);
    agent->reported = false;
    if (agent->cs)
        connstat_cluster_withdraw(agent->cs);
}

/* Let go of a segment that its server removed or replaced. */
static bool follow_segment(struct agent *agent)
{
    struct connstat_info info;
    if (connstat_info(agent->cs, &info) == 0 && !info.retired)
        return true;
    agent_say(&agent->log, "the segment is gone: leaving the cluster until there is a new one");
    leave(agent);
    detach(agent);
    return open_segment(agent);
}

static bool publish(struct agent *agent, const struct engine_answer *answer, int64_t asked_ms)
{
    int64_t elapsed = clock_ms() - asked_ms;
    if (elapsed >= agent->settings->lease_ms)
        return true;
    struct connstat_cluster_update update = {
        .size = sizeof(update),
        .counts = answer->counts,
        .nodes = answer->nodes,
        .lease_ms = agent->settings->lease_ms - (uint32_t)elapsed,
        .missing = answer->missing[0] ? answer->missing : NULL,
        .node = agent->settings->node,
        .cluster = agent->settings->cluster,
    };
    int error = connstat_cluster_publish(agent->cs, &update);
    if (error == -EBUSY)
        return refuse_second(agent, other_agent(agent));
    if (error)
        agent_say(&agent->log, "cannot write into the segment: %s", strerror(-error));
    else if (answer->rival[0])
        agent_say(&agent->log,
                  "another agent (%s) also wants to be node \"%s\": give each its own --node",
                  answer->rival, agent->settings->node);
    else
        agent_say(&agent->log, "node \"%s\" counts in cluster \"%s\"", agent->settings->node,
                  agent->settings->cluster);
    return true;
}

/* Write the engine's answer into the segment. Returns whether the loop goes on. */
static bool take_answer(struct agent *agent, const struct engine_answer *answer, int64_t asked_ms)
{
    switch (answer->state) {
    case ENGINE_WHOLE:
        agent->reported = true;
        return publish(agent, answer, asked_ms);
    case ENGINE_SETTLING:
        agent->reported = true;
        agent_say(&agent->log, "waiting until every node of cluster \"%s\" has reported",
                  agent->settings->cluster);
        return true;
    default:
        agent->reported = false;
        connstat_cluster_withdraw(agent->cs);
        agent_say(&agent->log,
                  "node \"%s\" is taken by another agent (%s): give each its own --node; this "
                  "one's connections are not in the cluster's counts until the other's lease ends",
                  agent->settings->node, answer->rival);
        return true;
    }
}

/* Returns in how many milliseconds to try again: each time twice as many, with jitter, up to half a
 * period. */
static uint32_t back_off(struct agent *agent)
{
    uint32_t max = agent->settings->period_ms / 2 + 1;
    agent->backoff_ms = agent->backoff_ms ? agent->backoff_ms * 2 : BACKOFF_FIRST_MS;
    if (agent->backoff_ms > max)
        agent->backoff_ms = max;
    return agent->backoff_ms / 2 + random_below(agent->backoff_ms / 2 + 1);
}

/* Make one update. Returns how many milliseconds after its start the next one is due. */
static uint32_t step(struct agent *agent, int64_t started)
{
    uint32_t period = agent->settings->period_ms;
    if (!open_segment(agent) || !follow_segment(agent))
        return period;
    struct connstat_counts counts;
    struct engine_answer answer = {0};
    struct engine_error error;
    connstat_reap(agent->cs);
    connstat_counts(agent->cs, &counts);
    struct engine_report report = report_of(agent, &counts);
    if (!agent->engine->update(agent->engine, &report, &answer, &error)) {
        agent_say(&agent->log, "%s", error.text);
        return (uint32_t)(clock_ms() - started) + back_off(agent);
    }
    agent->backoff_ms = 0;
    if (!take_answer(agent, &answer, started))
        return period;
    /* A tenth of jitter, so that agents that were started together do not ask together for ever. */
    uint32_t next = period - random_below(period / 10 + 1);
    uint32_t asked = (uint32_t)(clock_ms() - started) + answer.next_ms + 1;
    return answer.next_ms && asked < next ? asked : next;
}

int agent_run(const struct agent_settings *settings, struct engine *engine)
{
    struct agent agent = {.settings = settings, .engine = engine};
    int64_t next;
    do {
        int64_t started = clock_ms();
        next = started + step(&agent, started);
    } while (agent.status == STATUS_OK && !wait_until(next));

    notify("STOPPING=1");
    if (agent.status == STATUS_OK)
        leave(&agent);
    detach(&agent);
    return agent.status;
}
