/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A host under limits: of the size of files, of descriptors.
 */
#include "harness.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void set_limit(int resource, rlim_t value)
{
    struct rlimit limit;

    CHECK(getrlimit(resource, &limit) == 0);
    limit.rlim_cur = value;
    CHECK(setrlimit(resource, &limit) == 0);
}

static bool file_size_is_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 1;
}

/* ---- RLIMIT_FSIZE --------------------------------------------------------------------------- */

static void create_beyond_file_size(struct child *self, void *arg)
{
    connstat_t *cs;

    (void)self;
    (void)arg;
    set_limit(RLIMIT_FSIZE, 4096);
    CHECK(connstat_create(&cs, "large", NULL) == -EFBIG);
    CHECK(!file_size_is_pending());
    CHECK(access(segment_path("large"), F_OK) < 0);
}

static void test_create_beyond_file_size(void **state)
{
    (void)state;
    in_child(create_beyond_file_size, NULL);
}

static void key_beyond_file_size(struct child *self, void *arg)
{
    connstat_t *cs = arg;
    connstat_id id;

    (void)self;
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    set_limit(RLIMIT_FSIZE, 4096);
    CHECK(connstat_register_key(cs, 1, connstat_key_u64(7), 0, NULL, 0, &id) == -ENOSPC);
    CHECK(!file_size_is_pending());
    CHECK(connstat_register(cs, 1, NULL, 0, &id) == 0);
    CHECK(connstat_leave(cs) == 0);
}

static void test_key_beyond_file_size(void **state)
{
    connstat_t *cs = create_segment(4096);

    (void)state;
    in_child(key_beyond_file_size, cs);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

/* A write within the file raises the signal too: to say that a segment is retired. */
static void replace_beyond_file_size(struct child *self, void *arg)
{
    (void)self;
    (void)arg;
    set_limit(RLIMIT_FSIZE, 0);
    CHECK(connstat_destroy("test") == 0);
    CHECK(!file_size_is_pending());
}

static void test_destroy_beyond_file_size(void **state)
{
    (void)state;
    connstat_close(create_segment(64));
    in_child(replace_beyond_file_size, NULL);
}

/* What the host itself has made pending stays its own. */
static void own_signal_stays(struct child *self, void *arg)
{
    connstat_t *cs;
    sigset_t set;

    (void)self;
    (void)arg;
    sigemptyset(&set);
    sigaddset(&set, SIGXFSZ);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    CHECK(raise(SIGXFSZ) == 0);
    set_limit(RLIMIT_FSIZE, 4096);
    CHECK(connstat_create(&cs, "large", NULL) == -EFBIG);
    CHECK(file_size_is_pending());
}

static void test_own_file_size_signal_stays(void **state)
{
    (void)state;
    in_child(own_signal_stays, NULL);
}

/* ---- RLIMIT_NOFILE -------------------------------------------------------------------------- */

/* So many more can be opened. */
static void leave_descriptors(rlim_t count)
{
    int next;

    set_limit(RLIMIT_NOFILE, 256);
    next = open("/", O_PATH | O_CLOEXEC);
    CHECK(next >= 0);
    close(next);
    set_limit(RLIMIT_NOFILE, (rlim_t)next + count);
}

static void create_other_layout(struct child *self, void *arg)
{
    (void)self;
    (void)arg;
    for (rlim_t count = 0; count <= 8; count++) {
        struct connstat_config config = CONNSTAT_CONFIG_INIT;
        connstat_t *cs;
        int error;

        config.capacity = 128;
        leave_descriptors(count);
        error = connstat_create(&cs, "test", &config);
        CHECK(error == -EMFILE || (error == -EEXIST && count > 2));
    }
}

/* What cannot be read for want of a descriptor is not "another boot". */
static void test_create_other_layout_without_descriptors(void **state)
{
    connstat_t *cs = create_segment(64);
    struct connstat_info info;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    in_child(create_other_layout, NULL);
    assert_int_equal(connstat_info(cs, &info), 0);
    assert_false(info.retired);
    assert_int_equal(connstat_count(cs, 0), 1);
    connstat_close(cs);
}

static void join_without_descriptors(struct child *self, void *arg)
{
    connstat_t *cs = arg;
    struct connstat_totals totals;
    connstat_id id = 1;

    (void)self;
    leave_descriptors(0);
    CHECK(connstat_join(cs, "x") == -EMFILE);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == -EMFILE && id == 0);
    CHECK(connstat_own_by_thread(cs, true) == -EMFILE);
    CHECK(connstat_totals(cs, &totals) == 0 && totals.joins == 0);
    set_limit(RLIMIT_NOFILE, 64);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0 && id != 0);
    CHECK(connstat_leave(cs) == 0);
}

/* A worker without an identity would be taken for its successor, or the other way round. */
static void test_join_without_descriptors(void **state)
{
    connstat_t *cs = create_segment(64);

    (void)state;
    in_child(join_without_descriptors, cs);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_beyond_file_size),
        TEST(test_key_beyond_file_size),
        TEST(test_destroy_beyond_file_size),
        TEST(test_own_file_size_signal_stays),
        TEST(test_create_other_layout_without_descriptors),
        TEST(test_join_without_descriptors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
