/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Workers that nobody can judge by their number: in pid namespaces of their own, in time namespaces,
 * without /proc, where pidfds are forbidden. Their life is a lock that the kernel keeps. Root's
 * alone; where the kernel makes no such jail, a test says so and is skipped.
 */
#include "jails.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>

static void test_pid_namespaces(void **state)
{
    (void)state;
    killed_whole((struct jail){.namespaces = CLONE_NEWPID});
}

static void test_pid_and_time_namespaces(void **state)
{
    (void)state;
    killed_whole((struct jail){.namespaces = CLONE_NEWPID | CLONE_NEWTIME});
}

static void test_without_proc(void **state)
{
    (void)state;
    killed_whole((struct jail){.namespaces = CLONE_NEWPID, .without_proc = true});
}

static void test_pidfds_forbidden(void **state)
{
    (void)state;
    killed_whole((struct jail){.namespaces = CLONE_NEWPID, .without_pidfds = true});
}

static void test_neither(void **state)
{
    (void)state;
    killed_whole(
        (struct jail){.namespaces = CLONE_NEWPID, .without_proc = true, .without_pidfds = true});
}

/* The lock goes with the descriptors while the worker lives; it takes it anew. */
static void test_host_closes_all(void **state)
{
    (void)state;
    killed_whole((struct jail){.namespaces = CLONE_NEWPID, .closes_all = true});
}

/* An observer of one container looks at another's workers. */
static void observe_from_container(struct child *self, void *arg)
{
    int status;
    pid_t pid;

    (void)arg;
    CHECK(unshare(CLONE_NEWPID) == 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        connstat_t *cs = open_segment(CONNSTAT_READ_ONLY);

        for (int i = 0; i < 25; i++) {
            CHECK(connstat_reap(cs) == 0 && connstat_count(cs, 0) == ENTRIES);
            sleep_ms(100);
        }
        child_pause(self);
        for (int i = 0; i < PATIENCE_S * 20 && connstat_count(cs, 0) != 0; i++) {
            CHECK(connstat_reap(cs) >= 0);
            sleep_ms(50);
        }
        CHECK(connstat_count(cs, 0) == 0);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void replace_it(struct child *self, void *arg)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs = NULL;

    config.capacity = 128;
    CHECK(connstat_create(&cs, "test", &config) == -EEXIST);
    child_pause(self);
    /* The worker dies a moment after its container's parent. */
    for (int i = 0; i < PATIENCE_S * 10 && connstat_create(&cs, "test", &config) != 0; i++)
        sleep_ms(100);
    CHECK(connstat_type_capacity(cs, 0) == 128);
    (void)arg;
}

/* Another layout: refused while a container's worker lives, made once it was killed, though nobody
 * reaps. */
static void test_replaced_when_killed(void **state)
{
    struct jail jail = {.namespaces = CLONE_NEWPID};
    struct child worker, creator;

    (void)state;
    skip_unless_root();
    connstat_close(create_segment(64));
    worker = child_start(container, &jail);
    child_reached(&worker);
    creator = child_start(replace_it, NULL);
    child_reached(&creator);
    child_kill(&worker);
    child_go_on(&creator);
    child_finish(&creator);
}

static void test_two_containers(void **state)
{
    struct jail jail = {.namespaces = CLONE_NEWPID};
    struct child worker, observer;
    connstat_t *cs;

    (void)state;
    skip_unless_root();
    cs = create_segment(64);
    worker = child_start(container, &jail);
    child_reached(&worker);
    observer = child_start(observe_from_container, NULL);
    child_reached(&observer);
    child_kill(&worker);
    child_go_on(&observer);
    child_finish(&observer);
    connstat_close(cs);
}

static void become_another(void)
{
    connstat_t *cs = open_segment(0);
    connstat_id id;

    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    execl("/bin/sleep", "sleep", "1000", NULL);
    _exit(1);
}

static void container_that_execs(struct child *self, void *arg)
{
    (void)arg;
    CHECK(unshare(CLONE_NEWPID) == 0);
    if (fork() == 0) {
        CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
        become_another();
    }
    child_pause(self);
}

/* Nothing but the lock says that the program is another: the process lives on. */
static void test_another_program(void **state)
{
    struct child child;
    connstat_t *cs;

    (void)state;
    skip_unless_root();
    cs = create_segment(64);
    child = child_start(container_that_execs, NULL);
    child_reached(&child);
    for (int i = 0; i < PATIENCE_S * 100 && connstat_count(cs, 0) == 0; i++)
        sleep_ms(10);
    assert_int_equal(connstat_count(cs, 0), 1); /* until somebody looks */
    comes_to(cs, 0);
    child_kill(&child);
    connstat_close(cs);
}

/* A reaper waits: it hears of the death though no pidfd can tell. */
static void test_reaper_hears(void **state)
{
    struct jail jail = {.namespaces = CLONE_NEWPID};
    struct child worker;
    connstat_t *cs;

    (void)state;
    skip_unless_root();
    cs = create_segment(64);
    assert_int_equal(connstat_reaper_start(cs), 0);
    worker = child_start(container, &jail);
    child_reached(&worker);
    assert_int_equal(connstat_count(cs, 0), ENTRIES);
    child_kill(&worker);
    for (int i = 0; i < PATIENCE_S * 100 && connstat_count(cs, 0) != 0; i++)
        sleep_ms(10);
    assert_int_equal(connstat_count(cs, 0), 0);
    connstat_close(cs);
}

/* ---- children ------------------------------------------------------------------------------- */

/* A worker, and a child of it that never calls the library: it has a copy of the lock's descriptor
 * only until its fork returns. */
static void worker_with_child(struct child *self, void *arg)
{
    connstat_t *cs = open_segment(0);
    pid_t pid, *idle = arg;
    connstat_id id;

    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        sleep(PATIENCE_S);
        _exit(0);
    }
    *idle = pid;
    child_pause(self);
}

/* How many descriptors of the segment's file another process has. */
static int descriptors_of(pid_t pid)
{
    struct stat segment, st;
    char name[64];
    int count = 0;

    assert_int_equal(stat(segment_path("test"), &segment), 0);
    for (int fd = 0; fd < 64; fd++) {
        snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)pid, fd);
        if (stat(name, &st) == 0 && st.st_ino == segment.st_ino && st.st_dev == segment.st_dev) {
            assert_true(fd > 2);
            count++;
        }
    }
    return count;
}

/* One for the mapping, one for the lock; a child has the mapping's alone. */
static void test_descriptors(void **state)
{
    pid_t *idle = mmap_shared(sizeof(*idle));
    struct child worker;
    connstat_t *cs;

    (void)state;
    cs = create_segment(64);
    worker = child_start(worker_with_child, idle);
    child_reached(&worker);
    assert_int_equal(descriptors_of(worker.pid), 2);
    for (int i = 0; i < PATIENCE_S * 20 && descriptors_of(*idle) != 1; i++)
        sleep_ms(50); /* it may still be inside fork */
    assert_int_equal(descriptors_of(*idle), 1);
    child_kill(&worker);
    comes_to(cs, 0);
    assert_int_equal(kill(*idle, SIGKILL), 0);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pid_namespaces),  TEST(test_pid_and_time_namespaces),
        TEST(test_without_proc),    TEST(test_pidfds_forbidden),
        TEST(test_neither),         TEST(test_host_closes_all),
        TEST(test_two_containers),  TEST(test_replaced_when_killed),
        TEST(test_another_program), TEST(test_reaper_hears),
        TEST(test_descriptors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
