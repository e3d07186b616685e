/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A child process under ptrace that can be brought to any instruction of a bracketed operation.
 *
 * The child marks the operation by bracket_begin() and bracket_end(). It is first walked through
 * once, instruction by instruction, and its program counters are noted (struct trace). To bring
 * another child, forked from the same parent and thus with the same addresses, to instruction n,
 * it runs freely to the last instruction before n that the trace reaches there for the first time,
 * and is single-stepped from there.
 */
#ifndef KILL_STEP_H
#define KILL_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

void bracket_begin(void);
void bracket_end(void);

struct trace {
    uint64_t *pc;   /* where the child stands after n instructions */
    size_t *anchor; /* the last instruction up to n that was never reached before */
    bool *visible;  /* between n - 1 and n something changed that others can see */
    size_t count;
};

/* Shared memory whose changes count as visible; system calls always do. */
struct image {
    const uint8_t *bytes;
    size_t size;
};

/* Forks a traced child that runs life(arg), which must pass both brackets, and exits with its
 * result. It is stopped at its first bracket when this returns. */
pid_t child_start(int (*life)(void *arg), void *arg);

/* One instruction. False: it stands before bracket_end's trap. */
bool child_step(pid_t child);

/* Walks on to the end of the bracket; returns the instructions, or limit + 1 if it takes more. */
size_t child_walk(pid_t child, size_t limit);

/* Walks through the whole bracket. */
void child_trace(pid_t child, const struct image *image, struct trace *trace);
void trace_free(struct trace *trace);

/* To where it has executed n instructions of the bracket. False: the bracket ended before. */
bool child_run_to(pid_t child, const struct trace *trace, size_t n);

/* Lets it run freely to its exit; returns its exit status, or -1 if a signal ended it. */
int child_finish(pid_t child);

/* Kills it and waits until the kernel has made it a zombie, which child_bury takes away. */
void child_kill(pid_t child);
void child_bury(pid_t child);

#endif
