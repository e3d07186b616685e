/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "reaping/reaper.h"

#include "os/clock.h"
#include "os/signals.h"
#include "os/watch.h"
#include "reaping/reap.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EXEC_PERIOD_NS INT64_C(1000000000)

struct reaper {
    pthread_t thread;
    int stop; /* eventfd */
    struct attachment *attachment;
    struct watch *watch;
};

static bool wait_for_news(const struct reaper *reaper)
{
    struct pollfd fds[] = {{.fd = watch_fd(reaper->watch), .events = POLLIN},
                           {.fd = reaper->stop, .events = POLLIN}};

    while (poll(fds, 2, -1) < 0 && errno == EINTR)
        ;
    return !(fds[1].revents & POLLIN);
}

static void *run(void *arg)
{
    struct reaper *reaper = arg;
    int64_t exec_due = 0;

    do {
        int64_t now = clock_monotonic_ns();
        bool look_for_exec = now >= exec_due;

        if (look_for_exec)
            exec_due = now + EXEC_PERIOD_NS;
        if (reaper->attachment->read_only)
            (void)reap_private(reaper->attachment);
        else
            (void)reap_pass(reaper->attachment, look_for_exec);
    } while (wait_for_news(reaper));
    return NULL;
}

/* A guest's thread takes no signal that is meant for its host. */
static int start_thread(struct reaper *reaper)
{
    struct signals before;
    int error;

    signals_block(&before);
    error = pthread_create(&reaper->thread, NULL, run, reaper);
    signals_restore(&before);
    return -error;
}

static int reaper_new(struct reaper **made, struct attachment *a, struct watch *watch)
{
    struct reaper *reaper = calloc(1, sizeof(*reaper));
    int error;

    if (reaper == NULL)
        return -ENOMEM;
    reaper->attachment = a;
    reaper->watch = watch;
    reaper->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    error = reaper->stop < 0 ? -errno : 0;
    if (error == 0)
        error = start_thread(reaper);
    if (error < 0) {
        if (reaper->stop >= 0)
            close(reaper->stop);
        free(reaper);
        return error;
    }
    *made = reaper;
    return 0;
}

/* Take a reaper's record before the first death, so that others see who watches (connstat_info).
 * With all of them taken it reaps all the same. */
static void announce(struct attachment *a)
{
    uint32_t record;
    uint64_t word;

    if (!a->read_only && reap_record(a, &record, &word))
        atomic_fetch_or_explicit(&segment_record(a->segment, record)->flags, RECORD_WATCHES,
                                 memory_order_relaxed);
}

/* The thread ended. Whoever polls the descriptor still watches. */
static void withdraw(struct attachment *a)
{
    if (!a->read_only && a->reaper_word != 0 && !a->polled)
        atomic_fetch_and_explicit(&segment_record(a->segment, a->reaper_record)->flags,
                                  ~(uint64_t)RECORD_WATCHES, memory_order_relaxed);
}

int reaper_start(struct attachment *a)
{
    struct watch *watch;
    int error = reap_watch(a, &watch);

    if (error < 0)
        return error;
    watch_lock(watch);
    error = watch_tick(watch);
    watch_unlock(watch);
    if (error < 0)
        return error;
    announce(a);
    process_lock();
    if (a->handles == 0)
        error = -ENOTCONN; /* nobody would end it */
    else if (a->reaper == NULL)
        error = reaper_new(&a->reaper, a, watch);
    process_unlock();
    return error;
}

bool reaper_runs(struct attachment *a)
{
    bool runs;

    process_lock();
    runs = a->reaper != NULL;
    process_unlock();
    return runs;
}

void reaper_end(struct attachment *a)
{
    struct reaper *reaper;
    uint64_t one = 1;

    process_lock();
    reaper = a->reaper;
    a->reaper = NULL;
    if (reaper != NULL)
        withdraw(a);
    process_unlock();
    if (reaper == NULL)
        return;
    (void)!write(reaper->stop, &one, sizeof(one));
    pthread_join(reaper->thread, NULL);
    close(reaper->stop);
    free(reaper);
}

void reaper_after_fork(struct attachment *a)
{
    if (a->reaper == NULL)
        return;
    close(a->reaper->stop);
    free(a->reaper);
    a->reaper = NULL;
}

int reaper_fd(struct attachment *a)
{
    struct watch *watch;
    int error = reap_watch(a, &watch);

    if (error < 0)
        return error;
    announce(a);
    process_lock();
    a->polled = true;
    process_unlock();
    watch_lock(watch);
    error = watch_tick(watch);
    watch_refresh(watch, a->segment, UINT32_MAX);
    watch_unlock(watch);
    return error < 0 ? error : watch_fd(watch);
}
