/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A worker that replaces its program by execve: its entries are gone, unless it asked to keep them
 * (connstat_keep_on_exec), and then they end as the new program does.
 */
#include "harness.h"
#include "machine.h"

#include <sys/prctl.h>

/* Waits until the reaper's thread has brought the count to this, or PATIENCE_S are over. */
static bool comes_to(connstat_t *cs, int type, uint64_t count)
{
    for (int i = 0; i < PATIENCE_S * 100 && connstat_count(cs, type) != count; i++)
        usleep(10000);
    return connstat_count(cs, type) == count;
}

struct plan {
    connstat_t *cs;
    bool keep;
    int status;   /* the exit status of the new program */
    bool observe; /* the new program opens the segment again, but registers nothing */
};

static void become_sleep(struct child *self, void *arg)
{
    struct plan *plan = arg;

    register_some(plan->cs, 0, 2);
    if (plan->keep)
        CHECK(connstat_keep_on_exec(plan->cs, true) == 0);
    child_pause(self);
    if (plan->observe)
        execl("/proc/self/exe", "test_programs", "observe", NULL);
    execlp("sleep", "sleep", "1000", NULL);
    _exit(127);
}

/* What the new program does if plan->observe: it opens the segment, then calls itself "sleep", for
 * which is_sleep waits. */
static int observe(void)
{
    connstat_t *cs;

    alarm(10 * PATIENCE_S);
    if (connstat_open(&cs, "test", 0) != 0 || connstat_count(cs, 0) > 2)
        return 1;
    prctl(PR_SET_NAME, "sleep");
    for (;;)
        pause();
}

static bool is_sleep(pid_t pid)
{
    char path[64], name[32] = "";
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    (void)!fgets(name, sizeof(name), file);
    fclose(file);
    return strcmp(name, "sleep\n") == 0;
}

static struct child start_sleep(struct plan *plan)
{
    struct child worker = child_start(become_sleep, plan);

    child_reached(&worker);
    assert_int_equal(connstat_reap(plan->cs), 0);
    assert_int_equal(connstat_count(plan->cs, 0), 2);
    child_go_on(&worker);
    for (int i = 0; i < PATIENCE_S * 100 && !is_sleep(worker.pid); i++)
        usleep(10000);
    assert_true(is_sleep(worker.pid));
    return worker;
}

static void test_exec(void **state)
{
    struct plan plan = {.cs = create_segment(16)};
    connstat_t *reader = open_segment(CONNSTAT_READ_ONLY);
    struct connstat_death death = {0};
    struct child worker = start_sleep(&plan);

    (void)state;
    assert_int_equal(connstat_reap(reader), 1);
    assert_int_equal(connstat_count(reader, 0), 0);
    assert_int_equal(connstat_reap(plan.cs), 1);
    assert_int_equal(connstat_count(plan.cs, 0), 0);
    assert_int_equal(connstat_for_each_death(plan.cs, keep_death, &death), 1);
    assert_int_equal(death.cause, CONNSTAT_EXECED);
    assert_int_equal(death.pid, worker.pid);
    assert_int_equal(death.lost[0], 2);
    child_kill(&worker);
    assert_int_equal(connstat_reap(plan.cs), 0);
    connstat_close(reader);
    connstat_close(plan.cs);
}

static void test_exec_found_by_the_reaper(void **state)
{
    struct plan plan = {.cs = create_segment(16)};
    struct child worker = start_sleep(&plan);

    (void)state;
    assert_int_equal(connstat_reaper_start(plan.cs), 0);
    assert_true(comes_to(plan.cs, 0, 0));
    child_kill(&worker);
    connstat_close(plan.cs);
}

static void test_exec_that_observes(void **state)
{
    struct plan plan = {.cs = create_segment(16), .observe = true};
    struct child worker = start_sleep(&plan);

    (void)state;
    assert_int_equal(connstat_reap(plan.cs), 1);
    assert_int_equal(connstat_count(plan.cs, 0), 0);
    child_kill(&worker);
    connstat_close(plan.cs);
}

