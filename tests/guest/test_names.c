/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Where a name leads, and what a handle knows by number: a host that changes its directory, a
 * segment that is made anew with other types, a program that becomes another one, and wrong
 * arguments.
 */
#include "harness.h"

#include <fcntl.h>
#include <sys/personality.h>
#include <sys/stat.h>

/* ---- a relative directory ------------------------------------------------------------------- */

static void become_daemon(struct child *self, void *arg)
{
    connstat_t *cs, *read_only;
    connstat_id id;

    (void)self;
    (void)arg;
    CHECK(chdir(getenv("CONNSTAT_DIR")) == 0);
    CHECK(mkdir("here", 0700) == 0 && setenv("CONNSTAT_DIR", "here", 1) == 0);
    cs = create_segment(8);
    read_only = open_segment(CONNSTAT_READ_ONLY);
    CHECK(chdir("/") == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_count(read_only, 0) == 1);
    CHECK(connstat_leave(cs) == 0);
    connstat_close(cs);
    /* Made anew from where the directory is: both follow. */
    CHECK(chdir(getenv("PWD_OF_TEST")) == 0);
    CHECK(connstat_destroy("test") == 0);
    cs = create_segment(16);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(chdir("/") == 0);
    CHECK(connstat_count(read_only, 0) == 2);
}

static void test_relative_directory(void **state)
{
    (void)state;
    assert_int_equal(setenv("PWD_OF_TEST", getenv("CONNSTAT_DIR"), 1), 0);
    in_child(become_daemon, NULL);
}

/* ---- types with other numbers --------------------------------------------------------------- */

static const struct connstat_type ab[] = {{"a", CONNSTAT_CONNECTION, 8},
                                          {"b", CONNSTAT_CONNECTION, 8}},
                                  ba[] = {{"b", CONNSTAT_CONNECTION, 8},
                                          {"a", CONNSTAT_CONNECTION, 8}},
                                  abc[] = {{"a", CONNSTAT_CONNECTION, 8},
                                           {"b", CONNSTAT_CONNECTION, 8},
                                           {"c", CONNSTAT_CONNECTION, 8}};

static connstat_t *create_types(const struct connstat_type *types, size_t count)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    config.types = types;
    config.type_count = count;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    return cs;
}

static void test_follows_only_the_same_numbers(void **state)
{
    connstat_t *first = create_types(ab, 2), *observer = open_segment(CONNSTAT_READ_ONLY);
    connstat_t *second, *third;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_type_find(observer, "a"), 0);
    second = create_types(ba, 2); /* nobody has joined: it is replaced */
    assert_int_equal(connstat_register(first, 0, NULL, 0, &id), -ENOTCONN);
    assert_int_equal(connstat_join(first, NULL), -ENOTCONN);
    assert_int_equal(connstat_count(second, CONNSTAT_ANY_TYPE), 0);
    /* who only reads goes where the name leads, and asks by names */
    assert_int_equal(connstat_register(second, connstat_type_find(second, "a"), NULL, 0, &id), 0);
    assert_int_equal(connstat_type_find(observer, "a"), 1);
    assert_int_equal(connstat_count(observer, connstat_type_find(observer, "a")), 1);
    assert_int_equal(connstat_leave(second), 0);
    third = create_types(abc, 3);
    assert_int_equal(connstat_register(first, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_count(third, 0), 1);
    connstat_close(observer);
    connstat_close(first);
    connstat_close(second);
    connstat_close(third);
}

/* ---- execve --------------------------------------------------------------------------------- */

static char **program;

/* The words are as long as each other: without address randomization the stack begins at the same
 * place, and nothing in /proc tells one program from the other. */
static void become(const char *stage, connstat_id id)
{
    char text[32];

    snprintf(text, sizeof(text), "%020llu", (unsigned long long)id);
    execl("/proc/self/exe", program[0], stage, text, (char *)NULL);
    CHECK(false);
}

static void keep_and_exec(connstat_t *cs)
{
    connstat_id id;

    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_keep_on_exec(cs, true) == 0);
    become("after-exec", id);
}

static void keep_and_become_another(struct child *self, void *arg)
{
    (void)self;
    keep_and_exec(arg);
}

