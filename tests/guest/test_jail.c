/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A process in a jail: without /proc, with a /proc of another pid namespace, with a clock of its
 * own. What it cannot find out it does not act upon. Root's alone; where the kernel makes no such
 * jail, the test says so and is skipped.
 */
#include "harness.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* ---- chroot, without /proc ------------------------------------------------------------------ */

static void enter_chroot(void)
{
    CHECK(chroot(getenv("CONNSTAT_DIR")) == 0 && chdir("/") == 0);
    CHECK(setenv("CONNSTAT_DIR", "/", 1) == 0);
    CHECK(access("/proc", F_OK) < 0);
}

static void skip_unless_root(void)
{
    if (geteuid() == 0)
        return;
    print_message("not root: no jail to be had\n");
    skip();
}

static void create_in_chroot(struct child *self, void *arg)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;
    connstat_id id;

    (void)self;
    (void)arg;
    enter_chroot();
    config.capacity = 128;
    config.max_workers = 32;
    CHECK(connstat_create(&cs, "test", &config) == -EEXIST);
    config.capacity = 64;
    CHECK(connstat_create(&cs, "test", &config) == 0); /* attaches */
    CHECK(connstat_count(cs, 0) == 1);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_reap(cs) == 0);
    CHECK(connstat_count(cs, 0) == 2);
}

/* A living segment is neither replaced nor retired by one who cannot read what boot this is. */
static void test_create_in_chroot(void **state)
{
    connstat_t *cs;
    struct connstat_info info;
    connstat_id id;

    (void)state;
    skip_unless_root();
    cs = create_segment(64);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    in_child(create_in_chroot, NULL);
    assert_int_equal(connstat_info(cs, &info), 0);
    assert_false(info.retired);
    assert_int_equal(connstat_reap(cs), 1);
    assert_int_equal(connstat_count(cs, 0), 1);
    connstat_close(cs);
}

static void replace_in_chroot(struct child *self, void *arg)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;
    int error;

    (void)self;
    (void)arg;
    enter_chroot();
    config.capacity = 128;
    error = connstat_create(&cs, "test", &config);
    CHECK(error == 0 || error == -EOPNOTSUPP);
    _exit(error == 0 ? 0 : 1);
}

/* Where nobody lives in it, it is replaced, or stays as it is. */
static void test_replace_in_chroot(void **state)
{
    struct child child;
    connstat_t *cs;
    struct connstat_info info;
    int status;

    (void)state;
    skip_unless_root();
    cs = create_segment(64);
    child = child_start(replace_in_chroot, NULL);
    assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(connstat_info(cs, &info), 0);
    assert_int_equal(info.retired, WEXITSTATUS(status) == 0);
    connstat_close(cs);
    assert_int_equal(connstat_destroy("test"), 0);
}

/* ---- namespaces ----------------------------------------------------------------------------- */

/* Run body in a child of a process that has unshared namespaces. Its exit status; SKIPPED where the
 * kernel makes none. before: in the process that unshares, after it. */
static int run_unshared(int namespaces, void (*before)(void), child_fn body, void *arg)
{
    struct child outer;
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(PATIENCE_S);
        if (unshare(namespaces) < 0)
            _exit(SKIPPED);
        if (before != NULL)
            before();
        pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            outer = (struct child){.pid = getpid(), .hears = -1, .says = -1};
            body(&outer, arg);
            _exit(0);
        }
        CHECK(waitpid(pid, &status, 0) == pid);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void run_or_skip(int namespaces, void (*before)(void), child_fn body, void *arg)
{
    int status;

    skip_unless_root();
    status = run_unshared(namespaces, before, body, arg);
    if (status == SKIPPED) {
        print_message("the kernel makes no such namespace\n");
        skip();
    }
    assert_int_equal(status, 0);
}

/* A clock that is 1,000 s ahead. */
static void set_clock(void)
{
    int fd = open("/proc/self/timens_offsets", O_WRONLY);
    const char *offsets = "boottime 1000 0\n";

    CHECK(fd >= 0 && write(fd, offsets, strlen(offsets)) == (ssize_t)strlen(offsets));
    close(fd);
}

