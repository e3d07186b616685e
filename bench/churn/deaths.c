/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * deaths: from SIGKILL until a worker's entries are gone, beside the bare wake-up that a pidfd
 * gives. In both rounds the same worker with the same entries is killed; in the one a thread
 * waits on its pidfd, in the other the reaper thread does its work. Other workers may stand about. A
 * foreign worker is the first of a pid namespace of its own: its lock and inotify alone tell the
 * reaper, who has to look at the lock twice, a second apart.
 */
#include "common.h"
#include "scratch.h"
#include "segment.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SETTLE_US = 250000 };
static const uint64_t patience_ns = 5000000000;

struct scene {
    uint64_t entries;
    uint32_t others; /* workers that live and do nothing */
    bool foreign;
};

struct watch {
    int pidfd;
    _Atomic bool ready, fired;
};

static void *watch_main(void *arg)
{
    struct watch *watch = arg;
    struct pollfd poll_one = {.fd = watch->pidfd, .events = POLLIN};
    atomic_store(&watch->ready, true);
    poll(&poll_one, 1, -1);
    atomic_store(&watch->fired, true);
    return NULL;
}

/* Looks on from a core of its own; victim and waiter share the other one. */
static uint64_t ns_until(bool (*gone)(void *arg), void *arg, pid_t victim)
{
    pin_to_core(0);
    uint64_t start = now_ns();
    kill(victim, SIGKILL);
    while (!gone(arg))
        if (now_ns() - start > patience_ns)
            bench_fail("a killed worker was not noticed within 5 s");
    return now_ns() - start;
}

static bool watch_fired(void *arg)
{
    struct watch *watch = arg;
    return atomic_load(&watch->fired);
}

static bool entries_gone(void *arg)
{
    return connstat_count(arg, 0) == 0;
}

static uint64_t bare(connstat_t *cs, struct holder *holder)
{
    struct watch watch = {.pidfd = (int)syscall(SYS_pidfd_open, holder_pid(holder), 0)};
    pthread_t thread;
    if (watch.pidfd < 0 || pthread_create(&thread, NULL, watch_main, &watch) != 0)
        bench_fail("no pidfd or no thread: %m");
    while (!atomic_load(&watch.ready))
        usleep(100);
    usleep(2000); /* asleep in poll by now */
    uint64_t ns = ns_until(watch_fired, &watch, holder_pid(holder));
    pthread_join(thread, NULL);
    close(watch.pidfd);
    while (!entries_gone(cs)) { /* a foreign one's lock is looked at twice */
        must(connstat_reap(cs), "connstat_reap");
        usleep(10000);
    }
    return ns;
}

static uint64_t reaped(connstat_t *cs, struct holder *holder, uint32_t others)
{
    must(connstat_reaper_start(cs), "connstat_reaper_start");
    usleep(SETTLE_US + 250 * others); /* the reaper opens a pidfd for each of them first */
    uint64_t ns = ns_until(entries_gone, cs, holder_pid(holder));
    must(connstat_reaper_stop(cs), "connstat_reaper_stop");
    return ns;
}

/* ---- who is there ---------------------------------------------------------------------------- */

/* The next children are of a pid namespace of their own, or of ours again. */
static bool choose_namespace(bool foreign)
{
    static int own = -1;
    if (own < 0)
        own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    return setns(own, CLONE_NEWPID) == 0 && (!foreign || unshare(CLONE_NEWPID) == 0);
}

static pid_t *crowd_start(connstat_t *cs, uint32_t count)
{
    pid_t *crowd = calloc(count + 1, sizeof(*crowd));
    struct rlimit files;
    if (!crowd)
        bench_fail("no memory");
    /* The reaper has a descriptor for each. */
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    for (uint32_t i = 0; i < count; i++) {
        crowd[i] = fork_helper();
        if (crowd[i] == 0) {
            must(connstat_join(cs, "other"), "connstat_join");
            for (;;)
                pause();
        }
    }
    return crowd;
}

static void crowd_end(pid_t *crowd)
{
    for (pid_t *one = crowd; *one; one++)
        kill(*one, SIGKILL);
    for (pid_t *one = crowd; *one; one++)
        waitpid(*one, NULL, 0);
    free(crowd);
}

static void print(const struct scene *scene, const struct samples *wake, const struct samples *gone)
{
    struct samples ratio;
    samples_ratio(gone, wake, &ratio);
    result_print("deaths", gone,
                 "\"unit\": \"ns\", \"entries\": %llu, \"workers\": %u, \"foreign\": %s, "
                 "\"pidfd_ns\": %.0f, \"ratio\": %.3f, \"ratio_spread\": %.3f,",
                 (unsigned long long)scene->entries, scene->others + 1,
                 scene->foreign ? "true" : "false", samples_median(wake),
                 samples_median(gone) / samples_median(wake), samples_spread(&ratio));
}

static void measure(const struct scene *scene, unsigned reps, const struct workload *workload)
{
    struct samples wake = {0}, gone = {0};
    connstat_t *cs =
        segment_make_for((uint32_t)(scene->entries + scene->entries / 4 + 16), scene->others + 16);
    pid_t *crowd = crowd_start(cs, scene->others);
    for (unsigned rep = 0; rep < reps; rep++) {
        for (int with_reaper = 0; with_reaper <= 1; with_reaper++) {
            pin_to_core(1);
            if (scene->foreign && !choose_namespace(true))
                bench_fail("no pid namespace: %m");
            struct holder *holder = holder_start(cs, workload, scene->entries);
            choose_namespace(false); /* threads are for our own */
            usleep(SETTLE_US);
            if (with_reaper)
                samples_add(&gone, (double)reaped(cs, holder, scene->others));
            else
                samples_add(&wake, (double)bare(cs, holder));
            holder_kill(holder);
        }
    }
    print(scene, &wake, &gone);
    crowd_end(crowd);
    segment_drop(cs);
}

int main(int argc, char **argv)
{
    struct common common;
    common_start(&common, argc, argv,
                 "From SIGKILL until the entries are gone, beside a bare pidfd wake-up, in ns.");
    static struct workload workload;
    workload_make(&workload, 64);
    uint64_t many = pick(&common, 1000000, 50000);
    uint32_t crowd = (uint32_t)pick(&common, 7999, 99);
    const struct scene scenes[] = {
        {1, 0, false}, {10000, 0, false}, {many, 0, false},     {10000, crowd, false},
        {1, 0, true},  {many, 0, true},   {10000, crowd, true},
    };
    for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++)
        if (!scenes[i].foreign || geteuid() == 0) /* namespaces are root's */
            measure(&scenes[i], common.reps, &workload);
    return 0;
}
