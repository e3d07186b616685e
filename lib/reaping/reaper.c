/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "reaping/reaper.h"

#include "os/clock.h"
#include "os/signals.h"
#include "reaping/reap.h"
#include "watch/watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct reaper {
    pthread_t thread;
    _Atomic bool stop; /* set by the one thread that ends this one (reaper_end) */
    struct attachment *attachment;
    struct watch *watch;
    struct waiter waiter;
};

/* Waits until it is time for a pass. False: the thread shall end. */
static bool wait_for_news(struct reaper *reaper)
{
    /* acquire, with the release in reaper_end. Relaxed would do: nothing is read because of `stop`. */
    if (!atomic_load_explicit(&reaper->stop, memory_order_acquire))
        watch_wait(reaper->watch, &reaper->waiter);
    return !atomic_load_explicit(&reaper->stop, memory_order_acquire);
}

static void *run(void *arg)
{
    struct reaper *reaper = arg;

    do {
        if (reaper->attachment->read_only)
            (void)reap_private(reaper->attachment);
        else
            (void)reap_and_grow(reaper->attachment, false);
    } while (wait_for_news(reaper));
    sleeper_close(&reaper->waiter.sleeper);
    return NULL;
}

/* Starts the thread with all signals blocked: those are meant for the host, not for a guest's thread. */
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
    error = start_thread(reaper);
    if (error < 0) {
        free(reaper);
        return error;
    }
    *made = reaper;
    return 0;
}

/* Takes a reaper's record at once, not at the first death, so that connstat_info tells that somebody
 * watches. If all sixteen are taken, it reaps all the same. */
static void announce(struct attachment *a)
{
    uint32_t record;
    uint64_t word;

    if (!a->read_only && reap_record(a, &record, &word))
        atomic_fetch_or_explicit(&segment_record(a->segment, record)->flags, RECORD_WATCHES,
                                 memory_order_relaxed);
}

/* Called when the thread has ended: nobody watches any more, unless a host polls the descriptor. */
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
    error = watch_listen(watch, a->life.path, true);
    watch_unlock(watch);
    if (error < 0)
        return error;
    announce(a);
    process_lock();
    if (a->handles == 0)
        error = -ENOTCONN; /* the last handle is closed, so nobody would ever end the thread */
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

    process_lock();
    reaper = a->reaper;
    a->reaper = NULL;
    if (reaper != NULL)
        withdraw(a);
    process_unlock();
    if (reaper == NULL)
        return;
    /* release, with the acquire in wait_for_news */
    atomic_store_explicit(&reaper->stop, true, memory_order_release);
    watch_wake(reaper->watch);
    pthread_join(reaper->thread, NULL);
    free(reaper);
}

void reaper_after_fork(struct attachment *a)
{
    if (a->reaper == NULL)
        return;
    free(a->reaper);
    a->reaper = NULL;
}

int reaper_fd(struct attachment *a)
{
    struct watch *watch;
    int error = reap_watch(a, &watch);

    if (error < 0)
        return error;
    watch_lock(watch);
    error = watch_listen(watch, a->life.path, false);
    if (error == 0)
        watch_refresh(watch, a->segment, UINT32_MAX);
    watch_end(watch);
    watch_unlock(watch);
    if (error < 0)
        return error;
    announce(a);
    process_lock();
    a->polled = true;
    process_unlock();
    return error < 0 ? error : watch_fd(watch);
}
