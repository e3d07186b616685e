/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "os/identity.h"

#include "keys/siphash.h"
#include "os/descriptor.h"
#include "os/procfs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PIDFS_MAGIC UINT64_C(0x50494446)

#define TAG_OF_NO_TIME 1u

/* Of linux/pidfd.h (6.11), which Debian 12's headers do not have. */
#define PIDFD_GET_PID_NAMESPACE _IO(0xFF, 5)

static int pidfd_open_raw(uint32_t pid)
{
    return descriptor_raise((int)syscall(SYS_pidfd_open, (pid_t)pid, 0)); /* sets CLOEXEC */
}

/* Returns the inode of a pidfd; 0 where the kernel's pidfds have none of their own. */
static uint64_t pidfd_inode(int pidfd)
{
    struct statfs fs;
    struct stat st;

    if (fstatfs(pidfd, &fs) < 0 || (uint64_t)fs.f_type != PIDFS_MAGIC || fstat(pidfd, &st) < 0)
        return 0;
    return st.st_ino;
}

bool identity_pidfd_is_unique(int pidfd)
{
    return pidfd_inode(pidfd) != 0;
}

/* Finds our pid namespace by a pidfd on ourselves, where there is no /proc. */
static int namespace_of_pidfd(int pidfd, uint64_t *inode)
{
    int fd = descriptor_raise(ioctl(pidfd, PIDFD_GET_PID_NAMESPACE, 0));
    struct stat st;

    if (fd < 0)
        return fd;
    *inode = fstat(fd, &st) < 0 ? 0 : st.st_ino;
    close(fd);
    return 0;
}

int identity_own_namespace(uint64_t *inode)
{
    struct stat st;
    int pidfd, error;

    *inode = 0;
    if (stat("/proc/self/ns/pid", &st) == 0) {
        *inode = st.st_ino;
        return 0;
    }
    pidfd = pidfd_open_raw((uint32_t)getpid());
    error = pidfd < 0 ? pidfd : namespace_of_pidfd(pidfd, inode);
    if (pidfd >= 0)
        close(pidfd);
    return descriptor_is_scarce(error) ? error : 0;
}

/* What execve changes and nothing else does: with address randomization it differs even for the
 * same program. */
static uint64_t program_of(const struct proc_stat *stat)
{
    uint64_t mix = stat->start_stack;

    if (mix == 0)
        return 0;
    mix = (mix ^ stat->start_code) * UINT64_C(0x9e3779b97f4a7c15);
    mix = (mix ^ stat->end_code) * UINT64_C(0xff51afd7ed558ccd);
    return mix | 1;
}

/* The kernel gives each execve 16 random bytes. The C library makes its secrets of them, so that what
 * is told is what only they lead to, and nothing leads back from. */
static uint64_t execution_of_self(void)
{
    const void *bytes = (const void *)getauxval(AT_RANDOM);
    static const uint64_t words[2] = {UINT64_C(0x636f6e6e73746174), 0};
    uint64_t random[2];

    if (bytes == NULL)
        return 0;
    memcpy(random, bytes, sizeof(random));
    return siphash_two_words(random, words) | 1;
}

/* Nothing but the start time goes in, so that any judge can tell, also where pidfds are forbidden.
 * 10 ms ticks and 16 bits: enough to free a half-joined record in all but the rarest reuse. */
static uint32_t tag_of(uint64_t start_time)
{
    return (uint32_t)(start_time * UINT64_C(0x9e3779b97f4a7c15) >> 48) | TAG_OF_NO_TIME;
}

static int read_own_stat(struct identity *identity)
{
    struct proc_stat stat = {0};
    int error = procfs_stat_self(false, &stat);

    if (error == 0)
        identity->program = program_of(&stat);
    identity->tag = tag_of(stat.start_time);
    if (error == 0 && identity->tid != 0)
        error = procfs_stat_self(true, &stat);
    identity->start_time = stat.start_time;
    return descriptor_is_scarce(error) ? error : 0;
}

