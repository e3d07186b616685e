/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The lock by which a worker shows that it lives: a byte of the segment's file for each record.
 */
#include "harness.h"

#include "os/identity.h"
#include "os/life_lock.h"
#include "worker/handle.h"

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

/* ---- one that is joining --------------------------------------------------------------------- */

/* A pid that nobody has. */
static uint32_t nobody(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return (uint32_t)pid;
}

/* Record 5 as one has it who was stopped while it was joining; does it survive a look? */
static bool survives(connstat_t *cs, uint32_t pid, uint32_t tag)
{
    const struct segment *s = atomic_load(&cs->attachment)->segment;
    struct record *record = segment_record(s, 5);
    uint64_t word = record_word(RECORD_JOINING, pid, tag, 7);

    /* The flags are those of the last holder. */
    atomic_store(&record->flags, RECORD_LOCKED);
    atomic_store(&record->word, word);
    assert_true(connstat_reap(cs) >= 0);
    if (record_is(s, 5, word))
        return true;
    assert_int_equal(record_state(atomic_load(&record->word)), RECORD_FREE);
    return false;
}

/* It says no more than a pid, which may be of another namespace, where it is another process. If it has
 * the lock, that tells; if it has none, only its own namespace judges it. */
static void test_who_is_joining(void **state)
{
    connstat_t *cs = create_segment(8);
    uint32_t pid = nobody(), other;
    struct stat st;
    int fd = open_file(&st), lock;
    uint64_t own;

    (void)state;
    lock = life_lock_open(fd, segment_path("test"), st.st_dev, st.st_ino);
    assert_int_equal(identity_own_namespace(&own), 0);
    assert_true(own != 0);
    other = record_tag_unlocked(own + 1);
    assert_int_equal(life_lock_take(lock, 5), 0);
    assert_true(survives(cs, pid, 1));
    life_lock_give(lock, 5);
    assert_false(survives(cs, pid, 1));
    assert_true(survives(cs, pid, other));
    assert_true(survives(cs, pid, 0));
    usleep(1100000); /* two looks at the lock, a second apart, would tell nothing either */
    assert_true(survives(cs, pid, other));
    assert_true(survives(cs, (uint32_t)getppid(), record_tag_unlocked(own)));
    assert_false(survives(cs, pid, record_tag_unlocked(own)));
    close(lock);
    close(fd);
    connstat_close(cs);
}

/* Who cannot have the lock says so from its first moment. */
static void test_joining_without(void **state)
{
    connstat_t *cs = create_segment(8);
    const struct segment *s = atomic_load(&cs->attachment)->segment;
    struct stat st;
    int fd = open_file(&st), other;
    uint64_t own;

    (void)state;
    assert_int_equal(identity_own_namespace(&own), 0);
    other = life_lock_open(fd, segment_path("test"), st.st_dev, st.st_ino);
    for (uint32_t record = 0; record < 32; record++)
        assert_int_equal(life_lock_take(other, record), 0);
    assert_int_equal(connstat_join(cs, NULL), 0);
    assert_int_equal(record_tag(atomic_load(&segment_record(s, 0)->word)),
                     record_tag_unlocked(own));
    assert_int_equal(connstat_leave(cs), 0);
    close(other);
    assert_int_equal(connstat_join(cs, NULL), 0);
    assert_true(record_tag_is_locked(record_tag(atomic_load(&segment_record(s, 0)->word))));
    close(fd);
    connstat_close(cs);
}

/* A host that closes descriptors which are not its own lets go of the lock. A worker that joins, and is one
 * already, takes it anew, for itself and for its threads. */
static void test_taken_anew(void **state)
{
    connstat_t *cs = create_segment(8);
    struct stat st;
    int fd = open_file(&st);

    (void)state;
    assert_int_equal(connstat_own_by_thread(cs, true), 0);
    assert_int_equal(life_lock_is_held(fd, 0), 1);
    assert_int_equal(life_lock_is_held(fd, 1), 1);
    close(atomic_load(&atomic_load(&cs->attachment)->life.lock));
    assert_int_equal(life_lock_is_held(fd, 0), 0);
    assert_int_equal(connstat_join(cs, NULL), 0);
    assert_int_equal(life_lock_is_held(fd, 0), 1);
    assert_int_equal(life_lock_is_held(fd, 1), 1);
    assert_int_equal(life_lock_is_held(fd, 2), 0);
    close(fd);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_taken_anew),
        TEST(test_each_record_has_a_byte),
        TEST(test_held_by_another),
        TEST(test_the_same_file_or_none),
        TEST(test_joiners_pass_what_another_holds),
        TEST(test_who_is_joining),
        TEST(test_joining_without),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
