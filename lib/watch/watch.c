/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "watch/watch.h"

#include "os/clock.h"
#include "os/descriptor.h"
#include "os/identity.h"
#include "os/life_lock.h"
#include "watch/listen.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS    90000007            /* without a listener; and no other timer is like it */
#define EXEC_NS    INT64_C(1000000000) /* for workers without a lock: no event tells of an execve */
#define SUSPECT_NS INT64_C(1000000000) /* between two looks at a lock that was let go */
#define SOON_NS    INT64_C(3000000)    /* after an event: three looks, each four times later */
#define LOOKS      3
#define LONGEST_MS 20000 /* of the reaper's thread: its host may have closed what it waits for */

#define TIMER_EVENT  UINT64_MAX
#define LISTEN_EVENT (UINT64_MAX - 1)

struct watched {
    uint64_t word;           /* of the record; 0: not watched */
    uint64_t device, inode;  /* of the pidfd */
    int64_t let_go_since_ns; /* monotonic: its lock was found not held; 0: it was not */
    int pidfd;               /* -1: judged each time */
};

struct watch {
    pthread_mutex_t lock;
    _Atomic int epoll, timer; /* changed under the lock; the reaper waits without it */
    int listener;             /* -1: none */
    const struct segment *segment;
    const char *path; /* of the file; NULL: nobody waits for this watch */
    int looks;        /* still to come after an event */
    int64_t exec_due_ns;
    int64_t suspect_due_ns; /* 0: nobody's lock is under suspicion */
    uint64_t joins;
    uint32_t record_count;
    bool blind;    /* of some worker's death no event will tell */
    bool lockless; /* of some worker's execve none will */
    struct watched watched[];
};

/* ---- descriptors ---------------------------------------------------------------------------- *
 *
 * A host may close all that it does not know (closefrom), most of all in a child, and open files of
 * its own, which get the same numbers. So none is used or closed before it has shown that it is
 * what it was: the timer by its odd period, the set by having that very timer in it, a pidfd by
 * being in the set or by its inode.
 */

/* delay 0: not at all. After it, it goes on ticking until it is set anew, which each pass does. */
static int set_timer(int timer, int64_t delay_ns)
{
    struct itimerspec period = {.it_interval = {0, TICK_NS}};

    period.it_value.tv_sec = delay_ns / 1000000000;
    period.it_value.tv_nsec = delay_ns % 1000000000;
    return timerfd_settime(timer, 0, &period, NULL) < 0 ? -errno : 0;
}

static int add_to_set(const struct watch *watch, int fd, uint64_t name)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = name};

    return epoll_ctl(watch->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* For those who wait. Best effort: without one, the timer ticks. */
static void open_listener(struct watch *watch)
{
    int listener = watch->path != NULL ? listen_open(watch->segment, watch->path) : -1;

    if (listener < 0)
        return;
    if (add_to_set(watch, listener, LISTEN_EVENT) < 0)
        close(listener);
    else
        watch->listener = listener;
}

static int open_descriptors(struct watch *watch)
{
    int error;

    watch->timer = -1;
    watch->listener = -1;
    watch->epoll = descriptor_raise(epoll_create1(EPOLL_CLOEXEC));
    if (watch->epoll < 0)
        return watch->epoll;
    watch->timer = descriptor_raise(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    error = watch->timer < 0 ? watch->timer : set_timer(watch->timer, 0);
    if (error == 0)
        error = add_to_set(watch, watch->timer, TIMER_EVENT);
    if (error == 0) {
        open_listener(watch);
        return 0;
    }
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
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = TIMER_EVENT};

    return timer_is_ours(watch) &&
           epoll_ctl(watch->epoll, EPOLL_CTL_MOD, watch->timer, &event) == 0;
}

/* The set knows it under its name. */
static bool listener_is_ours(const struct watch *watch)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = LISTEN_EVENT};

    return watch->listener >= 0 &&
           epoll_ctl(watch->epoll, EPOLL_CTL_MOD, watch->listener, &event) == 0;
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
    watch->segment = s;
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
    watch->exec_due_ns = 0; /* of what happened meanwhile nothing was heard */
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
    if (ours && listener_is_ours(watch))
        close(watch->listener);
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

/* ---- what wakes a waiting reaper ------------------------------------------------------------- */

int watch_listen(struct watch *watch, const char *path)
{
    int error = watch_keep(watch);

    if (error < 0)
        return error;
    watch->path = path;
    watch->exec_due_ns = 0; /* of what came before nothing was heard: the first pass looks */
    if (watch->listener < 0)
        open_listener(watch);
    watch_end(watch);
    return 0;
}

