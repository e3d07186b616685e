/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "watch/wake.h"

#include "os/clock.h"
#include "os/descriptor.h"
#include "watch/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS    90000007            /* the timer's period: odd, so that we know it again */
#define SECOND_NS  INT64_C(1000000000) /* the pace for workers whose execve no event tells */
#define SOON_NS    INT64_C(3000000)    /* after an event: LOOKS looks, each four times as late */
#define LOOKS      3
#define LONGEST_MS 20000 /* the longest wait, where we do not hear that the host closed the set */

#define TIMER_EVENT  UINT64_MAX
#define LISTEN_EVENT (UINT64_MAX - 1)

enum { SET, EAR }; /* what a sleeper takes */

/* ---- the set and its timer ------------------------------------------------------------------- */

/* Sets the timer to expire after a delay, and then at each tick until it is set again, which each pass
 * does. A delay of 0 stops it. */
static int set_timer(int timer, int64_t delay_ns)
{
    struct itimerspec period = {.it_interval = {0, TICK_NS}};

    period.it_value.tv_sec = delay_ns / 1000000000;
    period.it_value.tv_nsec = delay_ns % 1000000000;
    return timerfd_settime(timer, 0, &period, NULL) < 0 ? -errno : 0;
}

static bool timer_is_ours(const struct wake *wake)
{
    struct itimerspec period;

    return wake->timer >= 0 && timerfd_gettime(wake->timer, &period) == 0 &&
           period.it_interval.tv_sec == 0 && period.it_interval.tv_nsec == TICK_NS;
}

static int add(const struct wake *wake, int fd, uint64_t name)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = name};

    return epoll_ctl(wake->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static bool has(const struct wake *wake, int fd, uint64_t name)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = name};

    return fd >= 0 && epoll_ctl(wake->epoll, EPOLL_CTL_MOD, fd, &event) == 0;
}

bool wake_is_ours(const struct wake *wake)
{
    return timer_is_ours(wake) && has(wake, wake->timer, TIMER_EVENT);
}

/* Called before descriptors are opened. A thread that waits compares the number with the one that it has
 * noted; where they differ, the files that its sleeper has taken are old, and it takes the new ones. */
static void count_generation(struct wake *wake)
{
    if (++wake->generation == 0)
        wake->generation = 1;
}

