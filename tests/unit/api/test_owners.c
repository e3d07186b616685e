/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What goes with whom: threads that own, programs that are replaced, exits in order and out of it,
 * and what the obituaries say of it.
 */
#include "harness.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static void register_some(connstat_t *cs, int type, int count)
{
    connstat_id id;

    for (int i = 0; i < count; i++)
        CHECK(connstat_register(cs, type, NULL, 0, &id) == 0);
}

/* Bounded in seconds: what a reaper does in its own time. */
static bool comes_to(connstat_t *cs, int type, uint64_t count)
{
    for (int i = 0; i < PATIENCE_S * 100 && connstat_count(cs, type) != count; i++)
        usleep(10000);
    return connstat_count(cs, type) == count;
}

/* ---- threads that own ----------------------------------------------------------------------- */

struct thread_of {
    connstat_t *cs;
    connstat_id id;
    bool raw; /* ends without its destructors */
};

static void *own_and_end(void *arg)
{
    struct thread_of *me = arg;

    CHECK(connstat_own_by_thread(me->cs, true) == 0);
    register_some(me->cs, 0, 3);
    CHECK(connstat_register(me->cs, 1, NULL, 0, &me->id) == 0);
    CHECK(connstat_own_by_thread(me->cs, false) == 0);
    register_some(me->cs, 2, 2);
    CHECK(connstat_count(me->cs, 0) == 3);
    if (me->raw)
        syscall(SYS_exit, 0);
    return NULL;
}

static void test_thread_ends(void **state)
{
    struct thread_of me = {.cs = create_segment(16)};
    struct connstat_totals totals;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, own_and_end, &me), 0);
    pthread_join(thread, NULL);
    assert_int_equal(connstat_count(me.cs, 0), 0);
    assert_int_equal(connstat_count(me.cs, 1), 0);
    assert_int_equal(connstat_count(me.cs, 2), 2); /* those are the process's */
    connstat_totals(me.cs, &totals);
    assert_int_equal(totals.closed[0], 3);
    assert_int_equal(totals.lost[0], 0);
    assert_int_equal(connstat_unregister(me.cs, me.id), -ENOENT);
    assert_int_equal(connstat_check(me.cs, NULL, NULL), 0);
    connstat_close(me.cs);
}

/* In a process of its own: sanitizers do not get over such an end of a thread. */
static void end_a_thread_raw(struct child *self, void *arg)
{
    struct thread_of me = {.cs = arg, .raw = true};
    pthread_t thread;

    (void)self;
    CHECK(pthread_create(&thread, NULL, own_and_end, &me) == 0);
    CHECK(pthread_join(thread, NULL) == 0); /* the kernel wakes it when the thread is gone */
    for (int i = 0; i < PATIENCE_S * 100 && connstat_count(me.cs, 0) != 0; i++) {
        CHECK(connstat_reap(me.cs) >= 0);
        usleep(10000);
    }
    CHECK(connstat_count(me.cs, 0) == 0);
    CHECK(connstat_count(me.cs, 2) == 2);
    CHECK(connstat_check(me.cs, NULL, NULL) == 0);
}

static void test_thread_ends_without_destructors(void **state)
{
    connstat_t *cs = create_segment(16);

    (void)state;
    in_child(end_a_thread_raw, cs);
    connstat_close(cs);
}

struct meeting {
    struct thread_of of;
    pthread_barrier_t barrier;
};

static void *own_and_wait(void *arg)
{
    struct meeting *meeting = arg;

    CHECK(connstat_own_by_thread(meeting->of.cs, true) == 0);
    CHECK(connstat_register(meeting->of.cs, 0, NULL, 0, &meeting->of.id) == 0);
    pthread_barrier_wait(&meeting->barrier);
    pthread_barrier_wait(&meeting->barrier);
    CHECK(connstat_unregister(meeting->of.cs, meeting->of.id) == -ENOENT);
    return NULL;
}

