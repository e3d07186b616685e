/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What /proc/PID/stat tells of a process, or of one thread of it.
 */
#ifndef ALERTS_PROCSTAT_H
#define ALERTS_PROCSTAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum process_state {
    PROCESS_UNKNOWN, /* /proc does not tell, or a letter that we do not know */
    PROCESS_RUNNING,
    PROCESS_SLEEPING, /* waits for something, as servers do nearly always */
    PROCESS_WAITING,  /* inside the kernel, for a disk mostly: no signal reaches it */
    PROCESS_STOPPED,  /* by SIGSTOP or its like */
    PROCESS_TRACED,   /* held by a debugger */
    PROCESS_ENDED,    /* its first thread has ended; others may go on */
    PROCESS_STATES
};

struct procstat {
    enum process_state state;
    uint64_t ticks; /* of processor time used, in units of 1 / sysconf(_SC_CLK_TCK) s */
};

/* tid 0: the process. False: /proc does not tell, or no longer. */
bool procstat_read(pid_t pid, pid_t tid, struct procstat *stat);

/* The same for what the file holds. */
bool procstat_parse(const char *text, struct procstat *stat);

/* Whether /proc is of this process's pid namespace: otherwise its numbers are other processes. */
bool procstat_is_ours(void);

/* "running", "sleeping", "waiting", "stopped", "traced", "ended"; NULL: unknown. */
const char *name_of_state(enum process_state state);

#endif