bool watch_begin(struct watch *watch)
{
    int64_t now = clock_monotonic_ns();
    uint64_t expirations;
    bool due;

    (void)!read(watch->timer, &expirations, sizeof(expirations));
    if (listener_is_ours(watch) && listen_take(watch->listener))
        watch->looks = LOOKS;
    watch->suspect_due_ns = 0;
    due = watch->looks > 0 || now >= watch->exec_due_ns;
    if (due)
        watch->exec_due_ns = now + EXEC_NS;
    return due;
}

/* The earlier of two delays, of which 0 is none. */
static int64_t sooner(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

void watch_end(struct watch *watch)
{
    int64_t now = clock_monotonic_ns(), delay = 0;

    if (watch->path == NULL || !timer_is_ours(watch))
        return;
    if (watch->looks > 0)
        delay = SOON_NS << 2 * (LOOKS - watch->looks--);
    if (watch->suspect_due_ns != 0)
        delay = sooner(delay, watch->suspect_due_ns > now ? watch->suspect_due_ns - now : 1);
    if (watch->listener < 0 || watch->blind)
        delay = sooner(delay, TICK_NS);
    else if (watch->lockless)
        delay = sooner(delay, EXEC_NS);
    (void)set_timer(watch->timer, delay);
}

void watch_wake(const struct watch *watch)
{
    if (timer_is_ours(watch))
        (void)set_timer(watch->timer, 1);
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

/* ---- who is watched -------------------------------------------------------------------------- */

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
    watched->let_go_since_ns = 0;
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

/* Its holder shows by a lock that it lives. */
static bool is_locked(const struct segment *s, uint32_t record)
{
    return atomic_load_explicit(&segment_record(s, record)->flags, memory_order_relaxed) &
           RECORD_LOCKED;
}

static void look(struct watch *watch, const struct segment *s, uint32_t index, uint64_t word)
{
    struct watched *watched = &watch->watched[index];
    struct identity identity;
    struct stat st;
    int pidfd;

    forget(watch, watched);
    if (record_state(word) != RECORD_ALIVE || !record_identity(s, index, word, &identity))
        return;
    watched->word = word;
    pidfd = identity_open(&identity, false);
    if (pidfd < 0)
        return;
    if (fstat(pidfd, &st) < 0 || add_to_set(watch, pidfd, index) < 0) {
        close(pidfd);
        return;
    }
    watched->device = st.st_dev;
    watched->inode = st.st_ino;
    watched->pidfd = pidfd;
}

/* Which events will not tell of a worker. */
static void note_deafness(struct watch *watch, const struct segment *s, uint32_t index)
{
    uint64_t thread = atomic_load_explicit(&segment_record(s, index)->thread, memory_order_relaxed);
    bool locked = is_locked(s, index);

    watch->lockless |= !locked;
    /* No descriptor and no lock tells of the death of one thread. */
    watch->blind |= thread != 0 || (watch->watched[index].pidfd < 0 && !locked);
}

void watch_refresh(struct watch *watch, const struct segment *s, uint32_t self)
{
    uint64_t joins = atomic_load_explicit(&segment_header(s)->joins, memory_order_acquire);

    watch->blind = false;
    watch->lockless = false;
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
        note_deafness(watch, s, i);
    }
    watch->joins = joins;
}

/* By the lock alone: let go at two looks, a second apart. A worker whose host closed its descriptors
 * takes it anew at its next slow call. */
static bool lock_is_let_go(struct watch *watch, const struct segment *s, uint32_t record,
                           uint64_t word)
{
    struct watched *watched = &watch->watched[record];
    int64_t now = clock_monotonic_ns();
    struct stat st;

    if (!is_locked(s, record) || !same_holder(watched->word, word) || !segment_has_file(s, &st) ||
        life_lock_is_held(s->fd, record) != 0) {
        watched->let_go_since_ns = 0;
        return false;
    }
    if (watched->let_go_since_ns == 0)
        watched->let_go_since_ns = now;
    if (now - watched->let_go_since_ns >= SUSPECT_NS)
        return true;
    watch->suspect_due_ns = sooner(watch->suspect_due_ns, watched->let_go_since_ns + SUSPECT_NS);
    return false;
}

bool watch_is_dead(struct watch *watch, const struct segment *s, uint32_t record, uint64_t word)
{
    const struct watched *watched = &watch->watched[record];
    struct identity identity;

    if (!record_identity(s, record, word, &identity))
        return false; /* it changed hands: the next look tells */
    if (same_holder(watched->word, word) && pidfd_is_ours(watched))
        return identity_pidfd_is_dead(watched->pidfd, &identity);
    switch (identity_judge(&identity, record_state(word) == RECORD_JOINING)) {
    case IDENTITY_DEAD:
        return true;
    case IDENTITY_ALIVE:
        return false;
    default:
        return lock_is_let_go(watch, s, record, word);
    }
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
