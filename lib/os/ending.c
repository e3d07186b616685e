/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "os/ending.h"

#include "os/procfs.h"

#include <connstat.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of linux/pidfd.h (6.13, exit code 6.15), which Debian 12's headers do not have. */
struct pidfd_info {
    uint64_t mask, cgroupid;
    uint32_t pid, tgid, ppid, ids[8];
    int32_t exit_code;
};
#define PIDFD_INFO_EXIT (UINT64_C(1) << 3)
#define PIDFD_GET_INFO  _IOWR(0xFF, 11, struct pidfd_info)

static void cause_of(uint32_t wait_status, uint32_t *cause, uint32_t *status)
{
    if (WIFSIGNALED((int)wait_status)) {
        *cause = CONNSTAT_SIGNALLED;
        *status = (uint32_t)WTERMSIG((int)wait_status);
    } else {
        *cause = CONNSTAT_EXITED;
        *status = (uint32_t)WEXITSTATUS((int)wait_status);
    }
}

/* Asks the pidfd. It tells once the parent has waited for the process, and was opened before. */
static bool told_by_pidfd(int pidfd, uint32_t *cause, uint32_t *status)
{
    struct pidfd_info info = {.mask = PIDFD_INFO_EXIT};

    if (pidfd < 0 || ioctl(pidfd, PIDFD_GET_INFO, &info) < 0 || !(info.mask & PIDFD_INFO_EXIT))
        return false;
    cause_of((uint32_t)info.exit_code, cause, status);
    return true;
}

/* Asks as the parent, if this process is the parent, without waiting for the zombie. */
static bool told_to_parent(uint32_t pid, uint32_t *cause, uint32_t *status)
{
    siginfo_t child = {0};

    if (waitid(P_PID, pid, &child, WEXITED | WNOHANG | WNOWAIT) < 0 || child.si_pid != (pid_t)pid)
        return false;
    *cause = child.si_code == CLD_EXITED ? CONNSTAT_EXITED : CONNSTAT_SIGNALLED;
    *status = (uint32_t)child.si_status;
    return true;
}

/* May we read the process's exit status? To those who may not, /proc shows 0. The name of its user
 * namespace may be read by the same users, also of a zombie; so it serves as a test. */
static bool may_read(uint32_t pid)
{
    char path[64], name[64];

    snprintf(path, sizeof(path), "/proc/%u/ns/user", pid);
    return readlink(path, name, sizeof(name)) > 0;
}

/* Reads how it ended from the zombie, as any process may that may read it at all. */
static bool told_by_zombie(const struct identity *identity, uint32_t *cause, uint32_t *status)
{
    struct proc_stat stat;
    /* Asked first: if the zombie is still there afterwards, the answer was about it, and not about
     * another process that got its pid. */
    bool readable = may_read(identity->pid);

    if (procfs_stat(identity->pid, 0, &stat) < 0 || stat.state != 'Z' ||
        (stat.exit_code == 0 && !readable) ||
        (identity->start_time != 0 && identity->tid == 0 &&
         stat.start_time != identity->start_time))
        return false;
    cause_of(stat.exit_code, cause, status);
    return true;
}

bool ending_of(int pidfd, const struct identity *identity, uint32_t *cause, uint32_t *status)
{
    if (told_by_pidfd(pidfd, cause, status))
        return true;
    if (!identity_is_near(identity))
        return false;
    /* The pidfd is asked again at the end, because the parent may have waited for it in between. */
    return told_to_parent(identity->pid, cause, status) ||
           told_by_zombie(identity, cause, status) || told_by_pidfd(pidfd, cause, status);
}
