/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "os/watch.h"

#include "os/descriptor.h"
#include "os/identity.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS    90000007 /* new workers are watched within 100 ms; and no other timer is like it */
#define TICK_EVENT UINT64_MAX
#define LONGEST_MS 1000

struct watched {
    uint64_t word;          /* of the record; 0: not watched */
    uint64_t device, inode; /* of the pidfd */
    int pidfd;              /* -1: judged by /proc each time */
};

struct watch {
    pthread_mutex_t lock;
    _Atomic int epoll, timer; /* changed under the lock; the reaper waits without it */
    uint64_t joins;
    uint32_t record_count;
    bool ticks;
    bool blind; /* some worker has no pidfd: no event will tell of its death */
    struct watched watched[];
};

/* ---- descriptors ---------------------------------------------------------------------------- *
 *
 * A host may close all that it does not know (closefrom), most of all in a child, and open files of
 * its own, which get the same numbers. So none is used or closed before it has shown that it is
 * what it was: the timer by its odd period, the set by having that very timer in it, a pidfd by
 * being in the set or by its inode.
 */

static int set_timer(int timer, bool ticks, bool at_once)
{
    struct itimerspec period = {.it_interval = {0, TICK_NS}};

    period.it_value.tv_nsec = at_once ? 1 : ticks ? TICK_NS : 0;
    return timerfd_settime(timer, 0, &period, NULL) < 0 ? -errno : 0;
}

static int open_descriptors(struct watch *watch)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = TICK_EVENT};
    int error;

    watch->timer = -1;
    watch->epoll = descriptor_raise(epoll_create1(EPOLL_CLOEXEC));
    if (watch->epoll < 0)
        return watch->epoll;
    watch->timer = descriptor_raise(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    error = watch->timer < 0 ? watch->timer : set_timer(watch->timer, watch->ticks, false);
    if (error == 0 && epoll_ctl(watch->epoll, EPOLL_CTL_ADD, watch->timer, &event) < 0)
        error = -errno;
    if (error == 0)
        return 0;
    if (watch->timer >= 0)
        close(watch->timer);
    close(watch->epoll);
    watch->timer = watch->epoll = -1;
    return error;
}

static bool timer_is_ours(const struct watch *watch)
{
    struct itimerspec period;

    return watch->timer >= 0 && timerfd_gettime(watch->timer, &period) == 0 &&
           period.it_interval.tv_sec == 0 && period.it_interval.tv_nsec == TICK_NS;
}

static bool set_is_ours(const struct watch *watch)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = TICK_EVENT};

    return timer_is_ours(watch) &&
           epoll_ctl(watch->epoll, EPOLL_CTL_MOD, watch->timer, &event) == 0;
}

static bool pidfd_is_ours(const struct watched *watched)
{
    struct stat st;

    return watched->pidfd >= 0 && fstat(watched->pidfd, &st) == 0 && st.st_dev == watched->device &&
           st.st_ino == watched->inode;
}

/* Without a pidfs all pidfds have one inode; then the set has to know it. In a child the set is the
 * parent's too: nothing is taken out of it there. */
static bool pidfd_is_in_set(const struct watch *watch, uint32_t i)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = i};

    return pidfd_is_ours(&watch->watched[i]) &&
           (identity_pidfd_is_unique(watch->watched[i].pidfd) ||
            epoll_ctl(watch->epoll, EPOLL_CTL_MOD, watch->watched[i].pidfd, &event) == 0);
}

int watch_new(struct watch **made, const struct segment *s)
{
    uint32_t records = s->geometry.record_count;
    struct watch *watch = calloc(1, sizeof(*watch) + records * sizeof(struct watched));
    int error;

    if (watch == NULL)
        return -ENOMEM;
    error = open_descriptors(watch);
    if (error < 0) {
        free(watch);
        return error;
    }
    watch->joins = UINT64_MAX;
    watch->record_count = records;
    for (uint32_t i = 0; i < records; i++)
        watch->watched[i].pidfd = -1;
    pthread_mutex_init(&watch->lock, NULL);
    *made = watch;
    return 0;
}

int watch_keep(struct watch *watch)
{
    if (set_is_ours(watch))
        return 0;
    for (uint32_t i = 0; i < watch->record_count; i++)
        watch->watched[i] = (struct watched){.pidfd = -1};
    watch->joins = UINT64_MAX;
    return open_descriptors(watch);
}

void watch_free(struct watch *watch)
{
    bool ours;

    if (watch == NULL)
        return;
    ours = set_is_ours(watch);
    for (uint32_t i = 0; i < watch->record_count && ours; i++)
        if (watch->watched[i].pidfd >= 0 && pidfd_is_in_set(watch, i))
            close(watch->watched[i].pidfd);
    if (ours) {
        close(watch->epoll);
        close(watch->timer);
    }
    free(watch);
}

void watch_lock(struct watch *watch)
{
    pthread_mutex_lock(&watch->lock);
}

void watch_unlock(struct watch *watch)
{
    pthread_mutex_unlock(&watch->lock);
}

int watch_fd(const struct watch *watch)
{
    return watch->epoll;
}

int watch_tick(struct watch *watch)
{
    int error = watch_keep(watch);

    if (error == 0 && !watch->ticks)
        error = set_timer(watch->timer, true, false);
    watch->ticks |= error == 0;
    return error;
}

