/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The page in which a process notes which of its memberships are in force. The kernel wipes it in a
 * forked child, so none is in force there.
 */
#include "harness.h"
#include "machine.h"

#include "os/identity.h"
#include "process/process.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>

/* A membership is in force from when it is stored until its cell is given back, and no other number
 * is. A seat whose membership were wrongly said to be in force would be used after its attachment is
 * gone. */
static void test_what_stands(void **state)
{
    connstat_t *cs = create_segment(8);
    uint64_t number, other;
    _Atomic uint64_t *cell;

    (void)state;
    process_lock();
    number = process_unique();
    other = process_unique();
    cell = process_membership_take();
    assert_non_null(cell);
    assert_int_equal(*cell, 0);
    assert_false(process_membership_stands(number));
    atomic_store(cell, number);
    assert_true(process_membership_stands(number));
    assert_false(process_membership_stands(other));
    process_membership_give(cell);
    assert_false(process_membership_stands(number));
    process_unlock();
    connstat_close(cs);
}

/* Nearly 500 attachments can have a cell at a time, each its own; one given back is used again. */
static void test_as_many_as_there_is_room(void **state)
{
    static _Atomic uint64_t *cells[600];
    connstat_t *cs = create_segment(8);
    unsigned taken = 0;

    (void)state;
    process_lock();
    while (taken < COUNT(cells) && (cells[taken] = process_membership_take()) != NULL) {
        atomic_store(cells[taken], 1000 + taken);
        taken++;
    }
    assert_in_range(taken, 490, 504);
    for (unsigned i = 0; i < taken; i++) {
        assert_int_equal(*cells[i], 1000 + i);
        assert_true(process_membership_stands(1000 + i));
    }
    for (unsigned i = 0; i < taken; i++)
        process_membership_give(cells[i]);
    assert_non_null(cells[0] = process_membership_take());
    process_membership_give(cells[0]);
    process_unlock();
    connstat_close(cs);
}

/* ---- who we are ------------------------------------------------------------------------------- */

static void *identify(void *arg)
{
    struct identity *identities = arg;

    if (identity_of_self(&identities[0], false) != 0 || identity_of_self(&identities[1], true) != 0)
        abort();
    return NULL;
}

/* Whichever thread joins, the process's identity is that of the process: others compare it with what
 * /proc says of the process, and would take it for dead. A thread's own start is another one. */
static void test_a_thread_s_process(void **state)
{
    struct identity mine, others[2];
    pthread_t thread;

    (void)state;
    need_true_stat();
    usleep(50000); /* the thread starts some ticks of 10 ms after the process */
    assert_int_equal(identity_of_self(&mine, false), 0);
    assert_int_equal(pthread_create(&thread, NULL, identify, others), 0);
    pthread_join(thread, NULL);
    assert_memory_equal(&others[0], &mine, sizeof(mine));
    assert_true(others[1].tid != 0 && others[1].tid != mine.pid);
    assert_int_equal(others[1].pid, mine.pid);
    assert_true(others[1].start_time > mine.start_time);
    assert_int_equal(others[1].program, mine.program);
    assert_true(identity_is_self(&others[0]));
}

/* Where pidfds are forbidden, the pid, its namespace and when it started tell who it is; what is not
 * known tells nothing. */
static void test_self_without_pidfds(void **state)
{
    struct identity self, other;

    (void)state;
    assert_int_equal(identity_of_self(&self, false), 0);
    assert_true(self.pid_namespace != 0 && self.start_time != 0);
    self.pidfd_inode = 0;
    assert_true(identity_is_self(&self));
    other = self;
    other.pid++;
    assert_false(identity_is_self(&other));
    other = self;
    other.pid_namespace++;
    assert_false(identity_is_self(&other));
    other.pid_namespace = 0;
    assert_false(identity_is_self(&other));
    other = self;
    other.start_time++;
    assert_false(identity_is_self(&other));
    other.start_time = 0;
    assert_false(identity_is_self(&other));
}

static int count_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* A pid that another process has now. Whoever finds that out has opened a pidfd, and closes it. */
static void test_another_has_the_pid(void **state)
{
    struct identity other;
    int before = count_descriptors();

    (void)state;
    assert_int_equal(identity_of_self(&other, false), 0);
    other.pidfd_inode += other.pidfd_inode != 0;
    other.start_time++;
    other.tag = 0;
    assert_int_equal(identity_judge(&other, false), IDENTITY_DEAD);
    /* The start time tells it alone, where the kernel has no numbers for pidfds. */
    other.pidfd_inode = 0;
    assert_int_equal(identity_judge(&other, false), IDENTITY_DEAD);
    other.start_time--;
    assert_int_equal(identity_judge(&other, false), IDENTITY_ALIVE);
    assert_int_equal(count_descriptors(), before);
}

/* Whose namespace is not known is opened only if the pidfd is proved to be its own. */
static void test_an_unknown_namespace(void **state)
{
    struct identity other;
    int before = count_descriptors();

    (void)state;
    assert_int_equal(identity_of_self(&other, false), 0);
    other.pid_namespace = 0;
    other.pidfd_inode++;
    assert_int_equal(identity_open(&other, false), -ENOTSUP);
    other.pidfd_inode = 0;
    assert_int_equal(identity_open(&other, false), -ENOTSUP);
    assert_int_equal(count_descriptors(), before);
}

/* Does the kernel tell the pid namespace of a pidfd? (Linux 6.11; PIDFD_GET_PID_NAMESPACE) */
static bool kernel_tells_namespaces(void)
{
    int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    int fd = pidfd < 0 ? -1 : ioctl(pidfd, _IO(0xff, 5), 0);

    if (fd >= 0)
        close(fd);
    if (pidfd >= 0)
        close(pidfd);
    return fd >= 0;
}

static void identify_without_proc(struct child *self, void *arg)
{
    uint64_t known = *(const uint64_t *)arg, told = 1;
    bool tells = kernel_tells_namespaces();

    (void)self;
    if (unshare(CLONE_NEWNS) < 0) /* not root */
        _exit(0);
    CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    CHECK(mount("none", "/proc", "tmpfs", 0, NULL) == 0);
    CHECK(access("/proc/self", F_OK) < 0);
    CHECK(identity_own_namespace(&told) == 0);
    CHECK(told == (tells ? known : 0));
}

/* In a jail without /proc the kernel is asked; where it does not know, nothing is said. */
static void test_our_namespace_without_proc(void **state)
{
    uint64_t known;

    (void)state;
    assert_int_equal(identity_own_namespace(&known), 0);
    assert_true(known != 0);
    in_child(identify_without_proc, &known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_thread_s_process),         TEST(test_self_without_pidfds),
        TEST(test_another_has_the_pid),        TEST(test_an_unknown_namespace),
        TEST(test_our_namespace_without_proc), TEST(test_what_stands),
        TEST(test_as_many_as_there_is_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
