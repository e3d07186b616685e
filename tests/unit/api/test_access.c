/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which users may do what with a segment, by the mode and the owner of its file; and which files in
 * a directory that others can write to are refused.
 */
#include "harness.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { STRANGER = 65534, GROUP = 54321 };

static void become_stranger(gid_t gid)
{
    CHECK(setgroups(0, NULL) == 0 && setgid(gid) == 0 && setuid(STRANGER) == 0);
}

static void needs_root(void)
{
    if (geteuid() != 0)
        skip();
}

static void of_the_group(struct child *self, void *arg)
{
    connstat_t *cs = NULL;
    size_t seen = 0;

    (void)self;
    (void)arg;
    become_stranger(GROUP);
    CHECK(connstat_open(&cs, "test", 0) == -EACCES);
    CHECK(cs == NULL);
    CHECK(connstat_create(&cs, "test", NULL) == -EACCES);
    CHECK(connstat_destroy("test") < 0);
    CHECK(connstat_open(&cs, "test", CONNSTAT_READ_ONLY) == 0);
    CHECK(connstat_count(cs, 0) == 2);
    CHECK(connstat_for_each(cs, 0, count_entry, &seen) == 2 && seen == 2);
    CHECK(connstat_reap(cs) == 0);
    CHECK(connstat_count(cs, 0) == 2);
    connstat_close(cs);
}

static void of_no_group(struct child *self, void *arg)
{
    connstat_t *cs = NULL;

    (void)self;
    (void)arg;
    become_stranger(STRANGER);
    CHECK(connstat_open(&cs, "test", 0) == -EACCES);
    CHECK(connstat_open(&cs, "test", CONNSTAT_READ_ONLY) == -EACCES);
    CHECK(cs == NULL);
}

/* With mode 0640 members of the group may count and list; all others are refused. */
static void test_mode_0640(void **state)
{
    connstat_t *cs;
    connstat_id id;

    (void)state;
    needs_root();
    cs = create_segment(8);
    assert_int_equal(chmod(getenv("CONNSTAT_DIR"), 0755), 0);
    assert_int_equal(chown(segment_path("test"), 0, GROUP), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    in_child(of_the_group, NULL);
    in_child(of_no_group, NULL);
    connstat_close(cs);
}

static void create_as_stranger(struct child *self, void *arg)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;
    connstat_id id;

    (void)arg;
    config.capacity = 8;
    config.mode = 0666;
    become_stranger(GROUP);
    CHECK(connstat_create(&cs, "test", &config) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    child_pause(self);
    connstat_close(cs);
}

/* In a directory that all may write to, a stranger has made a segment of this name first. It is not
 * used: nothing is written into a stranger's file. */
static void test_a_segment_of_a_stranger(void **state)
{
    connstat_t *cs = NULL;
    struct child child;

    (void)state;
    needs_root();
    assert_int_equal(chmod(getenv("CONNSTAT_DIR"), 01777), 0);
    child = child_start(create_as_stranger, NULL);
    child_reached(&child);
    assert_int_equal(connstat_open(&cs, "test", 0), -EACCES);
    assert_int_equal(connstat_create(&cs, "test", NULL), -EACCES);
    assert_null(cs);
    assert_int_equal(connstat_open(&cs, "test", CONNSTAT_READ_ONLY), 0);
    assert_int_equal(connstat_count(cs, 0), 1);
    connstat_close(cs);
    child_go_on(&child);
    child_finish(&child);
}

static void use_as_stranger(struct child *self, void *arg)
{
    connstat_t *cs;
    connstat_id id;

    (void)self;
    (void)arg;
    become_stranger(STRANGER);
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_unregister(cs, id) == 0);
    connstat_close(cs);
}

/* Root is no stranger: anybody may use a segment of root's whose mode lets all write. */
static void test_a_segment_of_root(void **state)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    (void)state;
    needs_root();
    config.capacity = 8;
    config.mode = 0666;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    assert_int_equal(chmod(getenv("CONNSTAT_DIR"), 0755), 0);
    in_child(use_as_stranger, NULL);
    connstat_close(cs);
}