static void keep_and_become_the_same(struct child *self, void *arg)
{
    (void)self;
    (void)arg;
    CHECK(personality(ADDR_NO_RANDOMIZE) >= 0);
    become("first-exec", 0);
}

static int first_exec(void)
{
    connstat_t *cs;

    CHECK(connstat_open(&cs, "test", 0) == 0);
    keep_and_exec(cs);
    return 1;
}

static int after_exec(const char *text)
{
    connstat_id id = strtoull(text, NULL, 10), more;
    struct connstat_totals totals;
    connstat_t *cs;

    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_count(cs, 0) == 1);
    CHECK(connstat_join(cs, "again") == 0);
    CHECK(connstat_reap(cs) == 0);
    CHECK(connstat_unregister(cs, id) == 0);
    CHECK(connstat_unregister(cs, id) == -ENOENT);
    CHECK(connstat_register(cs, 0, NULL, 0, &more) == 0);
    CHECK(connstat_keep_on_exec(cs, false) == 0);
    CHECK(connstat_reap(cs) == 0);
    CHECK(connstat_count(cs, 0) == 1);
    CHECK(connstat_totals(cs, &totals) == 0);
    CHECK(totals.opened[0] == 2 && totals.closed[0] == 1 && totals.joins == 1);
    CHECK(connstat_check(cs, NULL, NULL) == 0);
    return 0;
}

static void test_kept_entries_are_ones_own(void **state)
{
    connstat_t *cs = create_segment(8);

    (void)state;
    in_child(keep_and_become_another, cs);
    assert_int_equal(connstat_reap(cs), 0);
    assert_int_equal(connstat_count(cs, 0), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

/* Its fingerprint in /proc is the same: a program that starts itself again, as nginx does. */
static void test_kept_entries_of_the_same_program(void **state)
{
    connstat_t *cs = create_segment(8);

    (void)state;
    in_child(keep_and_become_the_same, cs);
    assert_int_equal(connstat_reap(cs), 0);
    assert_int_equal(connstat_count(cs, 0), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

/* ---- NULL ----------------------------------------------------------------------------------- */

static void test_null_outputs(void **state)
{
    connstat_t *cs = create_segment(8);
    const struct connstat_key key = connstat_key_u64(1);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_create(NULL, "test", NULL), -EINVAL);
    assert_int_equal(connstat_open(NULL, "test", 0), -EINVAL);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, NULL), -EINVAL);
    assert_int_equal(connstat_register_encoded(cs, 0, NULL, 0, NULL), -EINVAL);
    assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, NULL), -EINVAL);
    assert_int_equal(connstat_counts(cs, NULL), -EINVAL);
    assert_int_equal(connstat_totals(cs, NULL), -EINVAL);
    assert_int_equal(connstat_info(cs, NULL), -EINVAL);
    assert_int_equal(connstat_cluster_counts(cs, NULL), -EINVAL);
    assert_int_equal(connstat_cluster_info(cs, NULL), -EINVAL);
    assert_int_equal(connstat_system_stats(cs, NULL), -EINVAL);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_for_each(cs, 0, NULL, NULL), -EINVAL);
    assert_int_equal(connstat_get(cs, id, NULL, NULL), -EINVAL);
    assert_int_equal(connstat_for_each_key(cs, 0, key, NULL, NULL), -EINVAL);
    assert_int_equal(connstat_for_each_worker(cs, NULL, NULL), -EINVAL);
    assert_int_equal(connstat_for_each_death(cs, NULL, NULL), -EINVAL);
    assert_int_equal(connstat_for_each_segment(NULL, NULL), -EINVAL);
    assert_int_equal(connstat_count(cs, 0), 1);
    connstat_close(cs);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_relative_directory),
        TEST(test_follows_only_the_same_numbers),
        TEST(test_kept_entries_are_ones_own),
        TEST(test_kept_entries_of_the_same_program),
        TEST(test_null_outputs),
    };

    program = argv;
    if (argc == 3 && strcmp(argv[1], "after-exec") == 0)
        return after_exec(argv[2]);
    if (argc == 3 && strcmp(argv[1], "first-exec") == 0)
        return first_exec();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
