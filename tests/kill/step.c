/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "step.h"

#include "world.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONGEST 4000000u

__asm__(".text\n"
        ".globl bracket_begin\n.type bracket_begin, @function\nbracket_begin: int3\n ret\n"
        ".globl bracket_end\n.type bracket_end, @function\nbracket_end: int3\n ret\n");

uint64_t child_stands(pid_t child)
{
    long pc;

    errno = 0;
    pc = ptrace(PTRACE_PEEKUSER, child, offsetof(struct user, regs.rip), NULL);
    require(errno == 0);
    return (uint64_t)pc;
}

static void set_program_counter(pid_t child, uint64_t pc)
{
    require(ptrace(PTRACE_POKEUSER, child, offsetof(struct user, regs.rip), pc) == 0);
}

/* Lets the child go on until it stops by a trap. Any other signal but SIGSTOP fails the test. */
static void resume(pid_t child, int request)
{
    int status;

    require(ptrace(request, child, NULL, NULL) == 0);
    require(waitpid(child, &status, __WALL) == child);
    require(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
}

pid_t (*child_fork)(void) = fork;

pid_t child_start(int (*life)(void *arg), void *arg)
{
    pid_t child = child_fork();
    int status;

    require(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(127);
        raise(SIGSTOP);
        _exit(life(arg));
    }
    require(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
    require(ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_EXITKILL) == 0);
    resume(child, PTRACE_CONT);
    require(child_stands(child) == (uint64_t)(uintptr_t)bracket_begin + 1);
    return child;
}

static bool step_from(pid_t child, uint64_t pc)
{
    if (pc == (uint64_t)(uintptr_t)bracket_end)
        return false;
    resume(child, PTRACE_SINGLESTEP);
    return true;
}

bool child_step(pid_t child)
{
    return step_from(child, child_stands(child));
}

size_t child_walk(pid_t child, size_t limit)
{
    size_t steps = 0;

    while (steps <= limit && child_step(child))
        steps++;
    return steps;
}

static void grow(struct trace *trace, size_t *room)
{
    if (trace->count < *room)
        return;
    *room = *room == 0 ? 4096 : 2 * *room;
    trace->pc = realloc(trace->pc, *room * sizeof(*trace->pc));
    trace->visible = realloc(trace->visible, *room * sizeof(*trace->visible));
    require(trace->pc != NULL && trace->visible != NULL && *room < LONGEST);
}

/* The child was forked from here, so its code is ours, at the same addresses. */
static bool is_system_call(uint64_t pc)
{
    static const uint8_t syscall[2] = {0x0f, 0x05};

    return memcmp((const void *)(uintptr_t)pc, syscall, sizeof(syscall)) == 0;
}

void child_trace(pid_t child, const struct image *image, struct trace *trace)
{
    uint8_t *before = malloc(image->size + 1);
    bool visible = true, called = false;
    size_t room = 0;

    require(before != NULL);
    memcpy(before, image->bytes, image->size);
    *trace = (struct trace){0};
    do {
        uint64_t pc = child_stands(child);
        bool calls = is_system_call(pc);

        if (memcmp(before, image->bytes, image->size) != 0) {
            memcpy(before, image->bytes, image->size);
            visible = true;
        }
        grow(trace, &room);
        trace->visible[trace->count] = visible || calls || called;
        trace->pc[trace->count++] = pc;
        called = calls;
        visible = false;
    } while (step_from(child, trace->pc[trace->count - 1]));
    free(before);
    trace_route(trace);
}

void trace_free(struct trace *trace)
{
    free(trace->pc);
    free(trace->from);
    free(trace->way);
    free(trace->met);
    free(trace->visible);
}

/* Lets the child run to a breakpoint at pc. False: it came to the end of the bracket without it. */
static bool run_to_next(pid_t child, uint64_t pc)
{
    long word, trapped;
    uint64_t at;

    memcpy(&word, (const void *)(uintptr_t)pc, sizeof(word));
    trapped = (word & ~0xffL) | 0xcc;
    require(ptrace(PTRACE_POKETEXT, child, (void *)(uintptr_t)pc, (void *)trapped) == 0);
    resume(child, PTRACE_CONT);
    require(ptrace(PTRACE_POKETEXT, child, (void *)(uintptr_t)pc, (void *)word) == 0);
    at = child_stands(child) - 1;
    require(at == pc || at == (uint64_t)(uintptr_t)bracket_end);
    set_program_counter(child, at);
    return at == pc;
}

bool child_run_to(pid_t child, const struct trace *trace, size_t n)
{
    size_t stops = 0, *way = trace->way;
    bool there = true;

    for (size_t at = n; at > 0; at = trace->from[at])
        way[stops++] = at;
    while (there && stops > 0) {
        size_t to = way[--stops];

        there = trace->from[to] + 1 == to ? child_step(child) : run_to_next(child, trace->pc[to]);
    }
    return there && child_stands(child) == trace->pc[n];
}

#define RED_ZONE 128

void child_divert(pid_t child, void (*function)(void))
{
    struct user_regs_struct registers;

    require(ptrace(PTRACE_GETREGS, child, NULL, &registers) == 0);
    /* As a call leaves the stack, below what the function that it stands in may use of it. */
    registers.rsp = ((registers.rsp - RED_ZONE) & ~UINT64_C(15)) - 8;
    registers.rip = (uint64_t)(uintptr_t)function;
    registers.orig_rax = (uint64_t)-1; /* it is in no system call */
    require(ptrace(PTRACE_SETREGS, child, NULL, &registers) == 0);
}

void child_run_out(pid_t child)
{
    resume(child, PTRACE_CONT);
    require(child_stands(child) == (uint64_t)(uintptr_t)bracket_end + 1);
}

int child_finish(pid_t child)
{
    int status = 0;

    for (;;) {
        /* A child that has not passed the trap at the end of the bracket stops there once more. */
        require(ptrace(PTRACE_CONT, child, NULL, NULL) == 0);
        require(waitpid(child, &status, __WALL) == child);
        if (WIFEXITED(status))
            return WEXITSTATUS(status);
        if (WIFSIGNALED(status))
            return -1;
        require(WSTOPSIG(status) == SIGTRAP);
    }
}

static void await_zombie(pid_t child)
{
    siginfo_t info;

    while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT | __WALL) != 0)
        require(errno == EINTR);
}

void child_kill(pid_t child)
{
    require(kill(child, SIGKILL) == 0);
    await_zombie(child);
}

void child_end(pid_t child)
{
    require(ptrace(PTRACE_CONT, child, NULL, NULL) == 0);
    await_zombie(child);
}

void child_bury(pid_t child)
{
    int status;

    while (waitpid(child, &status, __WALL) != child)
        require(errno == EINTR);
}
