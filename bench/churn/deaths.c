/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * deaths: from SIGKILL until a worker's entries are gone, beside the bare wake-up that a pidfd
 * gives. In both rounds the same worker with the same entries is killed; in the one a thread
 * waits on its pidfd, in the other the reaper thread does its work.
 */
#include "common.h"
#include "segment.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATIENCE_NS = 2000000000, SETTLE_US = 250000 };

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
        if (now_ns() - start > PATIENCE_NS)
            bench_fail("a killed worker was not noticed within 2 s");
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
    must(connstat_reap(cs), "connstat_reap");
    return ns;
}

static uint64_t reaped(connstat_t *cs, struct holder *holder)
{
    must(connstat_reaper_start(cs), "connstat_reaper_start");
    usleep(SETTLE_US); /* the reaper watches new workers within 100 ms */
    uint64_t ns = ns_until(entries_gone, cs, holder_pid(holder));
    must(connstat_reaper_stop(cs), "connstat_reaper_stop");
    return ns;
}

static void measure(uint64_t entries, unsigned reps, const struct workload *workload)
{
    struct samples wake = {0}, gone = {0}, ratio;
    connstat_t *cs = segment_make((uint32_t)(entries + entries / 4));
    for (unsigned rep = 0; rep < reps; rep++) {
        for (int with_reaper = 0; with_reaper <= 1; with_reaper++) {
            pin_to_core(1);
            struct holder *holder = holder_start(cs, workload, entries);
            usleep(SETTLE_US);
            if (with_reaper)
                samples_add(&gone, (double)reaped(cs, holder));
            else
                samples_add(&wake, (double)bare(cs, holder));
            holder_kill(holder);
        }
    }
    samples_ratio(&gone, &wake, &ratio);
    result_print("deaths", &gone,
                 "\"unit\": \"ns\", \"entries\": %llu, \"pidfd_ns\": %.0f, \"ratio\": %.3f, "
                 "\"ratio_spread\": %.3f,",
                 (unsigned long long)entries, samples_median(&wake),
                 samples_median(&gone) / samples_median(&wake), samples_spread(&ratio));
    segment_drop(cs);
}

int main(int argc, char **argv)
{
    struct common common;
    common_start(&common, argc, argv,
                 "From SIGKILL until the entries are gone, beside a bare pidfd wake-up, in ns.");
    static struct workload workload;
    workload_make(&workload, 64);
    measure(1, common.reps, &workload);
    measure(10000, common.reps, &workload);
    measure(pick(&common, 1000000, 50000), common.reps, &workload);
    return 0;
}
