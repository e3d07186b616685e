/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A host that gives up system calls when it has started: membarrier, without which liburcu cannot
 * wait for anybody and would abort.
 */
#include "harness.h"

#include <pthread.h>
#include <seccomp.h>

static void refuse(int call)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    CHECK(filter != NULL);
    CHECK(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0) == 0);
    CHECK(seccomp_load(filter) == 0);
    seccomp_release(filter);
}

static void *own_and_end(void *arg)
{
    connstat_id id;

    CHECK(connstat_own_by_thread(arg, true) == 0);
    CHECK(connstat_register(arg, 2, NULL, 0, &id) == 0);
    return NULL;
}

/* Everything that waits for a grace period, and exit. */
static void live_without_membarrier(struct child *self, void *arg)
{
    connstat_t *cs, *read_only;
    connstat_id id;
    pthread_t thread;
    pid_t pid;
    int status;

    (void)self;
    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_open(&read_only, "test", CONNSTAT_READ_ONLY) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    refuse(SCMP_SYS(membarrier));
    CHECK(connstat_leave(cs) == -EPERM);
    CHECK(connstat_count(cs, 0) == 1);
    CHECK(pthread_create(&thread, NULL, own_and_end, cs) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    connstat_close(read_only);
    CHECK(connstat_count(read_only, 0) == 0);
    CHECK(connstat_register(cs, 1, NULL, 0, &id) == 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(connstat_register(cs, 1, NULL, 0, &id) == 0);
        connstat_close(cs);
        exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(connstat_reap(cs) >= 1);
    CHECK(connstat_check(cs, NULL, NULL) == 0);
    connstat_close(cs);
    exit(0);
}

static void test_membarrier_refused_later(void **state)
{
    connstat_t *cs = create_segment(64);

    (void)state;
    in_child(live_without_membarrier, NULL);
    assert_true(connstat_reap(cs) >= 1);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_membarrier_refused_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
