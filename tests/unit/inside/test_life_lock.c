/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The lock by which a worker shows that it lives: a byte of the segment's file for each record.
 */
#include "harness.h"

#include "os/life_lock.h"

#include <fcntl.h>
#include <sys/stat.h>

static int open_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* A file "test" of one's own, and what it is. */
static int open_file(struct stat *st)
{
    int fd = open(segment_path("test"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, st), 0);
    return fd;
}

/* Each record has a byte, which is held from the taking to the giving back, or to the close. */
static void test_each_record_has_a_byte(void **state)
{
    struct stat st;
    int fd = open_file(&st), lock;

    (void)state;
    lock = life_lock_open(fd, segment_path("test"), st.st_dev, st.st_ino);
    assert_true(lock >= 3);
    assert_true(fcntl(lock, F_GETFD) & FD_CLOEXEC);
    for (uint32_t record = 0; record < 3; record++)
        assert_int_equal(life_lock_is_held(fd, record), 0);
    assert_int_equal(life_lock_take(lock, 1), 0);
    assert_int_equal(life_lock_is_held(fd, 0), 0);
    assert_int_equal(life_lock_is_held(fd, 1), 1);
    assert_int_equal(life_lock_is_held(fd, 2), 0);
    life_lock_give(lock, 0);
    assert_int_equal(life_lock_is_held(fd, 1), 1);
    life_lock_give(lock, 1);
    assert_int_equal(life_lock_is_held(fd, 1), 0);
    assert_int_equal(life_lock_take(lock, 2), 0);
    close(lock);
    assert_int_equal(life_lock_is_held(fd, 2), 0);
    close(fd);
}

/* A byte that another description holds is not waited for. */
static void test_held_by_another(void **state)
{
    struct stat st;
    int fd = open_file(&st), lock, other;

    (void)state;
    lock = life_lock_open(fd, segment_path("test"), st.st_dev, st.st_ino);
    other = life_lock_open(fd, segment_path("test"), st.st_dev, st.st_ino);
    assert_true(lock >= 3 && other >= 3);
    assert_int_equal(life_lock_take(lock, 7), 0);
    assert_int_equal(life_lock_take(other, 7), -EAGAIN);
    close(lock);
    assert_int_equal(life_lock_take(other, 7), 0);
    close(other);
    assert_true(life_lock_is_held(-1, 7) < 0);
    close(fd);
}

/* By the descriptor, or by the name where that is gone; and never another file: its name may be
 * another's by now. Nothing is left open. */
static void test_the_same_file_or_none(void **state)
{
    struct stat st;
    int fd = open_file(&st), lock, before = open_descriptors();

    (void)state;
    assert_int_equal(life_lock_open(fd, segment_path("test"), st.st_dev, st.st_ino + 1), -ESTALE);
    assert_int_equal(life_lock_open(-1, segment_path("test"), st.st_dev, st.st_ino + 1), -ESTALE);
    assert_int_equal(life_lock_open(-1, segment_path("test"), st.st_dev + 1, st.st_ino), -ESTALE);
    assert_int_equal(life_lock_open(-1, segment_path("other"), st.st_dev, st.st_ino), -ENOENT);
    assert_int_equal(open_descriptors(), before);
    lock = life_lock_open(-1, segment_path("test"), st.st_dev, st.st_ino);
    assert_true(lock >= 3);
    close(lock);
    close(fd);
}

/* A record whose byte another has, who is about to claim it, is passed; where each one's is held,
 * joining goes on without. */
static void test_joiners_pass_what_another_holds(void **state)
{
    connstat_t *cs = create_segment(8);
    struct stat st;
    int fd = open_file(&st), other;
    connstat_id id;

    (void)state;
    other = life_lock_open(fd, segment_path("test"), st.st_dev, st.st_ino);
    assert_int_equal(life_lock_take(other, 0), 0);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(life_lock_is_held(fd, 1), 1);
    assert_int_equal(connstat_leave(cs), 0);
    assert_int_equal(life_lock_is_held(fd, 1), 0);
    for (uint32_t record = 1; record < 32; record++)
        assert_int_equal(life_lock_take(other, record), 0);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_count(cs, 0), 1);
    close(other);
    close(fd);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_record_has_a_byte),
        TEST(test_held_by_another),
        TEST(test_the_same_file_or_none),
        TEST(test_joiners_pass_what_another_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
