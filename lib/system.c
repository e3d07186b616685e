/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <connstat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/procfs.h"
#include "os/usage.h"
#include "process/uncancelled.h"

/* The pids of the workers, each once: a process that lets its threads own entries appears in the list
 * of workers once for itself and once for each such thread. */
struct processes {
    pid_t *pid;
    size_t count, room;
    size_t foreign; /* workers in another pid namespace: here, their pids name other processes */
};

static int collect(const struct connstat_worker *worker, void *arg)
{
    struct processes *processes = arg;

    if (worker->foreign)
        processes->foreign++;
    else if (processes->count < processes->room)
        processes->pid[processes->count++] = worker->pid;
    return 0;
}

static int by_pid(const void *a, const void *b)
{
    pid_t left = *(const pid_t *)a, right = *(const pid_t *)b;

    return (left > right) - (left < right);
}

/* Sorts the pids and drops repeated ones. */
static void unite(struct processes *processes)
{
    size_t count = 0;

    if (processes->count > 0)
        qsort(processes->pid, processes->count, sizeof(*processes->pid), by_pid);
    for (size_t i = 0; i < processes->count; i++)
        if (i == 0 || processes->pid[i] != processes->pid[i - 1])
            processes->pid[count++] = processes->pid[i];
    processes->count = count;
}

/* Collects at most `room` pids. Returns how many workers there are, or a negative errno; in any case
 * the caller frees processes->pid. */
static int collect_all(connstat_t *cs, struct processes *processes, size_t room)
{
    int workers;

    *processes = (struct processes){.room = room};
    processes->pid = calloc(room, sizeof(*processes->pid));
    if (processes->pid == NULL)
        return -ENOMEM;
    workers = connstat_for_each_worker(cs, collect, processes);
    unite(processes);
    return workers;
}

static void add_usage(struct connstat_system *system, struct processes *processes)
{
    struct usage usage;

    if (!procfs_is_ours())
        return;
    for (size_t i = 0; i < processes->count; i++) {
        usage_read(processes->pid[i], &usage);
        system->open_fds += usage.open_fds;
        system->max_fds += usage.max_fds;
        system->memory_total_bytes += usage.pss_bytes;
        system->memory_workers_bytes += usage.private_bytes;
    }
}

static int add_workers(connstat_t *cs, struct connstat_system *system)
{
    struct processes processes;
    int workers = collect_all(cs, &processes, system->max_workers);

    if (workers >= 0) {
        system->workers = (uint32_t)workers;
        add_usage(system, &processes);
    }
    free(processes.pid);
    return workers < 0 ? workers : 0;
}

int connstat_system_untold(connstat_t *cs)
{
    struct connstat_info info;
    struct processes processes;
    int workers, untold, error;

    if (cs == NULL)
        return 0;
    error = connstat_info(cs, &info);
    if (error < 0)
        return error;
    workers = collect_all(cs, &processes, info.max_workers);
    untold = (int)processes.foreign;
    for (size_t i = 0; i < processes.count; i++)
        untold += !procfs_is_ours() || !usage_is_told(processes.pid[i]);
    free(processes.pid);
    return workers < 0 ? workers : untold;
}

static int add_segment(connstat_t *cs, struct connstat_system *system)
{
    struct connstat_cluster_counts cluster;
    struct connstat_info info;
    int64_t age;
    int error = connstat_info(cs, &info);

    if (error == 0)
        error = connstat_cluster_counts(cs, &cluster);
    if (error < 0)
        return error;
    age = clock_now_ns() - info.created_at_ns;
    system->uptime_seconds =
        age > 0 ? (uint64_t)age / 1000000000 : 0; /* the clock may have been set back */
    system->max_workers = info.max_workers;
    system->memory_segment_bytes = info.size_bytes;
    system->memory_total_bytes = info.size_bytes;
    system->cluster_size = cluster.nodes;
    return add_workers(cs, system);
}

int connstat_system_stats(connstat_t *cs, struct connstat_system *out)
{
    UNCANCELLED;
    struct connstat_system system = {0};
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    int error;

    if (out == NULL)
        return -EINVAL;
    if (gethostname(system.node, sizeof(system.node) - 1) < 0)
        system.node[0] = '\0';
    snprintf(system.version, sizeof(system.version), "%s", connstat_version());
    system.cpus = cpus > 0 ? (uint32_t)cpus : 0;
    if (cs != NULL) {
        error = add_segment(cs, &system);
        if (error < 0)
            return error;
    }
    *out = system;
    return 0;
}
