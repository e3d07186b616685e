/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The life of a segment and of a worker: creating, opening one that is there, replacing one of another
 * layout, destroying; joining and leaving.
 */
#include "harness.h"

#include <fcntl.h>
#include <sys/stat.h>

static void test_names(void **state)
{
    static const char *const bad[] = {
        "",        ".",        "..",
        ".hidden", "a/b",      "a b",
        "a\n",     "\xc3\xa4", "0123456789012345678901234567890123456789012345678901234567890123"};
    static const char *const good[] = {
        "a",
        "A.b_c-9",
        "-",
        "_",
        "0",
        "a.",
        "012345678901234567890123456789012345678901234567890123456789012"};

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        connstat_t *cs = (connstat_t *)&cs, *untouched = cs;

        assert_int_equal(connstat_create(&cs, bad[i], NULL), -EINVAL);
        assert_int_equal(connstat_open(&cs, bad[i], 0), -EINVAL);
        assert_int_equal(connstat_open(&cs, bad[i], CONNSTAT_READ_ONLY), -EINVAL);
        assert_ptr_equal(cs, untouched);
        assert_int_equal(connstat_destroy(bad[i]), -EINVAL);
    }
    for (size_t i = 0; i < COUNT(good); i++) {
        struct connstat_config config = CONNSTAT_CONFIG_INIT;
        connstat_t *cs;

        config.capacity = 8;
        assert_int_equal(connstat_create(&cs, good[i], &config), 0);
        assert_int_equal(access(segment_path(good[i]), F_OK), 0);
        connstat_close(cs);
        assert_int_equal(connstat_destroy(good[i]), 0);
        assert_int_equal(access(segment_path(good[i]), F_OK), -1);
    }
}

static void test_no_name(void **state)
{
    connstat_t *cs;

    (void)state;
    assert_int_equal(connstat_open(&cs, NULL, 0), -ENOENT);
    assert_int_equal(connstat_create(&cs, NULL, NULL), 0);
    assert_int_equal(access(segment_path("default"), F_OK), 0);
    connstat_close(cs);
    setenv("CONNSTAT_NAME", "elsewhere", 1);
    assert_int_equal(connstat_open(&cs, NULL, 0), -ENOENT);
    assert_int_equal(connstat_destroy(NULL), -ENOENT);
    assert_int_equal(connstat_create(&cs, NULL, NULL), 0);
    assert_int_equal(access(segment_path("elsewhere"), F_OK), 0);
    connstat_close(cs);
    assert_int_equal(connstat_destroy(NULL), 0);
    setenv("CONNSTAT_NAME", "not/a name", 1);
    assert_int_equal(connstat_create(&cs, NULL, NULL), -EINVAL);
    unsetenv("CONNSTAT_NAME");
    assert_int_equal(connstat_destroy(NULL), 0);
}

static void test_open_refuses(void **state)
{
    connstat_t *cs = (connstat_t *)&cs, *untouched = cs;

    (void)state;
    assert_int_equal(connstat_open(&cs, "test", 0), -ENOENT);
    assert_int_equal(connstat_open(&cs, "test", CONNSTAT_READ_ONLY), -ENOENT);
    assert_int_equal(connstat_destroy("test"), -ENOENT);
    connstat_close(create_segment(8));
    assert_int_equal(connstat_open(&cs, "test", 2), -EINVAL);
    assert_int_equal(connstat_open(&cs, "test", ~0u), -EINVAL);
    assert_ptr_equal(cs, untouched);
    setenv("CONNSTAT_DIR", "/nonexistent/folder", 1);
    assert_int_equal(connstat_open(&cs, "test", 0), -ENOENT);
    assert_true(connstat_create(&cs, "test", NULL) < 0);
    assert_ptr_equal(cs, untouched);
}