/* Sees the worker outside, and is seen there. */
static void meet_others(struct child *self, void *arg)
{
    connstat_t *cs, *read_only;
    connstat_id id;

    (void)self;
    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_open(&read_only, "test", CONNSTAT_READ_ONLY) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_reap(cs) == 0);
    CHECK(connstat_reap(read_only) == 0);
    CHECK(connstat_count(cs, 0) == 2 && connstat_count(read_only, 0) == 2);
}

/* It dies without a word, and only it is found dead. */
static void test_time_namespace(void **state)
{
    connstat_t *cs = create_segment(64);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    run_or_skip(CLONE_NEWTIME, set_clock, meet_others, NULL);
    assert_int_equal(connstat_reap(cs), 1);
    assert_int_equal(connstat_count(cs, 0), 1);
    connstat_close(cs);
}

static void be_seen(struct child *self, void *arg)
{
    struct child *observer = arg;
    connstat_t *cs;
    connstat_id id;

    (void)self;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    child_go_on(observer); /* it reaps */
    child_reached(observer);
    CHECK(connstat_count(cs, 0) == 1);
    CHECK(connstat_unregister(cs, id) == 0);
}

static void reap_when_told(struct child *self, void *arg)
{
    connstat_t *cs;

    (void)arg;
    child_pause(self);
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_reap(cs) == 0);
    CHECK(connstat_count(cs, 0) == 1);
    child_pause(self);
}

/* The worker joins in there, and is judged by one outside. */
static void judged_from_outside(int namespaces, void (*before)(void))
{
    connstat_t *cs = create_segment(64);
    struct child observer = child_start(reap_when_told, NULL);

    child_reached(&observer);
    run_or_skip(namespaces, before, be_seen, &observer);
    child_go_on(&observer);
    child_finish(&observer);
    connstat_close(cs);
}

static void test_worker_in_time_namespace(void **state)
{
    (void)state;
    judged_from_outside(CLONE_NEWTIME, set_clock);
}

/* The first process of a pid namespace is 1 in there. */
static void test_worker_in_pid_namespace(void **state)
{
    (void)state;
    judged_from_outside(CLONE_NEWPID, NULL);
}

static void hide_proc(void)
{
    CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    CHECK(mount("none", "/proc", "tmpfs", 0, NULL) == 0);
}

/* Which namespace it is in cannot be read there. */
static void test_worker_in_pid_namespace_without_proc(void **state)
{
    (void)state;
    judged_from_outside(CLONE_NEWPID | CLONE_NEWNS, hide_proc);
}

static void worker_beside(struct child *self, void *arg)
{
    connstat_id id;

    CHECK(connstat_register(arg, 0, NULL, 0, &id) == 0);
    child_pause(self);
    _exit(0);
}

/* Master and worker in a pid namespace of their own, with the /proc of the one outside. */
static void be_a_server(struct child *self, void *arg)
{
    struct child worker;
    connstat_t *cs;
    connstat_id id;

    (void)self;
    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    worker = child_start(worker_beside, cs);
    child_reached(&worker);
    CHECK(connstat_reap(cs) == 0);
    CHECK(connstat_count(cs, 0) == 2);
    child_go_on(&worker);
    child_finish(&worker);
    CHECK(connstat_reap(cs) == 1);
    CHECK(connstat_count(cs, 0) == 1);
}

static void test_server_in_pid_namespace_with_outer_proc(void **state)
{
    connstat_t *cs = create_segment(64);

    (void)state;
    run_or_skip(CLONE_NEWPID, NULL, be_a_server, NULL);
    connstat_close(cs);
}

static void test_server_in_pid_namespace_without_proc(void **state)
{
    connstat_t *cs = create_segment(64);

    (void)state;
    run_or_skip(CLONE_NEWPID | CLONE_NEWNS, hide_proc, be_a_server, NULL);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_in_chroot),
        TEST(test_replace_in_chroot),
        TEST(test_time_namespace),
        TEST(test_worker_in_time_namespace),
        TEST(test_worker_in_pid_namespace),
        TEST(test_worker_in_pid_namespace_without_proc),
        TEST(test_server_in_pid_namespace_with_outer_proc),
        TEST(test_server_in_pid_namespace_without_proc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
