/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A host that closes what it does not know, has closed 0, 1 and 2, or may have no descriptor: none
 * of ours is below 3, and none of the host's is written to or closed.
 */
#include "harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>

static void close_from_three(void)
{
    CHECK(syscall(SYS_close_range, 3u, ~0u, 0u) == 0);
}

/* ---- closefrom ------------------------------------------------------------------------------ */

enum { OWN = 20 };

/* Files of the host's own, where the library's were. */
static void open_own_files(const char *name, int fds[OWN])
{
    for (int i = 0; i < OWN; i++) {
        fds[i] = i % 4 == 0   ? open(name, O_RDWR | O_CREAT | O_APPEND, 0600)
                 : i % 4 == 1 ? eventfd(0, 0)
                 : i % 4 == 2 ? epoll_create1(0)
                              : timerfd_create(CLOCK_MONOTONIC, 0);
        CHECK(fds[i] >= 3);
    }
}

static void own_files_are_there(const char *name, const int fds[OWN])
{
    struct stat st;

    for (int i = 0; i < OWN; i++)
        CHECK(fcntl(fds[i], F_GETFD) >= 0);
    CHECK(stat(name, &st) == 0 && st.st_size == 0);
}

static void work_after_closefrom(struct child *self, void *arg)
{
    connstat_t *cs = arg;
    char name[300];
    connstat_id id, keyed;
    int fds[OWN];

    (void)self;
    snprintf(name, sizeof(name), "%s/log", getenv("CONNSTAT_DIR"));
    close_from_three();
    open_own_files(name, fds);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_register_key(cs, 1, connstat_key_u64(7), 0, NULL, 0, &keyed) == 0);
    CHECK(connstat_count_key(cs, 1, connstat_key_u64(7)) == 1);
    CHECK(connstat_reap(cs) >= 0);
    CHECK(connstat_reaper_start(cs) == 0);
    CHECK(connstat_reaper_stop(cs) == 0);
    CHECK(connstat_check(cs, NULL, NULL) == 0);
    connstat_close(cs);
    own_files_are_there(name, fds);
}

static void test_closefrom_in_a_worker(void **state)
{
    connstat_t *cs = create_segment(4096);

    (void)state;
    in_child(work_after_closefrom, cs);
    connstat_close(cs);
}

/* The reaper's descriptors are the parent's, and in the child nobody's. */
static void test_closefrom_beside_a_reaper(void **state)
{
    connstat_t *cs = create_segment(4096);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_reaper_start(cs), 0);
    in_child(work_after_closefrom, cs);
    assert_int_equal(connstat_reaper_stop(cs), 0);
    connstat_close(cs);
}

static void hold_one(struct child *self, void *arg)
{
    connstat_t *cs = open_segment(0);
    connstat_id id;

    (void)arg;
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    child_pause(self);
}

static pid_t start_idle_child(void)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid != 0)
        return pid;
    CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    for (;;)
        pause();
}

struct host {
    unsigned flags;  /* of its handle */
    bool has_forked; /* a child, which never calls the library, has copies of all that was closed */
    bool rests;      /* first: its reaper sleeps */
};

/* Closed under a reaper that runs: it gets others, and goes on. */
static void close_under_reaper(struct child *self, void *arg)
{
    const struct timespec moment = {.tv_nsec = 10000000}, rest = {.tv_nsec = 200000000};
    const struct host *host = arg;
    connstat_t *cs = open_segment(host->flags);
    struct child worker;
    pid_t idle = 0;
    char name[300];
    int fds[OWN];

    (void)self;
    snprintf(name, sizeof(name), "%s/log", getenv("CONNSTAT_DIR"));
    CHECK(connstat_reaper_start(cs) == 0);
    if (host->has_forked)
        idle = start_idle_child();
    if (host->rests)
        nanosleep(&rest, NULL);
    close_from_three();
    open_own_files(name, fds);
    worker = child_start(hold_one, NULL);
    child_reached(&worker);
    CHECK(connstat_count(cs, 0) == 1);
    CHECK(kill(worker.pid, SIGKILL) == 0);
    for (int i = 0; i < PATIENCE_S * 100 && connstat_count(cs, 0) != 0; i++)
        nanosleep(&moment, NULL);
    CHECK(connstat_count(cs, 0) == 0);
    if (idle != 0)
        CHECK(kill(idle, SIGKILL) == 0);
    CHECK(connstat_reaper_stop(cs) == 0);
    connstat_close(cs);
    own_files_are_there(name, fds);
}

static void test_closefrom_under_a_reaper(void **state)
{
    connstat_t *cs = create_segment(64);

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        struct host host = {
            .flags = i & 1 ? CONNSTAT_READ_ONLY : 0, .has_forked = i & 2, .rests = i & 4};

        in_child(close_under_reaper, &host);
        assert_true(connstat_reap(cs) >= 0); /* a read-only reaper hides, and clears nothing */
    }
    connstat_close(cs);
}

/* ---- 0, 1 and 2 ----------------------------------------------------------------------------- */