static void test_file_mode(void **state)
{
    const mode_t modes[] = {0, 0600, 0640, 0644, 0660, 0666};
    mode_t mask = umask(0077); /* the configured mode holds, whatever the umask is */

    (void)state;
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct connstat_config config = CONNSTAT_CONFIG_INIT;
        struct stat status;
        connstat_t *cs;

        config.capacity = 8;
        config.mode = modes[i];
        assert_int_equal(connstat_create(&cs, "test", &config), 0);
        assert_int_equal(stat(segment_path("test"), &status), 0);
        assert_true(S_ISREG(status.st_mode));
        assert_int_equal(status.st_mode & 07777, modes[i] ? modes[i] : 0640);
        connstat_close(cs);
        assert_int_equal(connstat_destroy("test"), 0);
    }
    umask(mask);
}

static void test_create_adopts_what_lives(void **state)
{
    struct connstat_field field = connstat_int("user_id", 7);
    connstat_t *first = create_segment(8), *second;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(first, CONNSTAT_WS_SOCKET, &field, 1, &id), 0);
    second = create_segment(8);
    assert_int_equal(connstat_count(second, CONNSTAT_WS_SOCKET), 1);
    assert_int_equal(listed(second, CONNSTAT_ANY_TYPE), 1);
    assert_int_equal(connstat_unregister(second, id), 0);
    assert_int_equal(connstat_count(first, CONNSTAT_WS_SOCKET), 0);
    connstat_close(first);
    connstat_close(second);
}

static void register_and_wait(struct child *self, void *arg)
{
    connstat_t *cs;
    connstat_id id;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(connstat_register(cs, CONNSTAT_LIVE_VIEW, NULL, 0, &id) == 0);
    child_pause(self);
    CHECK(connstat_count(cs, CONNSTAT_LIVE_VIEW) == 3);
    CHECK(connstat_unregister(cs, id) == 0);
    connstat_close(cs);
}

/* A segment of another layout is replaced unless a living worker is in it; dead ones do not count. */
static void test_another_layout(void **state)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs = create_segment(8), *other = NULL;
    struct child child = child_start(register_and_wait, NULL);

    (void)state;
    child_reached(&child);
    config.capacity = 16;
    config.max_workers = 32;
    assert_int_equal(connstat_create(&other, "test", &config), -EEXIST);
    assert_null(other);
    assert_int_equal(connstat_count(cs, CONNSTAT_LIVE_VIEW), 3);
    child_go_on(&child);
    child_finish(&child);

    child = child_start(register_and_wait, NULL);
    child_reached(&child);
    child_kill(&child);
    assert_int_equal(connstat_create(&other, "test", &config), 0);
    assert_int_equal(connstat_count(other, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(connstat_type_capacity(other, 0), 16);
    connstat_close(other);
    connstat_close(cs);
    assert_int_equal(connstat_open(&cs, "test", 0), 0);
    assert_int_equal(connstat_type_capacity(cs, 0), 16);
    connstat_close(cs);
}

/* The version is the second word of the file, whatever comes behind it (shm/FORMAT.md). */
static void change_version(void)
{
    int fd = open(segment_path("test"), O_RDWR);
    uint32_t version;

    assert_int_equal(pread(fd, &version, sizeof(version), 8), sizeof(version));
    version++;
    assert_int_equal(pwrite(fd, &version, sizeof(version), 8), sizeof(version));
    close(fd);
}

/* A segment of another version of the library is left alone while anybody lives in it. */
static void test_another_version(void **state)
{
    struct child child;
    connstat_t *cs = NULL;

    (void)state;
    connstat_close(create_segment(8));
    child = child_start(register_and_wait, NULL);
    child_reached(&child);
    change_version();
    assert_int_equal(connstat_open(&cs, "test", 0), -EPROTO);
    assert_int_equal(connstat_open(&cs, "test", CONNSTAT_READ_ONLY), -EPROTO);
    assert_int_equal(connstat_create(&cs, "test", NULL), -EEXIST);
    assert_null(cs);
    child_kill(&child);
    assert_int_equal(connstat_open(&cs, "test", CONNSTAT_READ_ONLY), -EPROTO);
    cs = create_segment(8);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 0);
    connstat_close(cs);
}

