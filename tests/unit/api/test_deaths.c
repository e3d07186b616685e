/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How workers end (exit, _exit, signals), and what the obituaries say of it.
 */
#include "harness.h"

static void exit_in_order(struct child *self, void *arg)
{
    (void)self;
    register_some(arg, 0, 2);
    exit(0);
}

static void exit_at_once(struct child *self, void *arg)
{
    register_some(arg, 0, 2);
    CHECK(connstat_join(arg, "hasty") == 0);
    child_pause(self);
    _exit(3);
}

static void crash(struct child *self, void *arg)
{
    register_some(arg, 1, 1);
    child_pause(self);
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

static void test_exits(void **state)
{
    connstat_t *cs = create_segment(16);
    struct connstat_totals totals;
    struct child worker;
    connstat_id mine;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &mine), 0);
    worker = child_start(exit_in_order, cs);
    child_finish(&worker);
    assert_int_equal(connstat_count(cs, 0),
                     1); /* the parent's own: a child's exit does not take it away */
    connstat_totals(cs, &totals);
    assert_int_equal(totals.closed[0], 2);
    assert_int_equal(totals.deaths, 0);
    assert_int_equal(connstat_unregister(cs, mine), 0);
    assert_int_equal(connstat_reap(cs), 0);
    connstat_close(cs);
}

struct newcomer {
    pid_t pid;
    int64_t joined_at_ns;
};

static int keep_joined(const struct connstat_worker *worker, void *arg)
{
    struct newcomer *newcomer = arg;

    if (worker->pid == newcomer->pid)
        newcomer->joined_at_ns = worker->joined_at_ns;
    return 0;
}

static void die_and_be_heard(connstat_t *cs, child_fn body, struct connstat_death *death)
{
    struct child worker = child_start(body, cs);
    struct newcomer newcomer = {.pid = worker.pid};

    child_reached(&worker);
    assert_true(connstat_for_each_worker(cs, keep_joined, &newcomer) > 0);
    assert_int_equal(connstat_reap(cs),
                     0); /* nobody is dead; from here on this process holds its pidfd */
    child_go_on(&worker);
    assert_int_equal(waitpid(worker.pid, NULL, 0), worker.pid);
    assert_int_equal(connstat_reap(cs), 1);
    assert_true(connstat_for_each_death(cs, keep_death, death) > 0);
    assert_int_equal(death->pid, worker.pid);
    /* an obituary has milliseconds */
    assert_int_equal(death->joined_at_ns, newcomer.joined_at_ns / 1000000 * 1000000);
}

static void test_obituaries(void **state)
{
    connstat_t *cs = create_segment(16);
    struct connstat_death death = {0};

    (void)state;
    die_and_be_heard(cs, exit_at_once, &death);
    assert_int_equal(death.number, 1);
    assert_int_equal(death.lost[0], 2);
    assert_int_equal(death.lost_total, 2);
    assert_true(death.joined_at_ns > 0);
    assert_true(death.died_at_ns >= death.joined_at_ns);
    if (death.cause !=
        CONNSTAT_DIED) { /* kernels from 6.15 on tell it of any process that was watched */
        assert_int_equal(death.cause, CONNSTAT_EXITED);
        assert_int_equal(death.status, 3);
    }
    die_and_be_heard(cs, crash, &death);
    assert_int_equal(death.number, 2);
    assert_int_equal(death.lost[1], 1);
    if (death.cause != CONNSTAT_DIED) {
        assert_int_equal(death.cause, CONNSTAT_SIGNALLED);
        assert_int_equal(death.status, SIGSEGV);
    }
    connstat_close(cs);
}

struct order {
    uint64_t first, last;
    int visited;
};

static int note_order(const struct connstat_death *death, void *arg)
{
    struct order *order = arg;

    if (order->visited++ == 0)
        order->first = death->number;
    else if (death->number != order->last + 1)
        return 1;
    order->last = death->number;
    return 0;
}

static void die(struct child *self, void *arg)
{
    (void)self;
    register_some(arg, 0, 1);
    raise(SIGKILL);
}

static void test_the_last_256(void **state)
{
    connstat_t *cs = create_segment(64);
    struct order order = {0};

    (void)state;
    for (int i = 1; i <= 300; i++) {
        struct child worker = child_start(die, cs);

        assert_int_equal(waitpid(worker.pid, NULL, 0), worker.pid);
        close(worker.hears);
        close(worker.says);
        assert_int_equal(connstat_reap(cs), 1);
    }
    assert_int_equal(connstat_for_each_death(cs, note_order, &order), 256);
    assert_int_equal(order.first, 45);
    assert_int_equal(order.last, 300);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

static void die_with_a_label(struct child *self, void *arg)
{
    connstat_t *cs;

    (void)self;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_join(cs, arg) == 0);
    raise(SIGKILL);
}

static int keep_label(const struct connstat_death *death, void *arg)
{
    snprintf(arg, 64, "%s", death->label);
    return 0;
}

static int never(const struct connstat_worker *worker, void *arg)
{
    (void)worker;
    (void)arg;
    abort();
}

/* A label is cut at 31 bytes; all of those are in the obituary. */
static void test_labels(void **state)
{
    static const char longest[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    connstat_t *cs = create_segment(64);
    char kept[64];

    (void)state;
    for (size_t length = 0; length < sizeof(longest); length++) {
        const char *label = longest + sizeof(longest) - 1 - length;
        struct child worker = child_start(die_with_a_label, (void *)label);

        assert_int_equal(waitpid(worker.pid, NULL, 0), worker.pid);
        close(worker.hears);
        close(worker.says);
        assert_int_equal(connstat_reap(cs), 1);
        assert_true(connstat_for_each_death(cs, keep_label, kept) > 0);
        assert_int_equal(strlen(kept),
                         length < CONNSTAT_LABEL_BYTES ? length : CONNSTAT_LABEL_BYTES - 1);
        assert_memory_equal(kept, label, strlen(kept));
    }
    assert_int_equal(connstat_for_each_death(cs, NULL, NULL), -EINVAL);
    assert_int_equal(connstat_for_each_worker(cs, NULL, NULL), -EINVAL);
    connstat_close(cs);
    assert_int_equal(connstat_for_each_death(cs, keep_label, kept), -ENOTCONN);
    assert_int_equal(connstat_for_each_worker(cs, never, NULL), -ENOTCONN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_exits),
        TEST(test_obituaries),
        TEST(test_the_last_256),
        TEST(test_labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