static void nothing_below_three(void)
{
    for (int fd = 0; fd < 3; fd++)
        CHECK(fcntl(fd, F_GETFD) < 0);
}

static void work_without_standard_descriptors(struct child *self, void *arg)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs, *read_only;
    connstat_id id;

    (void)self;
    (void)arg;
    close(0);
    close(1);
    close(2);
    config.capacity = 64;
    CHECK(connstat_create(&cs, "test", &config) == 0);
    nothing_below_three();
    CHECK(connstat_open(&read_only, "test", CONNSTAT_READ_ONLY) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_register_key(cs, 0, connstat_key_u64(7), 0, NULL, 0, &id) == 0);
    nothing_below_three();
    CHECK(connstat_reap(read_only) == 0);
    CHECK(connstat_reaper_start(cs) == 0);
    CHECK(connstat_reaper_fd(read_only) >= 3);
    nothing_below_three();
    CHECK(connstat_check(cs, NULL, NULL) == 0);
}

static void test_without_standard_descriptors(void **state)
{
    (void)state;
    in_child(work_without_standard_descriptors, NULL);
}

/* ---- RLIMIT_NOFILE -------------------------------------------------------------------------- */

/* The number of the one other thread of this process. */
static int reapers_tid(void)
{
    struct dirent *entry;
    DIR *tasks = opendir("/proc/self/task");
    int tid = 0;

    CHECK(tasks != NULL);
    while ((entry = readdir(tasks)) != NULL)
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != getpid())
            tid = atoi(entry->d_name);
    closedir(tasks);
    return tid;
}

/* The clock of a thread's processor time, as pthread_getcpuclockid makes one. */
static clockid_t clock_of(int tid)
{
    return (clockid_t)(~(unsigned)tid << 3 | 6);
}

static int open_status_of_reaper(void)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/task/%d/status", reapers_tid());
    return open(path, O_RDONLY);
}

static int64_t used_ns(clockid_t clock)
{
    struct timespec used;

    CHECK(clock_gettime(clock, &used) == 0);
    return used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}

/* One that cannot wait would use up most of a second. */
static void waits_under_limit(clockid_t clock, rlim_t descriptors)
{
    const struct timespec moment = {.tv_nsec = 50000000}, second = {.tv_sec = 1};
    struct rlimit limit;
    int64_t before;

    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = descriptors;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    nanosleep(&moment, NULL);
    before = used_ns(clock);
    nanosleep(&second, NULL);
    CHECK(used_ns(clock) - before < INT64_C(200000000));
}

static void reap_in_a_sandbox(struct child *self, void *arg)
{
    connstat_t *cs = arg;
    clockid_t clock;

    (void)self;
    CHECK(connstat_reaper_start(cs) == 0);
    clock = clock_of(reapers_tid());
    waits_under_limit(clock, 0);
    waits_under_limit(clock, 1);
    waits_under_limit(clock, 256);
    CHECK(connstat_reaper_stop(cs) == 0);
}

/* A reaper that cannot wait takes a processor for itself. */
static void test_reaper_in_a_sandbox(void **state)
{
    connstat_t *cs = create_segment(64);

    (void)state;
    in_child(reap_in_a_sandbox, cs);
    connstat_close(cs);
}

/* ---- signals -------------------------------------------------------------------------------- */

static bool blocks(int status, int signal)
{
    char text[4096];
    ssize_t length = pread(status, text, sizeof(text) - 1, 0);
    const char *line;

    CHECK(length > 0);
    text[length] = '\0';
    line = strstr(text, "\nSigBlk:");
    CHECK(line != NULL);
    return strtoull(strchr(line, ':') + 1, NULL, 16) >> (signal - 1) & 1;
}

static void look_at_mask(struct child *self, void *arg)
{
    const struct timespec moment = {.tv_nsec = 50000000};
    int status;

    (void)self;
    CHECK(connstat_reaper_start(arg) == 0);
    status = open_status_of_reaper();
    CHECK(status >= 0);
    /* The C library begins each thread with all blocked. */
    for (int i = 0; i < 200 && blocks(status, SIGSEGV); i++)
        nanosleep(&moment, NULL);
    CHECK(blocks(status, SIGTERM) && blocks(status, SIGCHLD) && blocks(status, SIGUSR1));
    CHECK(!blocks(status, SIGSEGV) && !blocks(status, SIGBUS) && !blocks(status, SIGFPE));
    CHECK(!blocks(status, SIGILL) && !blocks(status, SIGSYS) && !blocks(status, SIGTRAP));
    CHECK(connstat_reaper_stop(arg) == 0);
}

/* Blocked, a fault would end the process past its handler. */
static void test_reaper_leaves_faults_to_the_host(void **state)
{
    connstat_t *cs = create_segment(64);

    (void)state;
    in_child(look_at_mask, cs);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_closefrom_in_a_worker),    TEST(test_closefrom_beside_a_reaper),
        TEST(test_closefrom_under_a_reaper), TEST(test_without_standard_descriptors),
        TEST(test_reaper_in_a_sandbox),      TEST(test_reaper_leaves_faults_to_the_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