/* A file that has the segment's name but is no segment cannot be opened; creating replaces it. */
static void test_no_segment(void **state)
{
    connstat_t *cs = NULL;
    int fd = open(segment_path("test"), O_WRONLY | O_CREAT, 0600);

    (void)state;
    assert_int_equal(write(fd, "no segment\n", 11), 11);
    close(fd);
    assert_int_equal(connstat_open(&cs, "test", 0), -EBADMSG);
    assert_int_equal(connstat_open(&cs, "test", CONNSTAT_READ_ONLY), -EBADMSG);
    assert_null(cs);
    cs = create_segment(8);
    connstat_close(cs);
    connstat_close(open_segment(CONNSTAT_READ_ONLY));
}

/* A difference in any part of the configuration that decides the layout makes another layout. */
static void test_what_is_another_layout(void **state)
{
    const struct connstat_type types[] = {{"one", CONNSTAT_CHANNEL, 8},
                                          {"two", CONNSTAT_CHANNEL, 0}};
    const struct connstat_type renamed[] = {{"one", CONNSTAT_CHANNEL, 8},
                                            {"2", CONNSTAT_CHANNEL, 0}};
    const struct connstat_type other_kind[] = {{"one", CONNSTAT_CONNECTION, 8},
                                               {"two", CONNSTAT_CHANNEL, 0}};
    const struct connstat_type larger[] = {{"one", CONNSTAT_CHANNEL, 9},
                                           {"two", CONNSTAT_CHANNEL, 0}};
    const struct connstat_config base = {sizeof(base), types, 2, 8, 16, 64, 0};
    struct connstat_config configs[] = {base, base, base, base, base, base, base};
    connstat_t *cs, *other;
    connstat_id id;

    (void)state;
    configs[0].types = renamed;
    configs[1].types = other_kind;
    configs[2].types = larger;
    configs[3].type_count = 1;
    configs[4].capacity = 9;
    configs[5].max_workers = 17;
    configs[6].metadata_bytes = 65;
    assert_int_equal(connstat_create(&cs, "test", &base), 0);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    for (size_t i = 0; i < COUNT(configs); i++)
        if (connstat_create(&other, "test", &configs[i]) != -EEXIST)
            fail_msg("configuration %zu was taken for the same layout", i);
    assert_int_equal(connstat_create(&other, "test", &base), 0);
    assert_int_equal(connstat_count(other, 0), 1);
    connstat_close(other);
    connstat_close(cs);
}

static void test_destroy_leaves_the_attached_alone(void **state)
{
    connstat_t *cs = create_segment(8), *next;
    struct connstat_info info;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_info(cs, &info), 0);
    assert_false(info.retired);
    assert_int_equal(connstat_destroy("test"), 0);
    assert_int_equal(connstat_destroy("test"), -ENOENT);
    assert_int_equal(connstat_count(cs, 0), 1);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_info(cs, &info), 0);
    assert_true(info.retired);
    next = create_segment(8);
    assert_int_equal(connstat_count(next, 0), 0);
    assert_int_equal(connstat_count(cs, 0), 2);
    connstat_close(next);
    connstat_close(cs);
}

static void see_workers(struct child *self, void *arg)
{
    connstat_t *cs;

    (void)self;
    CHECK(connstat_open(&cs, "test", CONNSTAT_READ_ONLY) == 0);
    CHECK(connstat_count(cs, CONNSTAT_ANY_TYPE) == *(uint64_t *)arg);
}

static void test_closing_the_last_handle_leaves(void **state)
{
    connstat_t *cs = create_segment(8);
    connstat_id id;
    uint64_t expected = 1;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    in_child(see_workers, &expected);
    connstat_close(cs);
    expected = 0;
    in_child(see_workers, &expected);
    connstat_close(NULL);
}

