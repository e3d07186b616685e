/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The descriptor of a reaper becomes readable when somebody dies, and falls silent after reaping.
 */
#include "harness.h"

#include <poll.h>

static void register_and_wait(struct child *self, void *arg)
{
    connstat_id id;

    CHECK(connstat_register(arg, 0, NULL, 0, &id) == 0);
    child_pause(self);
}

static void only_wait(struct child *self, void *arg)
{
    (void)arg;
    child_pause(self);
}

static bool is_readable(int fd, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, timeout_ms) == 1;
}

/* Reaps and looks at the descriptor, ten times. A timer may make it readable now and then; if it is
 * readable each time, then those who are dead already go on waking it. */
static bool falls_silent(connstat_t *cs, int fd)
{
    for (int i = 0; i < 10; i++) {
        (void)connstat_reap(cs);
        if (!is_readable(fd, 0))
            return true;
    }
    return false;
}

static void await_count(connstat_t *cs, int fd, uint64_t count)
{
    for (int i = 0; i < PATIENCE_S * 10 && connstat_count(cs, 0) != count; i++)
        if (is_readable(fd, 1000))
            assert_true(connstat_reap(cs) >= 0);
    assert_int_equal(connstat_count(cs, 0), count);
}

static void test_death_is_heard(void **state)
{
    connstat_t *cs = create_segment(8);
    struct child worker = child_start(register_and_wait, cs);
    int fd;

    (void)state;
    child_reached(&worker);
    fd = connstat_reaper_fd(cs);
    assert_true(fd >= 0);
    child_kill(&worker);
    await_count(cs, fd, 0);
    assert_true(falls_silent(cs, fd));
    connstat_close(cs);
}

/* The same while a child, forked after the reaper began to watch, has copies of its pidfds. */
static void test_silence_beside_a_child(void **state)
{
    connstat_t *cs = create_segment(8);
    struct child worker = child_start(register_and_wait, cs), bystander;
    int fd;

    (void)state;
    child_reached(&worker);
    fd = connstat_reaper_fd(cs);
    assert_true(fd >= 0);
    bystander = child_start(only_wait, NULL);
    child_reached(&bystander);
    child_kill(&worker);
    await_count(cs, fd, 0);
    assert_true(falls_silent(cs, fd));
    child_kill(&bystander);
    connstat_close(cs);
}

/* The same for a read-only handle, which cannot change the dead worker's record. */
static void test_silence_of_an_observer(void **state)
{
    connstat_t *cs = create_segment(8), *observer = open_segment(CONNSTAT_READ_ONLY);
    struct child worker = child_start(register_and_wait, cs);
    int fd;

    (void)state;
    child_reached(&worker);
    fd = connstat_reaper_fd(observer);
    assert_true(fd >= 0);
    child_kill(&worker);
    await_count(observer, fd, 0);
    assert_int_equal(connstat_count(cs, 0), 1);
    assert_true(falls_silent(observer, fd));
    connstat_close(observer);
    connstat_close(cs);
}

static void test_thread_clears(void **state)
{
    connstat_t *cs = create_segment(8);
    struct child worker = child_start(register_and_wait, cs);

    (void)state;
    child_reached(&worker);
    assert_int_equal(connstat_reaper_start(cs), 0);
    assert_int_equal(connstat_reaper_start(cs), 0);
    child_kill(&worker);
    for (int i = 0; i < PATIENCE_S * 100 && connstat_count(cs, 0) != 0; i++)
        usleep(10000);
    assert_int_equal(connstat_count(cs, 0), 0);
    assert_int_equal(connstat_reaper_stop(cs), 0);
    assert_int_equal(connstat_reaper_stop(cs), 0);
    connstat_close(cs);
}

/* A reaper leaves with its last handle, though its process lives on. */
static void test_a_reaper_leaves_with_its_handle(void **state)
{
    connstat_t *cs = create_segment(8), *observer = open_segment(CONNSTAT_READ_ONLY);
    struct connstat_info info;

    (void)state;
    assert_true(connstat_reaper_fd(cs) >= 0);
    assert_int_equal(connstat_repair(cs), 0);
    assert_int_equal(connstat_info(observer, &info), 0);
    assert_int_equal(info.reapers, 1);
    connstat_close(cs);
    assert_int_equal(connstat_info(observer, &info), 0);
    assert_int_equal(info.reapers, 0);
    connstat_close(observer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_death_is_heard),
        TEST(test_silence_beside_a_child),
        TEST(test_silence_of_an_observer),
        TEST(test_thread_clears),
        TEST(test_a_reaper_leaves_with_its_handle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
