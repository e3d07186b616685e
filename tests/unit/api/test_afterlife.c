/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What somebody finds who comes after others in a segment: the new program of a worker that called
 * execve, the next holder of a record, the first process after all others died at once.
 */
#include "harness.h"
#include "machine.h"

#include <sys/time.h>

static const char *self;

static void register_many(connstat_t *cs, int count)
{
    connstat_id id;

    for (int i = 0; i < count; i++)
        CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
}

/* ---- another program, same segment ---------------------------------------------------------- */

static void become_another(struct child *child, void *arg)
{
    char hears[16], says[16];
    connstat_t *cs;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    register_many(cs, 3);
    snprintf(hears, sizeof(hears), "%d", child->hears);
    snprintf(says, sizeof(says), "%d", child->says);
    execl(self, self, "again", hears, says, (char *)NULL);
    _exit(1);
}

static int go_on_as_another(char **arguments)
{
    struct child child = {.pid = getpid(), .hears = atoi(arguments[0]), .says = atoi(arguments[1])};
    connstat_t *cs;

    CHECK(connstat_open(&cs, "test", 0) == 0);
    register_many(cs, 1);
    child_pause(&child);
    connstat_close(cs);
    return 0;
}

/* A server replaces its program by execve, and the new one joins the same segment: the entries of the
 * old program are gone. */
static void test_exec_into_the_same_segment(void **state)
{
    connstat_t *cs;
    struct child child;

    (void)state;
    need_exec();
    cs = create_segment(64);
    child = child_start(become_another, NULL);
    child_reached(&child);
    assert_int_equal(connstat_reap(cs), 1);
    assert_int_equal(connstat_count(cs, 0), 1);
    assert_int_equal(listed(cs, 0), 1);
    assert_int_equal(connstat_reap(cs), 0);
    child_go_on(&child);
    child_finish(&child);
    connstat_close(cs);
}

/* ---- a record's next holder ----------------------------------------------------------------- */

static void register_and_wait(struct child *child, void *arg)
{
    connstat_t *cs = arg;

    register_many(cs, 5);
    child_pause(child);
}

static int copy_worker(const struct connstat_worker *worker, void *arg)
{
    *(struct connstat_worker *)arg = *worker;
    return 0;
}

/* The numbers of a worker begin at 0, though its record's counters go on from its last holder's. */
static void test_a_worker_s_numbers_are_its_own(void **state)
{
    connstat_t *cs = create_segment(64);
    struct connstat_worker worker = {0};

    (void)state;
    for (int life = 0; life < 3; life++) {
        struct child child = child_start(register_and_wait, cs);

        child_reached(&child);
        assert_int_equal(connstat_for_each_worker(cs, copy_worker, &worker), 1);
        assert_int_equal(worker.opened, 5);
        assert_int_equal(worker.closed, 0);
        assert_int_equal(worker.live_total, 5);
        if (life == 0) {
            child_go_on(&child);
            child_finish(&child);
        } else {
            child_kill(&child);
        }
        (void)connstat_reap(cs);
    }
    connstat_close(cs);
}

/* ---- after everybody ------------------------------------------------------------------------ */

static void join_and_watch(struct child *child, void *arg)
{
    connstat_t *cs;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_join(cs, NULL) == 0);
    CHECK(connstat_reaper_start(cs) == 0);
    child_pause(child);
}

/* All records of workers and of reapers were taken when everybody died. The next process must still
 * get in: it has no record of its own to sweep with. */
static void test_all_die_at_once(void **state)
{
    enum { ALL = 16 };
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    struct child children[ALL];
    connstat_t *cs;
    connstat_id id;

    (void)state;
    config.capacity = 64;
    config.max_workers = ALL;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    for (int i = 0; i < ALL; i++) {
        children[i] = child_start(join_and_watch, NULL);
        child_reached(&children[i]);
    }
    for (int i = 0; i < ALL; i++)
        kill(children[i].pid, SIGSTOP);
    for (int i = 0; i < ALL; i++)
        child_kill(&children[i]);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

/* ---- signals -------------------------------------------------------------------------------- */

static void ignore(int signal)
{
    (void)signal;
}

/* Signals interrupt posix_fallocate again and again. Creating takes longer then, and succeeds. */
static void test_creating_under_signals(void **state)
{
    struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_id id;
    connstat_t *cs = NULL;
    int created, keyed;

    (void)state;
    config.capacity = 65536;
    signal(SIGALRM, ignore);
    setitimer(ITIMER_REAL, &often, NULL);
    created = connstat_create(&cs, "test", &config);
    keyed = created == 0 ? connstat_register_key(cs, 0, connstat_key_u64(1), 1, NULL, 0, &id) : -1;
    setitimer(ITIMER_REAL, &never, NULL);
    assert_int_equal(created, 0);
    assert_int_equal(keyed, 0);
    connstat_close(cs);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_exec_into_the_same_segment),
        TEST(test_a_worker_s_numbers_are_its_own),
        TEST(test_all_die_at_once),
        TEST(test_creating_under_signals),
    };

    if (argc == 4 && strcmp(argv[1], "again") == 0)
        return go_on_as_another(&argv[2]);
    self = "/proc/self/exe";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