static int count_worker(const struct connstat_worker *worker, void *arg)
{
    if (worker->pid == getpid())
        snprintf(arg, CONNSTAT_LABEL_BYTES, "%s", worker->label);
    return 0;
}

static void test_join_and_leave(void **state)
{
    char label[CONNSTAT_LABEL_BYTES] = "none";
    connstat_t *cs = create_segment(8);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_for_each_worker(cs, count_worker, label), 0);
    assert_int_equal(connstat_leave(cs), 0);
    assert_int_equal(connstat_join(cs, "first"), 0);
    assert_int_equal(connstat_for_each_worker(cs, count_worker, label), 1);
    assert_string_equal(label, "first");
    assert_int_equal(connstat_join(cs, "a label far longer than thirty-one bytes"), 0);
    assert_int_equal(connstat_for_each_worker(cs, count_worker, label), 1);
    assert_string_equal(label, "a label far longer than thirty-");
    /* 29 bytes, then a character of three: it does not fit, and is left out whole. */
    assert_int_equal(connstat_join(cs, "twenty-nine bytes, then three\xe2\x82\xac"), 0);
    assert_int_equal(connstat_for_each_worker(cs, count_worker, label), 1);
    assert_string_equal(label, "twenty-nine bytes, then three");
    assert_int_equal(connstat_join(cs, "\xff"), -EINVAL);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_leave(cs), 0);
    assert_int_equal(connstat_count(cs, 0), 0);
    assert_int_equal(connstat_unregister(cs, id), -ENOENT);
    assert_int_equal(connstat_for_each_worker(cs, count_worker, label), 0);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_for_each_worker(cs, count_worker, label), 1);
    assert_string_equal(label, "");
    connstat_close(cs);
}

static void test_a_closed_handle_answers(void **state)
{
    struct connstat_counts counts;
    struct connstat_totals totals;
    connstat_t *cs = create_segment(8);
    connstat_id id, late = 99;
    size_t seen = 0;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    connstat_close(cs);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &late), -ENOTCONN);
    assert_int_equal(late, 0);
    assert_int_equal(connstat_unregister(cs, id), -ENOTCONN);
    assert_int_equal(connstat_update_encoded(cs, id, "\xa0", 1), -ENOTCONN);
    assert_int_equal(connstat_count(cs, 0), 0);
    memset(&counts, 0xff, sizeof(counts));
    assert_int_equal(connstat_counts(cs, &counts), 0);
    assert_int_equal(counts.total_channels + counts.total_connections + counts.by_type[0], 0);
    assert_int_equal(connstat_for_each(cs, 0, count_entry, &seen), -ENOTCONN);
    assert_int_equal(connstat_join(cs, NULL), -ENOTCONN);
    assert_int_equal(connstat_leave(cs), -ENOTCONN);
    assert_int_equal(connstat_reap(cs), -ENOTCONN);
    assert_int_equal(connstat_reaper_start(cs), -ENOTCONN);
    assert_int_equal(connstat_reaper_stop(cs), -ENOTCONN);
    assert_int_equal(connstat_reaper_fd(cs), -ENOTCONN);
    assert_int_equal(connstat_type_count(cs), -ENOTCONN);
    assert_int_equal(connstat_get(cs, id, count_entry, &seen), -ENOTCONN);
    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(seen, 0);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_names),
        TEST(test_no_name),
        TEST(test_open_refuses),
        TEST(test_file_mode),
        TEST(test_create_adopts_what_lives),
        TEST(test_another_layout),
        TEST(test_another_version),
        TEST(test_no_segment),
        TEST(test_what_is_another_layout),
        TEST(test_destroy_leaves_the_attached_alone),
        TEST(test_closing_the_last_handle_leaves),
        TEST(test_join_and_leave),
        TEST(test_a_closed_handle_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