void watch_wake(const struct watch *watch)
{
    if (timer_is_ours(watch))
        (void)set_timer(watch->timer, true, true);
}

void watch_wait(const struct watch *watch)
{
    const struct timespec pause = {0, TICK_NS};
    struct epoll_event event;

    /* Not poll: under an RLIMIT_NOFILE of 1 it waits for nothing. The set may be gone. */
    if (!set_is_ours(watch) ||
        (epoll_wait(watch->epoll, &event, 1, LONGEST_MS) < 0 && errno != EINTR))
        nanosleep(&pause, NULL);
}

void watch_tock(struct watch *watch)
{
    uint64_t ticks;

    (void)!read(watch->timer, &ticks, sizeof(ticks));
}

bool watch_is_stale(const struct watch *watch, const struct segment *s)
{
    /* acquire: with record_join's release: the new record is seen */
    return atomic_load_explicit(&segment_header(s)->joins, memory_order_acquire) != watch->joins;
}

/* Out of the set by hand: a child that was forked since holds the same pidfd, so that closing ours
 * does not do it, and the dead would wake us for ever. */
static void forget(struct watch *watch, struct watched *watched)
{
    bool ours = pidfd_is_ours(watched);
    int pidfd = watched->pidfd;

    /* Out of the table first: a child forked in between would close a number that is another's. */
    watched->pidfd = -1;
    watched->word = 0;
    if (ours) {
        (void)epoll_ctl(watch->epoll, EPOLL_CTL_DEL, pidfd, NULL);
        close(pidfd);
    }
}

/* The dead are kept until their obituary is written: the pidfd tells how they ended. */
static bool is_somebody(uint64_t word)
{
    return record_state(word) != RECORD_FREE && record_state(word) != RECORD_BURIED;
}

/* The same holder, however far it has come. */
static bool same_holder(uint64_t a, uint64_t b)
{
    return record_become(a, RECORD_FREE) == record_become(b, RECORD_FREE);
}

static void look(struct watch *watch, const struct segment *s, uint32_t index, uint64_t word)
{
    struct watched *watched = &watch->watched[index];
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = index};
    struct identity identity;
    struct stat st;
    int pidfd;

    forget(watch, watched);
    if (record_state(word) != RECORD_ALIVE || !record_identity(s, index, word, &identity))
        return;
    pidfd = identity_open(&identity, false);
    if (pidfd < 0) {
        watch->blind = true;
        return;
    }
    if (fstat(pidfd, &st) < 0 || epoll_ctl(watch->epoll, EPOLL_CTL_ADD, pidfd, &event) < 0) {
        close(pidfd);
        watch->blind = true;
        return;
    }
    *watched =
        (struct watched){.word = word, .device = st.st_dev, .inode = st.st_ino, .pidfd = pidfd};
    watch->blind |= identity.tid != 0; /* no descriptor tells of the death of one thread */
}

void watch_refresh(struct watch *watch, const struct segment *s, uint32_t self)
{
    uint64_t joins = atomic_load_explicit(&segment_header(s)->joins, memory_order_acquire);

    watch->blind = false;
    for (uint32_t i = 0; i < watch->record_count; i++) {
        struct watched *watched = &watch->watched[i];
        uint64_t word = atomic_load_explicit(&segment_record(s, i)->word, memory_order_acquire);

        if (i == self || !is_somebody(word)) {
            if (watched->word != 0)
                forget(watch, watched);
            continue;
        }
        if (watched->word == 0 || !same_holder(watched->word, word))
            look(watch, s, i, word);
        else if (atomic_load_explicit(&segment_record(s, i)->thread, memory_order_relaxed) != 0)
            watch->blind = true;
    }
    watch->joins = joins;
}

bool watch_is_dead(struct watch *watch, const struct segment *s, uint32_t record, uint64_t word)
{
    const struct watched *watched = &watch->watched[record];
    struct identity identity;

    if (!record_identity(s, record, word, &identity))
        return false; /* it changed hands: the next look tells */
    if (same_holder(watched->word, word) && pidfd_is_ours(watched))
        return identity_pidfd_is_dead(watched->pidfd, &identity);
    return identity_is_dead(&identity, record_state(word) == RECORD_JOINING);
}

uint32_t watch_take_dead(struct watch *watch, struct dead *dead, uint32_t max)
{
    struct epoll_event events[WATCH_EVENTS];
    int count = epoll_wait(watch->epoll, events, (int)(max < WATCH_EVENTS ? max : WATCH_EVENTS), 0);
    uint32_t found = 0;

    for (int i = 0; i < count; i++) {
        uint64_t record = events[i].data.u64;

        if (record < watch->record_count && watch->watched[record].word != 0)
            dead[found++] =
                (struct dead){.record = (uint32_t)record, .word = watch->watched[record].word};
    }
    return found;
}

bool watch_has_news(struct watch *watch)
{
    struct epoll_event event;

    return watch->blind || epoll_wait(watch->epoll, &event, 1, 0) != 0;
}

void watch_mute(struct watch *watch, uint32_t record)
{
    if (watch->watched[record].pidfd >= 0)
        (void)epoll_ctl(watch->epoll, EPOLL_CTL_DEL, watch->watched[record].pidfd, NULL);
}

int watch_pidfd(const struct watch *watch, uint32_t record, uint64_t word)
{
    return same_holder(watch->watched[record].word, word) ? watch->watched[record].pidfd : -1;
}
