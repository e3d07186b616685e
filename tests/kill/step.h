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
    uint64_t *pc;  /* where the child stands after n instructions */
    size_t *from;  /* the way to n comes from here: by a step from n - 1, else by a breakpoint */
    size_t *way;   /* room for one such way */
    bool *visible; /* between n - 1 and n something changed that others can see */
    uint16_t *met; /* how often the instruction at n was met before */
    size_t count;
};

/* The program's own instructions, those of libconnstat and of the test: not libc's and the vdso's.
 */
bool is_own(uint64_t pc);
bool is_vdso(uint64_t pc);

/* Fills from and met, once all else is there. */
void trace_route(struct trace *trace);

/* Which points are tried. A visible change always is. Of the others, all whose instruction was met
 * less than so many times before, for the program's own and for those elsewhere (libc, the vdso);
 * and of the rest, the later turns of loops, one in SPARSE, others each time the seed is another.
 * The middle of a repeated string instruction is no point of its own. */
#define SPARSE 64u
struct choice {
    unsigned own, elsewhere;
    uint64_t seed;
};
size_t trace_visible(const struct trace *trace);        /* how many visible changes */
size_t trace_next(const struct trace *trace, size_t n); /* the visible one from n on, or count */
bool trace_chosen(const struct trace *trace, size_t n, const struct choice *choice);

/* $KILL_SEED, else another each time; printed, so that a failure can be repeated. */
uint64_t seed_choose(void);
/* How many turns of a loop are all tried: $KILL_TURNS, else usual. */
unsigned turns_choose(unsigned usual);

/* Shared memory whose changes count as visible; system calls always do. */
struct image {
    const uint8_t *bytes;
    size_t size;
};

/* Forks a traced child that runs life(arg), which must pass both brackets, and exits with its
 * result. It is stopped at its first bracket when this returns. */
pid_t child_start(int (*life)(void *arg), void *arg);

/* Its program counter. */
uint64_t child_stands(pid_t child);

/* One instruction. False: it stands before bracket_end's trap. */
bool child_step(pid_t child);

/* Walks on to the end of the bracket; returns the instructions, or limit + 1 if it takes more. */
size_t child_walk(pid_t child, size_t limit);

/* Walks through the whole bracket. */
void child_trace(pid_t child, const struct image *image, struct trace *trace);
void trace_free(struct trace *trace);

/* To where it has executed n instructions of the bracket. False: it went another way, and may
 * stand at the bracket's end. */
bool child_run_to(pid_t child, const struct trace *trace, size_t n);

/* It leaves off where it stands, whatever it holds, and goes on with a call of function. */
void child_divert(pid_t child, void (*function)(void));

/* Lets it run freely to the end of the bracket. */
void child_run_out(pid_t child);

/* Lets it run freely to its exit; returns its exit status, or -1 if a signal ended it. */
int child_finish(pid_t child);

/* Kills it and waits until the kernel has made it a zombie, which child_bury takes away. */
void child_kill(pid_t child);
void child_end(pid_t child); /* it goes on to its end, and is a zombie */
void child_bury(pid_t child);

#endif
