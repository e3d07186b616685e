/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Whoever waits for news of a segment, with a thread of the library's or in a loop of its own, sleeps
 * while nothing happens, and is woken by what does.
 */
#include "harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

enum { IDLE_S = 5 };

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* ---- a loop of one's own ---------------------------------------------------------------------- */

/* What this very process just did may have to be heard, a few times, shortly. */
static void settle(connstat_t *cs, struct pollfd *waiting)
{
    while (poll(waiting, 1, 1000) == 1)
        assert_true(connstat_reap(cs) >= 0);
}

static void test_idle_loop_sleeps(void **state)
{
    struct pollfd waiting = {.events = POLLIN};
    connstat_t *cs;
    connstat_id id;

    (void)state;
    cs = create_segment(64);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    waiting.fd = connstat_reaper_fd(cs);
    assert_true(waiting.fd > 2);
    settle(cs, &waiting);
    assert_int_equal(poll(&waiting, 1, IDLE_S * 1000), 0);
    connstat_close(cs);
}

static void join_and_wait(struct child *self, void *arg)
{
    connstat_t *cs = open_segment(0);

    (void)arg;
    CHECK(connstat_join(cs, "late") == 0);
    child_pause(self);
}

static void test_joiner_wakes(void **state)
{
    struct pollfd waiting = {.events = POLLIN};
    struct child child;
    connstat_t *cs;

    (void)state;
    cs = create_segment(64);
    waiting.fd = connstat_reaper_fd(cs);
    settle(cs, &waiting);
    child = child_start(join_and_wait, NULL);
    child_reached(&child);
    assert_int_equal(poll(&waiting, 1, PATIENCE_S * 1000), 1);
    child_go_on(&child);
    child_finish(&child);
    connstat_close(cs);
}

/* ---- the library's thread --------------------------------------------------------------------- */

/* The one other thread of this process. */
static int tid_of_reaper(void)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *entry;
    int tid = 0;

    CHECK(tasks != NULL);
    while ((entry = readdir(tasks)) != NULL)
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != getpid())
            tid = atoi(entry->d_name);
    closedir(tasks);
    CHECK(tid != 0);
    return tid;
}

static void read_task(int tid, const char *what, char *text, size_t size)
{
    char path[64];
    ssize_t length;
    int fd;

    snprintf(path, sizeof(path), "/proc/self/task/%d/%s", tid, what);
    fd = open(path, O_RDONLY);
    CHECK(fd >= 0);
    length = read(fd, text, size - 1);
    CHECK(length >= 0);
    text[length] = '\0';
    close(fd);
}

static long wakes_of(int tid)
{
    static const char voluntary[] = "\nvoluntary_ctxt_switches:";
    char text[4096];
    const char *line;

    read_task(tid, "status", text, sizeof(text));
    line = strstr(text, voluntary);
    CHECK(line != NULL);
    return atol(line + sizeof(voluntary) - 1);
}

/* In a wait that has no end of its own. */
static bool waits_for_ever(int tid)
{
    unsigned long long arguments[5];
    char text[256];
    long call;

    read_task(tid, "syscall", text, sizeof(text));
    return sscanf(text, "%ld %llx %llx %llx %llx %llx", &call, &arguments[0], &arguments[1],
                  &arguments[2], &arguments[3], &arguments[4]) == 6 &&
           call == SYS_io_getevents && arguments[4] == 0;
}

static void sleep_beside_reaper(struct child *self, void *arg)
{
    connstat_t *cs = arg;
    connstat_id id;
    long wakes;
    int tid;

    (void)self;
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_reaper_start(cs) == 0);
    tid = tid_of_reaper();
    sleep_ms(1000);
    for (int i = 0; i < PATIENCE_S * 100 && !waits_for_ever(tid); i++)
        sleep_ms(10);
    wakes = wakes_of(tid);
    sleep_ms(IDLE_S * 1000);
    CHECK(waits_for_ever(tid));
    CHECK(wakes_of(tid) == wakes);
    CHECK(connstat_reaper_stop(cs) == 0);
    connstat_close(cs);
}

static void test_idle_thread_sleeps(void **state)
{
    connstat_t *cs = create_segment(64);

    (void)state;
    in_child(sleep_beside_reaper, cs);
    connstat_close(cs);
}

/* ---- where inotify is refused ----------------------------------------------------------------- */

/* No inotify instance for this user here, in a user namespace of its own. */
static bool refuse_inotify(void)
{
    static const char path[] = "/proc/sys/user/max_inotify_instances";
    int fd;
    bool done;

    if (unshare(CLONE_NEWUSER) < 0)
        return false;
    fd = open(path, O_WRONLY);
    done = fd >= 0 && write(fd, "0", 1) == 1;
    close(fd);
    return done;
}

static int go_on(const struct connstat_worker *worker, void *arg)
{
    (void)worker;
    (void)arg;
    return 0;
}

static int workers(connstat_t *cs)
{
    return connstat_for_each_worker(cs, go_on, NULL);
}

static void hear_by_ticks(struct child *self, void *arg)
{
    connstat_t *cs = arg;
    struct child worker;

    (void)self;
    if (!refuse_inotify())
        _exit(0);
    CHECK(connstat_reaper_start(cs) == 0);
    worker = child_start(join_and_wait, NULL);
    child_reached(&worker);
    CHECK(kill(worker.pid, SIGKILL) == 0);
    for (int i = 0; i < PATIENCE_S * 100 && workers(cs) != 0; i++)
        sleep_ms(10);
    CHECK(workers(cs) == 0);
    CHECK(connstat_reaper_stop(cs) == 0);
    connstat_close(cs);
}

/* Then a timer ticks: the death of one who joined after the reaper began is heard all the same. */
static void test_ticks_without_inotify(void **state)
{
    connstat_t *cs = create_segment(64);

    (void)state;
    in_child(hear_by_ticks, cs);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_idle_loop_sleeps),
        TEST(test_joiner_wakes),
        TEST(test_idle_thread_sleeps),
        TEST(test_ticks_without_inotify),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