static int read_own_pidfd(struct identity *identity)
{
    int pidfd = pidfd_open_raw(identity->pid);

    if (pidfd < 0)
        return descriptor_is_scarce(pidfd) ? pidfd : 0;
    identity->pidfd_inode = pidfd_inode(pidfd);
    close(pidfd);
    return 0;
}

int identity_of_self(struct identity *identity, bool thread)
{
    int error;

    memset(identity, 0, sizeof(*identity));
    identity->pid = (uint32_t)getpid();
    identity->tid = thread ? (uint32_t)syscall(SYS_gettid) : 0;
    identity->execution = execution_of_self();
    error = identity_own_namespace(&identity->pid_namespace);
    if (error == 0)
        error = read_own_stat(identity);
    return error == 0 ? read_own_pidfd(identity) : error;
}

bool identity_is_self(const struct identity *identity)
{
    struct identity self;

    if (identity->pid != (uint32_t)getpid() || identity_of_self(&self, false) < 0)
        return false;
    if (identity->pidfd_inode != 0 && self.pidfd_inode != 0)
        return identity->pidfd_inode == self.pidfd_inode;
    return identity->pid_namespace != 0 && identity->pid_namespace == self.pid_namespace &&
           identity->start_time != 0 && identity->start_time == self.start_time;
}

/* ---- judging -------------------------------------------------------------------------------- */

/* Is the process that has the pid now another one than this identity's? inode and start_time are those of
 * the present process, 0 if unknown. If both sides have an inode, that alone decides. */
static bool is_another(const struct identity *identity, bool joining, uint64_t inode,
                       uint64_t start_time)
{
    if (!joining && identity->pidfd_inode != 0 && inode != 0)
        return identity->pidfd_inode != inode;
    if (record_tag_is_locked(identity->tag) && identity->tag != TAG_OF_NO_TIME && start_time != 0 &&
        tag_of(start_time) != identity->tag)
        return true;
    return !joining && identity->tid == 0 && identity->start_time != 0 && start_time != 0 &&
           identity->start_time != start_time;
}

static bool thread_is_gone(const struct identity *identity)
{
    struct proc_stat stat;

    if (identity->tid == 0)
        return false;
    /* /proc may hide processes of other users (hidepid), or be of another namespace. But the kernel tells
     * everybody whether there is a thread of that number. */
    if (procfs_stat(identity->pid, identity->tid, &stat) < 0)
        return syscall(SYS_tgkill, identity->pid, identity->tid, 0) < 0 && errno == ESRCH;
    return identity->start_time != 0 && stat.start_time != 0 &&
           stat.start_time != identity->start_time;
}

static bool pidfd_is_readable(int pidfd)
{
    struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
    int ready;

    do
        ready = poll(&poll_fd, 1, 0);
    while (ready < 0 && errno == EINTR);
    return ready == 1 && (poll_fd.revents & POLLIN);
}

/* Has no process this pid? */
static bool number_is_free(const struct identity *identity)
{
    return kill((pid_t)identity->pid, 0) < 0 && errno == ESRCH;
}

/* Judges by /proc, for kernels without pidfd_open (before 5.3) and where it is forbidden. Without /proc
 * it cannot tell whether the process that has the pid is the one that is meant. */
static enum verdict judge_by_procfs(const struct identity *identity, bool joining)
{
    struct proc_stat stat;

    if (number_is_free(identity))
        return IDENTITY_DEAD;
    if (procfs_stat(identity->pid, 0, &stat) < 0)
        return number_is_free(identity) ? IDENTITY_DEAD : IDENTITY_UNKNOWN;
    if (is_another(identity, joining, 0, stat.start_time))
        return IDENTITY_DEAD;
    /* A process whose first thread has ended before the others shows as a zombie, too; but then it has
     * more than one thread. */
    if (stat.state == 'Z' && stat.threads <= 1)
        return IDENTITY_DEAD;
    return identity->start_time != 0 && stat.start_time != 0 ? IDENTITY_ALIVE : IDENTITY_UNKNOWN;
}

