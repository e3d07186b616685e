/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Children made by fork and by a raw clone: they are new processes, and own no entry of their parent.
 */
#include "harness.h"
#include "machine.h"

#include <sys/syscall.h>

static pid_t raw_clone(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

struct inherited {
    connstat_t *cs;
    connstat_id id;
};

static int look_for_own(const struct connstat_entry *entry, void *arg)
{
    *(int *)arg += entry->pid == getpid();
    return 0;
}

/* Checks what a child may do with the handle and the id that it inherited. */
static void be_a_child(const struct inherited *parent)
{
    connstat_id id;
    int own = 0;

    CHECK(connstat_count(parent->cs, 0) == 1);
    CHECK(connstat_unregister(parent->cs, parent->id) == -EPERM);
    CHECK(connstat_leave(parent->cs) == 0);
    CHECK(connstat_count(parent->cs, 0) == 1);
    CHECK(connstat_register(parent->cs, 0, NULL, 0, &id) == 0);
    CHECK(id != parent->id);
    CHECK(connstat_count(parent->cs, 0) == 2);
    CHECK(connstat_for_each(parent->cs, 0, look_for_own, &own) == 2);
    CHECK(own == 1);
    CHECK(connstat_unregister(parent->cs, parent->id) == -EPERM);
    CHECK(connstat_unregister(parent->cs, id) == 0);
    CHECK(connstat_register(parent->cs, 0, NULL, 0, &id) == 0);
}

enum way { LEAVE_BY_CLOSE, LEAVE_BY_EXIT, LEAVE_BY_KILL };

static void go(const struct inherited *parent, enum way way)
{
    be_a_child(parent);
    if (way == LEAVE_BY_CLOSE)
        connstat_close(parent->cs);
    if (way == LEAVE_BY_KILL)
        raise(SIGKILL);
    _exit(0);
}

static void run_children(pid_t (*make)(void))
{
    struct inherited parent = {.cs = create_segment(8)};

    assert_int_equal(connstat_register(parent.cs, 0, NULL, 0, &parent.id), 0);
    for (enum way way = LEAVE_BY_CLOSE; way <= LEAVE_BY_KILL; way++)
        for (int i = 0; i < 10; i++) {
            pid_t pid = make();
            int status;

            assert_true(pid >= 0);
            if (pid == 0)
                go(&parent, way);
            assert_int_equal(waitpid(pid, &status, 0), pid);
            assert_int_equal(status, way == LEAVE_BY_KILL ? SIGKILL : 0);
            connstat_reap(parent.cs);
            assert_int_equal(connstat_count(parent.cs, 0), 1);
            assert_int_equal(listed(parent.cs, 0), 1);
        }
    assert_int_equal(connstat_unregister(parent.cs, parent.id), 0);
    assert_int_equal(connstat_check(parent.cs, NULL, NULL), 0);
    connstat_close(parent.cs);
}

static void test_fork(void **state)
{
    (void)state;
    run_children(fork);
}

static void test_raw_clone(void **state)
{
    (void)state;
    need_wipe_on_fork();
    run_children(raw_clone);
}

/* exit(3) in a child runs the exit handler that the library registered in the parent. It must leave
 * the parent's entries alone. */
static void test_exit_of_a_child(void **state)
{
    connstat_t *cs = create_segment(8);
    connstat_id id;
    int status;
    pid_t pid;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        fclose(stdout);
        exit(connstat_register(cs, 0, NULL, 0, &id) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(connstat_unregister(cs, id), 0);
    connstat_reap(cs);
    assert_int_equal(connstat_count(cs, 0), 0);
    connstat_close(cs);
}

static void grow_a_generation(connstat_t *cs, int depth)
{
    connstat_id id;
    int status;
    pid_t pid;

    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_count(cs, 0) == (uint64_t)depth + 1);
    if (depth < 6) {
        pid = depth % 2 ? fork() : raw_clone();
        if (pid == 0) {
            grow_a_generation(cs, depth + 1);
            _exit(0);
        }
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        connstat_reap(cs);
    }
    CHECK(connstat_count(cs, 0) == (uint64_t)depth + 1);
    CHECK(connstat_unregister(cs, id) == 0);
}

static void test_generations(void **state)
{
    connstat_t *cs = create_segment(8);

    (void)state;
    grow_a_generation(cs, 0);
    assert_int_equal(connstat_count(cs, 0), 0);
    connstat_close(cs);
}

/* The server of the first lines of connstat.h: the master makes one handle before it forks. */
static void test_prefork(void **state)
{
    enum { WORKERS = 8, EACH = 200 };
    connstat_t *cs = create_segment(EACH * WORKERS);
    struct connstat_totals totals;
    pid_t pids[WORKERS];

    (void)state;
    for (int i = 0; i < WORKERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            connstat_id ids[EACH];

            for (int k = 0; k < EACH; k++)
                CHECK(connstat_register(cs, k % 9, NULL, 0, &ids[k]) == 0);
            for (int k = 0; k < EACH / 2; k++)
                CHECK(connstat_unregister(cs, ids[k]) == 0);
            _exit(0);
        }
    }
    for (int i = 0; i < WORKERS; i++) {
        int status;

        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(connstat_reap(cs), WORKERS);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(totals.joins, WORKERS);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fork),        TEST(test_raw_clone), TEST(test_exit_of_a_child),
        TEST(test_generations), TEST(test_prefork),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