static void test_exec_that_keeps(void **state)
{
    struct plan plan = {.cs = create_segment(16), .keep = true};
    struct child worker = start_sleep(&plan);

    (void)state;
    assert_int_equal(connstat_reap(plan.cs), 0);
    assert_int_equal(connstat_count(plan.cs, 0), 2);
    child_kill(&worker);
    assert_int_equal(connstat_reap(plan.cs), 1);
    assert_int_equal(connstat_count(plan.cs, 0), 0);
    connstat_close(plan.cs);
}

/* Becomes a program that keeps the entries and exits with plan->status. */
static void become_exit(struct child *self, void *arg)
{
    struct plan *plan = arg;
    char command[32];

    register_some(plan->cs, 0, 2);
    CHECK(connstat_keep_on_exec(plan->cs, true) == 0);
    child_pause(self);
    snprintf(command, sizeof(command), "exit %d", plan->status);
    execlp("sh", "sh", "-c", command, NULL);
    _exit(127);
}

static void wait_for_end(pid_t pid)
{
    siginfo_t info;

    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void reap_once(struct child *self, void *arg)
{
    (void)self;
    CHECK(connstat_reap(arg) >= 0);
}

enum judge { BY_ITS_PARENT, BY_ANOTHER };

static void end_of_program(int status, enum judge judge, uint64_t closed, uint64_t lost)
{
    struct plan plan = {.cs = create_segment(16), .status = status};
    struct child worker = child_start(become_exit, &plan);
    struct connstat_death death = {0};
    struct connstat_totals totals;

    child_reached(&worker);
    child_go_on(&worker);
    wait_for_end(worker.pid);
    if (judge == BY_ANOTHER)
        in_child(reap_once, plan.cs);
    else
        assert_int_equal(connstat_reap(plan.cs), lost > 0);
    assert_int_equal(connstat_totals(plan.cs, &totals), 0);
    assert_int_equal(totals.closed[0], closed);
    assert_int_equal(totals.lost[0], lost);
    assert_int_equal(totals.deaths, lost > 0);
    assert_int_equal(connstat_for_each_death(plan.cs, keep_death, &death), lost > 0);
    assert_int_equal(death.status, status);
    /* This process now takes the record, and settles the counters that the last holder left. */
    register_some(plan.cs, 0, 1);
    assert_int_equal(connstat_totals(plan.cs, &totals), 0);
    assert_int_equal(totals.opened[0], 3);
    assert_int_equal(totals.closed[0], closed);
    assert_int_equal(totals.lost[0], lost);
    assert_int_equal(connstat_check(plan.cs, NULL, NULL), 0);
    waitpid(worker.pid, NULL, 0);
    close(worker.hears);
    close(worker.says);
    connstat_close(plan.cs);
    assert_int_equal(connstat_destroy("test"), 0);
}

static void test_program_that_ends(void **state)
{
    (void)state;
    need_true_stat(); /* by which another than its parent knows the zombie again */
    end_of_program(0, BY_ITS_PARENT, 2, 0);
    end_of_program(3, BY_ITS_PARENT, 0, 2);
    end_of_program(0, BY_ANOTHER, 2, 0);
    end_of_program(3, BY_ANOTHER, 0, 2);
}

/* Nobody watched the program when it ended, and its parent has waited for it since. Then the kernel
 * can tell nobody any more how it ended, and its entries count as lost. */
static void test_program_whose_end_nobody_saw(void **state)
{
    struct plan plan = {.cs = create_segment(16)};
    struct child worker = child_start(become_exit, &plan);
    struct connstat_death death = {.cause = CONNSTAT_EXITED};

    (void)state;
    child_reached(&worker);
    child_go_on(&worker);
    waitpid(worker.pid, NULL, 0);
    assert_int_equal(connstat_reap(plan.cs), 1);
    assert_int_equal(connstat_for_each_death(plan.cs, keep_death, &death), 1);
    assert_int_equal(death.cause, CONNSTAT_DIED);
    assert_int_equal(death.lost_total, 2);
    close(worker.hears);
    close(worker.says);
    connstat_close(plan.cs);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_exec),
        TEST(test_exec_found_by_the_reaper),
        TEST(test_exec_that_observes),
        TEST(test_exec_that_keeps),
        TEST(test_program_that_ends),
        TEST(test_program_whose_end_nobody_saw),
    };

    if (argc == 2 && strcmp(argv[1], "observe") == 0)
        return observe();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