enum relation { MINE, FOREIGN, UNKNOWN };

/* Is it in our pid namespace? UNKNOWN is treated like FOREIGN, with one exception (open_unknown): a pidfd
 * on the pid that has the identity's own inode proves that it is the process. */
static enum relation relation_of(const struct identity *identity)
{
    uint64_t own;

    if (identity->pid_namespace == 0 || identity_own_namespace(&own) < 0 || own == 0)
        return UNKNOWN;
    return identity->pid_namespace == own ? MINE : FOREIGN;
}

static int open_unknown(const struct identity *identity)
{
    int pidfd;

    if (identity->pidfd_inode == 0)
        return -ENOTSUP;
    pidfd = pidfd_open_raw(identity->pid);
    if (pidfd < 0)
        return descriptor_is_scarce(pidfd) ? pidfd : -ENOTSUP;
    if (pidfd_inode(pidfd) == identity->pidfd_inode)
        return pidfd;
    close(pidfd);
    return -ENOTSUP;
}

int identity_open(const struct identity *identity, bool joining)
{
    enum relation relation = joining ? MINE : relation_of(identity);
    struct proc_stat stat = {0};
    int pidfd;

    if (relation != MINE)
        return relation == FOREIGN ? -ENOTSUP : open_unknown(identity);
    pidfd = pidfd_open_raw(identity->pid);
    if (pidfd == -ENOSYS || pidfd == -EPERM || pidfd == -EINVAL)
        return -ENOTSUP;
    if (pidfd < 0)
        return pidfd;
    /* The pidfd is opened first, and the facts about the pid are read after that. If the pid went to
     * another process in between, the facts are the other's, and differ. */
    (void)procfs_stat(identity->pid, 0, &stat);
    if (is_another(identity, joining, pidfd_inode(pidfd), stat.start_time)) {
        close(pidfd);
        return -ESRCH;
    }
    return pidfd;
}

bool identity_pidfd_is_dead(int pidfd, const struct identity *identity)
{
    return pidfd_is_readable(pidfd) || thread_is_gone(identity);
}

/* A joiner whose tag names a namespace has nothing but its pid by which it could be judged. */
static bool tag_names_another_namespace(const struct identity *identity)
{
    uint64_t own;

    if (record_tag_is_locked(identity->tag))
        return false;
    return identity->tag == 0 || identity_own_namespace(&own) < 0 || own == 0 ||
           record_tag_unlocked(own) != identity->tag;
}

enum verdict identity_judge(const struct identity *identity, bool joining)
{
    enum verdict verdict;
    int pidfd;

    if (joining && tag_names_another_namespace(identity))
        return IDENTITY_UNKNOWN;
    pidfd = identity_open(identity, joining);
    if (pidfd == -ESRCH)
        return IDENTITY_DEAD;
    if (pidfd >= 0) {
        verdict = identity_pidfd_is_dead(pidfd, identity) ? IDENTITY_DEAD : IDENTITY_ALIVE;
        close(pidfd);
        return verdict;
    }
    if (!joining && relation_of(identity) != MINE)
        return IDENTITY_UNKNOWN;
    verdict = judge_by_procfs(identity, joining);
    return verdict != IDENTITY_DEAD && !joining && thread_is_gone(identity) ? IDENTITY_DEAD
                                                                            : verdict;
}

bool identity_is_near(const struct identity *identity)
{
    return relation_of(identity) == MINE;
}

uint64_t identity_program_now(const struct identity *identity)
{
    struct proc_stat stat;

    if (relation_of(identity) != MINE || procfs_stat(identity->pid, 0, &stat) < 0 ||
        stat.state == 'Z')
        return 0;
    return program_of(&stat);
}