static void test_another_thread_unregisters(void **state)
{
    struct meeting meeting = {.of.cs = create_segment(16)};
    connstat_t *cs = meeting.of.cs;
    pthread_t thread;

    (void)state;
    register_some(cs, 1, 1);
    pthread_barrier_init(&meeting.barrier, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, own_and_wait, &meeting), 0);
    pthread_barrier_wait(&meeting.barrier);
    assert_int_equal(connstat_count(cs, 0), 1);
    assert_int_equal(connstat_unregister(cs, meeting.of.id), 0);
    assert_int_equal(connstat_count(cs, 0), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    pthread_barrier_wait(&meeting.barrier);
    pthread_join(thread, NULL);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

static void own_and_pause(struct child *self, void *arg)
{
    register_some(arg, 1, 2);
    CHECK(connstat_own_by_thread(arg, true) == 0);
    register_some(arg, 0, 3);
    child_pause(self);
}

static void test_process_dies_with_its_threads(void **state)
{
    connstat_t *cs = create_segment(16);
    struct child worker = child_start(own_and_pause, cs);

    (void)state;
    child_reached(&worker);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 5);
    child_kill(&worker);
    assert_true(connstat_reap(cs) >= 1);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

/* ---- another program ------------------------------------------------------------------------ */

struct plan {
    connstat_t *cs;
    bool keep;
    int status;   /* of the other program */
    bool observe; /* the other program opens the segment again, and only looks */
};

static void become_sleep(struct child *self, void *arg)
{
    struct plan *plan = arg;

    register_some(plan->cs, 0, 2);
    if (plan->keep)
        CHECK(connstat_keep_on_exec(plan->cs, true) == 0);
    child_pause(self);
    if (plan->observe)
        execl("/proc/self/exe", "test_owners", "observe", NULL);
    execlp("sleep", "sleep", "1000", NULL);
    _exit(127);
}

/* The other program, of plan->observe: becomes known by its name when it has the segment. */
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

static int note_death(const struct connstat_death *death, void *arg)
{
    *(struct connstat_death *)arg = *death;
    return 0;
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
    assert_int_equal(connstat_for_each_death(plan.cs, note_death, &death), 1);
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

/* A program that ends by itself: with that status. */
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
    assert_int_equal(connstat_for_each_death(plan.cs, note_death, &death), lost > 0);
    assert_int_equal(death.status, status);
    /* The next holder of its record settles what it left. */
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
    end_of_program(0, BY_ITS_PARENT, 2, 0);
    end_of_program(3, BY_ITS_PARENT, 0, 2);
    end_of_program(0, BY_ANOTHER, 2, 0);
    end_of_program(3, BY_ANOTHER, 0, 2);
}

/* Nobody watched, and its parent has waited for it: nobody knows any more how it ended. */
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
    assert_int_equal(connstat_for_each_death(plan.cs, note_death, &death), 1);
    assert_int_equal(death.cause, CONNSTAT_DIED);
    assert_int_equal(death.lost_total, 2);
    close(worker.hears);
    close(worker.says);
    connstat_close(plan.cs);
}

/* ---- exits ---------------------------------------------------------------------------------- */

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
    assert_int_equal(connstat_count(cs, 0), 1); /* the parent's, which a child never frees */
    connstat_totals(cs, &totals);
    assert_int_equal(totals.closed[0], 2);
    assert_int_equal(totals.deaths, 0);
    assert_int_equal(connstat_unregister(cs, mine), 0);
    assert_int_equal(connstat_reap(cs), 0);
    connstat_close(cs);
}

static void die_and_be_heard(connstat_t *cs, child_fn body, struct connstat_death *death)
{
    struct child worker = child_start(body, cs);

    child_reached(&worker);
    assert_int_equal(connstat_reap(cs), 0); /* from here on it is watched */
    child_go_on(&worker);
    assert_int_equal(waitpid(worker.pid, NULL, 0), worker.pid);
    assert_int_equal(connstat_reap(cs), 1);
    assert_true(connstat_for_each_death(cs, note_death, death) > 0);
    assert_int_equal(death->pid, worker.pid);
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
    assert_true(death.died_at_ns >= death.joined_at_ns);
    if (death.cause != CONNSTAT_DIED) { /* where the kernel tells (6.15) */
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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_thread_ends),
        TEST(test_thread_ends_without_destructors),
        TEST(test_another_thread_unregisters),
        TEST(test_process_dies_with_its_threads),
        TEST(test_exec),
        TEST(test_exec_found_by_the_reaper),
        TEST(test_exec_that_observes),
        TEST(test_exec_that_keeps),
        TEST(test_program_that_ends),
        TEST(test_program_whose_end_nobody_saw),
        TEST(test_exits),
        TEST(test_obituaries),
        TEST(test_the_last_256),
    };

    if (argc == 2 && strcmp(argv[1], "observe") == 0)
        return observe();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
