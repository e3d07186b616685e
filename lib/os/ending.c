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

/* Once its parent has waited for it, a pidfd that was opened before tells. */
static bool told_by_pidfd(int pidfd, uint32_t *cause, uint32_t *status)
{
    struct pidfd_info info = {.mask = PIDFD_INFO_EXIT};

    if (pidfd < 0 || ioctl(pidfd, PIDFD_GET_INFO, &info) < 0 || !(info.mask & PIDFD_INFO_EXIT))
        return false;
    cause_of((uint32_t)info.exit_code, cause, status);
    return true;
}

/* Before that, the parent may look without waiting. */
static bool told_to_parent(uint32_t pid, uint32_t *cause, uint32_t *status)
{
    siginfo_t child = {0};

    if (waitid(P_PID, pid, &child, WEXITED | WNOHANG | WNOWAIT) < 0 || child.si_pid != (pid_t)pid)
        return false;
    *cause = child.si_code == CLD_EXITED ? CONNSTAT_EXITED : CONNSTAT_SIGNALLED;
    *status = (uint32_t)child.si_status;
    return true;
}

/* Who may not read a process is shown 0 for its exit status. The name of its user namespace is for
 * the same eyes, and a zombie has one still. */
static bool may_read(uint32_t pid)
{
    char path[64], name[64];

    snprintf(path, sizeof(path), "/proc/%u/ns/user", pid);
    return readlink(path, name, sizeof(name)) > 0;
}

/* Others may read it from the zombie, where they may read the process at all. */
static bool told_by_zombie(const struct identity *identity, uint32_t *cause, uint32_t *status)
{
    struct proc_stat stat;
    /* First: if the zombie is still there afterwards, the answer was about it. */
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
    /* The pidfd again at the end: its parent may have waited for it in between. */
    return told_to_parent(identity->pid, cause, status) ||
           told_by_zombie(identity, cause, status) || told_by_pidfd(pidfd, cause, status);
}