static void test_symlinks(void **state)
{
    char target[256];
    connstat_t *cs = NULL;

    (void)state;
    connstat_close(create_segment(8));
    snprintf(target, sizeof(target), "%s", segment_path("test"));
    assert_int_equal(symlink(target, segment_path("link")), 0);
    assert_int_equal(symlink("nowhere", segment_path("dangling")), 0);
    assert_int_equal(connstat_open(&cs, "link", 0), -EACCES);
    assert_int_equal(connstat_open(&cs, "link", CONNSTAT_READ_ONLY), -EACCES);
    assert_int_equal(connstat_create(&cs, "link", NULL), -EACCES);
    assert_int_equal(connstat_open(&cs, "dangling", CONNSTAT_READ_ONLY), -EACCES);
    assert_int_equal(connstat_create(&cs, "dangling", NULL), -EACCES);
    assert_null(cs);
    assert_int_equal(access(segment_path("nowhere"), F_OK), -1);
}

/* A directory or a FIFO that has the segment's name is refused. Opening the FIFO must not wait for
 * somebody who writes into it. */
static void test_what_is_no_file(void **state)
{
    connstat_t *cs = NULL;

    (void)state;
    assert_int_equal(mkdir(segment_path("folder"), 0700), 0);
    assert_int_equal(mkfifo(segment_path("fifo"), 0600), 0);
    alarm(PATIENCE_S);
    assert_int_equal(connstat_open(&cs, "folder", 0), -EBADMSG);
    assert_int_equal(connstat_open(&cs, "folder", CONNSTAT_READ_ONLY), -EBADMSG);
    assert_int_equal(connstat_open(&cs, "fifo", 0), -EBADMSG);
    assert_int_equal(connstat_open(&cs, "fifo", CONNSTAT_READ_ONLY), -EBADMSG);
    assert_true(connstat_create(&cs, "folder", NULL) < 0);
    assert_true(connstat_create(&cs, "fifo", NULL) < 0);
    alarm(0);
    assert_null(cs);
}

static void use_up_descriptors(struct child *self, void *arg)
{
    connstat_t *cs = NULL;
    int spare = -1;

    (void)self;
    (void)arg;
    struct rlimit limit = {64, 64};

    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (int fd; (fd = open("/dev/null", O_RDONLY)) >= 0; spare = fd)
        ;
    CHECK(spare >= 0);
    CHECK(connstat_open(&cs, "test", 0) == -EMFILE);
    CHECK(connstat_open(&cs, "test", CONNSTAT_READ_ONLY) == -EMFILE);
    CHECK(connstat_create(&cs, "new", NULL) == -EMFILE);
    CHECK(cs == NULL);
}

static void test_no_descriptors(void **state)
{
    (void)state;
    connstat_close(create_segment(8));
    in_child(use_up_descriptors, NULL);
}

static void use_where_nothing_can_be_written(struct child *self, void *arg)
{
    const char *room = getenv("CONNSTAT_DIR");
    connstat_t *cs;

    (void)self;
    (void)arg;
    if (unshare(CLONE_NEWNS) < 0) /* a container that keeps even root from it */
        _exit(0);
    CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    CHECK(mount(room, room, NULL, MS_BIND, NULL) == 0);
    CHECK(mount(NULL, room, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0);
    CHECK(connstat_open(&cs, "test", 0) == -EACCES);
    CHECK(connstat_open(&cs, "test", CONNSTAT_READ_ONLY) == 0);
    connstat_close(cs);
}

/* A file system that is mounted read-only gives as little access as the mode of a file does. */
static void test_a_read_only_mount(void **state)
{
    (void)state;
    needs_root();
    connstat_close(create_segment(8));
    in_child(use_where_nothing_can_be_written, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_mode_0640),         TEST(test_a_segment_of_a_stranger),
        TEST(test_a_segment_of_root), TEST(test_symlinks),
        TEST(test_what_is_no_file),   TEST(test_no_descriptors),
        TEST(test_a_read_only_mount),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
