/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A host that uses urcu-bp of liburcu itself, and runs its fork hooks. It tells libconnstat so, which
 * then runs none. The host forks while its threads are in read-side sections; parent and child both
 * go on.
 */
#include "harness.h"
#include "machine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <urcu/urcu-bp.h>

static atomic_bool stop;

static void *read_and_register(void *arg)
{
    connstat_id id;

    while (!atomic_load(&stop)) {
        urcu_bp_read_lock();
        /* Registering works inside a read-side section of the host: it waits for no grace period. */
        if (connstat_register(arg, 0, NULL, 0, &id) != 0 || connstat_unregister(arg, id) != 0)
            abort();
        urcu_bp_read_unlock();
    }
    return NULL;
}

static void be_a_child(connstat_t *cs)
{
    connstat_id id;

    alarm(PATIENCE_S);
    urcu_bp_synchronize_rcu(); /* would never end if it waited for threads of the parent */
    CHECK(connstat_register(cs, 1, NULL, 0, &id) == 0);
    CHECK(connstat_leave(cs) == 0);
    connstat_close(cs);
    _exit(0);
}

static void test_fork_with_host_hooks(void **state)
{
    connstat_t *cs;
    pthread_t threads[2];

    (void)state;
    need_wipe_on_fork();
    assert_int_equal(connstat_fork_hooks(false), 0);
    assert_int_equal(
        pthread_atfork(urcu_bp_before_fork, urcu_bp_after_fork_parent, urcu_bp_after_fork_child),
        0);
    alarm(2 * PATIENCE_S); /* if both the host and the library ran the hooks, fork would hang */
    cs = create_segment(64);
    assert_int_equal(connstat_fork_hooks(true), -EBUSY);
    assert_int_equal(connstat_fork_hooks(false), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_and_register, cs), 0);
    for (int i = 0; i < 50; i++) {
        int status;
        pid_t pid = fork();

        if (pid == 0)
            be_a_child(cs);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    alarm(0);
    connstat_close(cs);
}

/* Leaving has to wait for a grace period, which never ends inside a read-side section of the host's
 * own. There it returns an error instead of hanging. */
static void test_leave_in_host_section(void **state)
{
    connstat_t *cs = create_segment(8);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    urcu_bp_read_lock();
    assert_int_equal(connstat_leave(cs), -EDEADLK);
    urcu_bp_read_unlock();
    assert_int_equal(connstat_count(cs, 0), 1);
    assert_int_equal(connstat_leave(cs), 0);
    assert_int_equal(connstat_count(cs, 0), 0);
    connstat_close(cs);
}

static int mappings_of_segment(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long inode;
    struct stat st;
    char line[4096];
    int count = 0;

    assert_non_null(maps);
    assert_int_equal(stat(segment_path("test"), &st), 0);
    while (fgets(line, sizeof(line), maps) != NULL)
        count += sscanf(line, "%*s %*s %*s %*s %lu", &inode) == 1 && inode == st.st_ino;
    fclose(maps);
    return count;
}

/* What was closed inside such a section cannot be given back there; the next close outside does it. */
static void test_close_in_host_section(void **state)
{
    connstat_t *cs = create_segment(8), *reader;
    connstat_id id;
    int before = mappings_of_segment();

    (void)state;
    assert_true(before > 0);
    urcu_bp_read_lock();
    for (int i = 0; i < 10; i++) {
        assert_int_equal(connstat_open(&reader, "test", CONNSTAT_READ_ONLY), 0);
        connstat_close(reader);
    }
    urcu_bp_read_unlock();
    assert_true(mappings_of_segment() > before);
    assert_int_equal(connstat_open(&reader, "test", CONNSTAT_READ_ONLY), 0);
    connstat_close(reader);
    assert_int_equal(mappings_of_segment(), before);

    /* The same for the last handle of a worker, whose entries go at once. */
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    urcu_bp_read_lock();
    connstat_close(cs);
    urcu_bp_read_unlock();
    assert_int_equal(connstat_open(&reader, "test", CONNSTAT_READ_ONLY), 0);
    assert_int_equal(connstat_count(reader, 0), 1);
    assert_int_equal(connstat_open(&cs, "test", CONNSTAT_READ_ONLY), 0);
    connstat_close(cs);
    assert_int_equal(connstat_count(reader, 0), 0);
    connstat_close(reader);
    assert_int_equal(mappings_of_segment(), 0);
}

/* A call that ended without ending its section would keep each grace period of the host waiting. */
static void test_calls_end_their_sections(void **state)
{
    struct connstat_field fields[] = {connstat_text("name", "x")};
    connstat_t *cs = create_segment(8);
    struct connstat_cluster_info cluster;
    struct connstat_cluster_counts counts;
    struct connstat_totals totals;
    struct connstat_system system;
    struct connstat_info info;
    connstat_id id, keyed;
    size_t entries = 0;

    (void)state;
#define ENDS(call)                                                                                 \
    do {                                                                                           \
        (void)(call);                                                                              \
        assert_int_equal(urcu_bp_read_ongoing(), 0);                                               \
    } while (0)
    ENDS(connstat_register(cs, 0, fields, 1, &id));
    ENDS(connstat_register_key(cs, 0, connstat_key_u64(1), 1, fields, 1, &keyed));
    ENDS(connstat_register_key(cs, 0, connstat_key_u64(1), 1, fields, 1, &(connstat_id){0}));
    ENDS(connstat_update(cs, id, NULL, 0));
    ENDS(connstat_touch(cs, id));
    ENDS(connstat_move(cs, &id, 1, fields, 1));
    ENDS(connstat_fit(cs, fields, 1, NULL, 0));
    for (int type = -1; type <= 9; type++) {
        ENDS(connstat_type_name(cs, type));
        ENDS(connstat_count(cs, type));
        ENDS(connstat_for_each(cs, type, count_entry, &entries));
    }
    ENDS(connstat_totals(cs, &totals));
    ENDS(connstat_info(cs, &info));
    ENDS(connstat_system_stats(cs, &system));
    ENDS(connstat_cluster_info(cs, &cluster));
    ENDS(connstat_cluster_counts(cs, &counts));
    ENDS(connstat_check(cs, NULL, NULL));
    ENDS(connstat_reap(cs));
    ENDS(connstat_repair(cs));
    ENDS(connstat_unregister(cs, id));
    ENDS(connstat_leave(cs));
    ENDS((connstat_close(cs), 0));
#undef ENDS
}

static void exit_in_section(struct child *child, void *arg)
{
    connstat_id id;

    (void)child;
    alarm(PATIENCE_S);
    CHECK(connstat_register(arg, 0, NULL, 0, &id) == 0);
    urcu_bp_read_lock();
    exit(0);
}

/* exit(3) inside such a section must not hang either. It counts as a death like any other. */
static void test_exit_in_host_section(void **state)
{
    connstat_t *cs = create_segment(8);

    (void)state;
    in_child(exit_in_section, cs);
    assert_int_equal(connstat_reap(cs), 1);
    assert_int_equal(connstat_count(cs, 0), 0);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fork_with_host_hooks),     TEST(test_leave_in_host_section),
        TEST(test_close_in_host_section),    TEST(test_exit_in_host_section),
        TEST(test_calls_end_their_sections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