static int open_set(struct wake *wake)
{
    int error;

    count_generation(wake);
    wake->timer = -1;
    wake->listener = -1;
    wake->epoll = descriptor_raise(epoll_create1(EPOLL_CLOEXEC));
    if (wake->epoll < 0)
        return wake->epoll;
    wake->timer = descriptor_raise(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    error = wake->timer < 0 ? wake->timer : set_timer(wake->timer, 0);
    if (error == 0)
        error = add(wake, wake->timer, TIMER_EVENT);
    if (error == 0)
        return 0;
    if (wake->timer >= 0)
        close(wake->timer);
    close(wake->epoll);
    wake->timer = wake->epoll = -1;
    return error;
}

/* ---- the listener ---------------------------------------------------------------------------- */

static bool listener_is_ours(const struct wake *wake)
{
    return has(wake, wake->listener, LISTEN_EVENT);
}

/* Opens the listener, for those who wait. Where that fails the timer ticks instead. */
static void open_listener(struct wake *wake)
{
    int listener = listen_open(wake->segment, wake->path);

    wake->listener = -1;
    if (listener < 0)
        return;
    if (add(wake, listener, LISTEN_EVENT) < 0)
        close(listener);
    else
        wake->listener = listener;
}

/* ---- the pipe -------------------------------------------------------------------------------- */

static bool end_is_ours(const struct pipe_end *end)
{
    struct stat st;

    return end->fd >= 0 && fstat(end->fd, &st) == 0 && S_ISFIFO(st.st_mode) &&
           st.st_ino == end->inode;
}

static void close_end(struct pipe_end *end)
{
    if (end_is_ours(end))
        close(end->fd);
    end->fd = -1;
}

static bool pipe_is_ours(const struct wake *wake)
{
    return end_is_ours(&wake->ear) && end_is_ours(&wake->mouth);
}

/* Best effort: without one, the thread looks every 20 s. */
static void open_pipe(struct wake *wake)
{
    struct stat st;
    int ends[2];

    count_generation(wake);
    close_end(&wake->ear);
    close_end(&wake->mouth);
    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    ends[0] = descriptor_raise(ends[0]);
    ends[1] = descriptor_raise(ends[1]);
    if (ends[0] >= 0 && ends[1] >= 0 && fstat(ends[0], &st) == 0) {
        wake->ear.inode = wake->mouth.inode = st.st_ino;
        wake->ear.fd = ends[0];
        wake->mouth.fd = ends[1];
        return;
    }
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
}

/* ---- all of them ----------------------------------------------------------------------------- */

int wake_open(struct wake *wake, const struct segment *segment)
{
    *wake = (struct wake){.ear.fd = -1, .mouth.fd = -1, .segment = segment};
    return open_set(wake);
}

void wake_listen(struct wake *wake, const char *path, bool has_thread)
{
    wake->path = path;
    wake->has_thread |= has_thread;
    wake->exec_due_ns = 0; /* of what came before nothing was heard: the first pass looks */
    if (wake->listener < 0)
        open_listener(wake);
    if (wake->has_thread && !pipe_is_ours(wake))
        open_pipe(wake);
}

int wake_keep(struct wake *wake, bool *renewed)
{
    int error = 0;

    *renewed = !wake_is_ours(wake);
    if (*renewed) {
        if (timer_is_ours(wake))
            close(wake->timer);
        error = open_set(wake);
    }
    if (error < 0 || wake->path == NULL)
        return error;
    /* A listener that was refused once is not tried again; one that was there and is gone is opened. */
    if (*renewed || (wake->listener >= 0 && !listener_is_ours(wake))) {
        wake->exec_due_ns = 0; /* we have heard nothing meanwhile; so the next pass looks */
        open_listener(wake);
    }
    if (wake->has_thread && !pipe_is_ours(wake))
        open_pipe(wake);
    return 0;
}

void wake_close(struct wake *wake)
{
    close_end(&wake->ear);
    close_end(&wake->mouth);
    if (!wake_is_ours(wake))
        return;
    if (listener_is_ours(wake))
        close(wake->listener);
    close(wake->epoll);
    close(wake->timer);
}

/* ---- pidfds ---------------------------------------------------------------------------------- */

int wake_add(const struct wake *wake, int fd, uint32_t name)
{
    return add(wake, fd, name);
}

bool wake_has(const struct wake *wake, int fd, uint32_t name)
{
    return has(wake, fd, name);
}

/* Closing a pidfd is not enough to take it out: a child that was forked since has the same file open,
 * and the dead worker would wake us for ever. */
void wake_remove(const struct wake *wake, int fd)
{
    (void)epoll_ctl(wake->epoll, EPOLL_CTL_DEL, fd, NULL);
}

uint32_t wake_take(const struct wake *wake, uint32_t *names, uint32_t max)
{
    struct epoll_event events[WAKE_EVENTS];
    int count = epoll_wait(wake->epoll, events, (int)(max < WAKE_EVENTS ? max : WAKE_EVENTS), 0);
    uint32_t found = 0;

    for (int i = 0; i < count; i++)
        if (events[i].data.u64 < UINT32_MAX)
            names[found++] = (uint32_t)events[i].data.u64;
    return found;
}

bool wake_has_news(const struct wake *wake)
{
    struct epoll_event event;

    return epoll_wait(wake->epoll, &event, 1, 0) != 0;
}

/* ---- passes ---------------------------------------------------------------------------------- */

bool wake_begin(struct wake *wake)
{
    int64_t now = clock_monotonic_ns();
    uint64_t expirations;
    bool due;

    (void)!read(wake->timer, &expirations, sizeof(expirations));
    if (listener_is_ours(wake) && listen_take(wake->listener))
        wake->looks = LOOKS;
    wake->suspect_due_ns = 0;
    due = wake->looks > 0 || now >= wake->exec_due_ns;
    if (due)
        wake->exec_due_ns = now + SECOND_NS;
    return due;
}

/* Returns the earlier of two times, where 0 means no time. */
static int64_t sooner(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

void wake_look_again(struct wake *wake, int64_t due_ns)
{
    wake->suspect_due_ns = sooner(wake->suspect_due_ns, due_ns);
}

void wake_end(struct wake *wake, enum wake_pace pace)
{
    int64_t now = clock_monotonic_ns(), delay = 0;

    if (wake->path == NULL || !timer_is_ours(wake))
        return;
    if (wake->looks > 0)
        delay = SOON_NS << 2 * (LOOKS - wake->looks--);
    if (wake->suspect_due_ns != 0)
        delay = sooner(delay, wake->suspect_due_ns > now ? wake->suspect_due_ns - now : 1);
    if (wake->listener < 0 || pace == WAKE_EACH_TICK)
        delay = sooner(delay, TICK_NS);
    else if (pace == WAKE_EACH_SECOND)
        delay = sooner(delay, SECOND_NS);
    (void)set_timer(wake->timer, delay);
}

/* ---- waiting --------------------------------------------------------------------------------- */

void wake_now(const struct wake *wake)
{
    if (timer_is_ours(wake))
        (void)set_timer(wake->timer, 1);
}

static void pause_for_a_tick(void)
{
    nanosleep(&(struct timespec){0, TICK_NS}, NULL);
}

/* Waits where the kernel has no sleeper for us, or the process no descriptor for a pipe. It ends now and
 * then, because it would not hear that the host has closed the set. Not by poll: with an RLIMIT_NOFILE
 * of 0 that returns at once. */
static void wait_with_an_end(const struct wake *wake)
{
    struct epoll_event event;

    if (epoll_wait(wake->epoll, &event, 1, LONGEST_MS) < 0 && errno != EINTR)
        pause_for_a_tick();
}

static bool take_files(const struct wake *wake, struct sleeper *sleeper)
{
    int ear = wake->ear.fd;

    return sleeper_is_open(sleeper) && ear >= 0 &&
           sleeper_take(sleeper, SET, wake->epoll, POLLIN) == 0 &&
           sleeper_take(sleeper, EAR, ear, 0) == 0;
}

void wake_wait(const struct wake *wake, struct waiter *waiter)
{
    uint32_t generation = wake->generation;
    bool taken;

    if (waiter->generation != generation) {
        sleeper_close(&waiter->sleeper);
        sleeper_open(&waiter->sleeper);
        waiter->generation = generation;
    }
    taken = take_files(wake, &waiter->sleeper);
    if (!wake_is_ours(wake) || (taken && !pipe_is_ours(wake)) || wake->generation != generation) {
        waiter->generation = 0; /* the sleeper may have taken a file of the host's: begin anew */
        pause_for_a_tick();
    } else if (!taken) {
        wait_with_an_end(wake);
    } else if (sleeper_sleep(&waiter->sleeper) < 0) {
        pause_for_a_tick();
    }
}
