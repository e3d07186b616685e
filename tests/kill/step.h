/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A child process under ptrace that can be brought to any instruction of a bracketed operation.
 *
 * The child marks the operation by bracket_begin() and bracket_end(). It is first walked through
 * once, instruction by instruction, and its program counters are noted (struct trace). To bring
 * another child, forked from the same parent and thus with the same addresses, to instruction n,
 * it takes the cheapest way (route.c): it runs freely from one breakpoint to the next, each set on
 * an instruction that the trace does not reach in between, and is single-stepped where that is no
 * dearer. A thread of a child is a child here too: what is said of pids holds for tids.
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
    uint64_t *pc;  /* pc[n]: where the child stands after n instructions */
    size_t *from;  /* from[n]: the point before n on the way to n. n - 1: a step leads from there */
    size_t *way;   /* room for the points of one such way */
    bool *visible; /* visible[n]: from n - 1 to n something changed that other processes can see */
    uint16_t *met; /* met[n]: how often the instruction at n was met before n */
    size_t count;
};

/* Is this an instruction of libconnstat or of the test, and not of libc or the vdso? */
bool is_own(uint64_t pc);
bool is_vdso(uint64_t pc);

/* Fills from and met of a trace in which all else is known. */
void trace_route(struct trace *trace);

/* Which points of a trace are tried:
 *   1. each at which something changed that others can see;
 *   2. of those whose instruction was met fewer than `own` times before, or, if the instruction is in
 *      libc or the vdso, fewer than `elsewhere` times, one in `share`; 0 is 1;
 *   3. of the rest, which are libc's and later turns of loops, one in SPARSE times that.
 * The seed decides which of 2 and 3. A repeated string instruction (rep movs) is one point, however many
 * times it repeats. */
#define SPARSE 64u
struct choice {
    unsigned own, elsewhere, share;
    uint64_t seed;
};
size_t trace_visible(const struct trace *trace);        /* how many visible changes there are */
size_t trace_next(const struct trace *trace, size_t n); /* the first of them from n on, or count */
bool trace_chosen(const struct trace *trace, size_t n, const struct choice *choice);

/* Returns $KILL_SEED if it is set, else a new seed each time. It is printed, so that a failure can be
 * repeated. */
uint64_t seed_choose(void);

/* How many turns of a loop are tried without exception: $KILL_TURNS if it is set, else `usual`. */
unsigned turns_choose(unsigned usual);

/* Of so many points at which nothing changes that others can see, one is tried: $KILL_SHARE if it is set,
 * else `usual`. */
unsigned share_choose(unsigned usual);

/* Memory in which a change counts as visible to others. A system call always counts. */
struct image {
    const uint8_t *bytes;
    size_t size;
};

/* Forks a traced child that runs life(arg), which must pass both brackets, and exits with its
 * result. It is stopped at its first bracket when this returns. */
pid_t child_start(int (*life)(void *arg), void *arg);

/* How it forks: fork, unless a test has others in mind (foreign.c). */
extern pid_t (*child_fork)(void);

/* Returns its program counter. */
uint64_t child_stands(pid_t child);

/* Executes one instruction. False: it has come to the trap of bracket_end. */
bool child_step(pid_t child);

/* Steps to the end of the bracket. Returns how many instructions that took, or limit + 1 where it
 * would be more than limit. */
size_t child_walk(pid_t child, size_t limit);

/* Steps through the whole bracket, and notes the way in trace. */
void child_trace(pid_t child, const struct image *image, struct trace *trace);
void trace_free(struct trace *trace);

/* Brings it to where it has executed n instructions of the bracket. False: it took another way than
 * the trace, and may stand at the end of the bracket. */
bool child_run_to(pid_t child, const struct trace *trace, size_t n);

/* It leaves off where it stands, whatever it holds, and goes on with a call of function. */
void child_divert(pid_t child, void (*function)(void));

/* Lets it run freely to the end of the bracket. */
void child_run_out(pid_t child);

/* Lets it run freely to its exit; returns its exit status, or -1 if a signal ended it. */
int child_finish(pid_t child);

/* Kills it, and returns when it is a zombie. child_bury takes the zombie away. */
void child_kill(pid_t child);

/* Lets it run to its exit, and returns when it is a zombie. */
void child_end(pid_t child);
void child_bury(pid_t child);

#endif
