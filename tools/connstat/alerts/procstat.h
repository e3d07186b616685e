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
    PROCESS_SLEEPING, /* it waits for something, as servers do nearly always */
    PROCESS_WAITING,  /* it waits inside the kernel, mostly for a disk; no signal reaches it */
    PROCESS_STOPPED,  /* it was stopped, by SIGSTOP or a signal like it */
    PROCESS_TRACED,   /* a debugger holds it */
    PROCESS_ENDED,    /* its first thread has ended; others may go on */
    PROCESS_STATES
};

struct procstat {
    enum process_state state;
    uint64_t ticks; /* of processor time used, in units of 1 / sysconf(_SC_CLK_TCK) s */
};

/* Read the status of a thread, or with tid 0 of the process. False: /proc does not tell it, or no
 * longer. */
bool procstat_read(pid_t pid, pid_t tid, struct procstat *stat);

/* The same from the text of that file; for tests. */
bool procstat_parse(const char *text, struct procstat *stat);

/* Whether /proc belongs to this process's pid namespace. If not, its numbers stand for other
 * processes. */
bool procstat_is_ours(void);

/* "running", "sleeping", "waiting", "stopped", "traced", "ended"; NULL: unknown. */
const char *name_of_state(enum process_state state);

#endif
