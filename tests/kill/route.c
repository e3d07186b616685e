/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Finds the cheapest way to each instruction of a trace, by single steps and leaps. A leap sets a
 * breakpoint on the address of the instruction n and lets the child run. It ends at n only if it begins
 * after the last earlier point at which the trace meets that address. Of all points where it may begin,
 * the one that is cheapest to reach is taken; a tree of minima over their costs finds it.
 */
#include "step.h"

#include "world.h"

#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#define LEAP       1 /* a leap costs little more than a step: a step's trap is the dearest part */
#define VDSO_BYTES 0x4000u

extern const char __executable_start, etext;

bool is_own(uint64_t pc)
{
    return pc >= (uint64_t)(uintptr_t)&__executable_start && pc < (uint64_t)(uintptr_t)&etext;
}

bool is_vdso(uint64_t pc)
{
    uint64_t vdso = getauxval(AT_SYSINFO_EHDR);

    return pc >= vdso && pc < vdso + VDSO_BYTES;
}

/* ---- where an address was met last ---------------------------------------------------------- */

struct meeting {
    uint64_t pc;
    size_t after; /* the last point at which the trace met this address */
    uint16_t count;
};

static struct meeting *find_meeting(struct meeting *meetings, size_t size, uint64_t pc)
{
    size_t place = (size_t)(pc * UINT64_C(0x9e3779b97f4a7c15) >> 20) % size;

    while (meetings[place].pc != 0 && meetings[place].pc != pc)
        place = (place + 1) % size;
    meetings[place].pc = pc;
    return &meetings[place];
}

/* ---- the tree of minima: leaf i is at leaves + i, a node is the better of its two children --- */

struct way {
    uint32_t cost;
    uint32_t at;
};

static struct way better(struct way a, struct way b)
{
    return b.cost < a.cost ? b : a;
}

static void note_cost(struct way *tree, size_t leaves, size_t at, uint32_t cost)
{
    size_t node = leaves + at;

    tree[node] = (struct way){.cost = cost, .at = (uint32_t)at};
    while ((node /= 2) > 0)
        tree[node] = better(tree[2 * node], tree[2 * node + 1]);
}

static struct way cheapest(const struct way *tree, size_t leaves, size_t first, size_t end)
{
    struct way best = {.cost = UINT32_MAX / 2};

    for (first += leaves, end += leaves; first < end; first /= 2, end /= 2) {
        if (first % 2 == 1)
            best = better(best, tree[first++]);
        if (end % 2 == 1)
            best = better(best, tree[--end]);
    }
    return best;
}

void trace_route(struct trace *trace)
{
    size_t leaves = trace->count, size = 2 * trace->count + 1;
    struct meeting *meetings = calloc(size, sizeof(*meetings));
    struct way *tree = malloc(2 * leaves * sizeof(*tree));

    trace->from = calloc(trace->count, sizeof(*trace->from));
    trace->met = calloc(trace->count, sizeof(*trace->met));
    trace->way = calloc(trace->count, sizeof(*trace->way));
    require(trace->way != NULL);
    require(meetings != NULL && tree != NULL && trace->from != NULL && trace->met != NULL);
    for (size_t node = 0; node < 2 * leaves; node++)
        tree[node] = (struct way){.cost = UINT32_MAX / 2};
    for (size_t n = 0; n < trace->count; n++) {
        struct meeting *meeting = find_meeting(meetings, size, trace->pc[n]);
        struct way step = {0}, leap = {.cost = UINT32_MAX / 2};

        if (n > 0)
            step = cheapest(tree, leaves, n - 1, n);
        /* No breakpoints in the vdso: how often its loops turn depends on the clock. */
        if (!is_vdso(trace->pc[n]))
            leap = cheapest(tree, leaves, meeting->after, n);
        step.cost += n > 0 ? 1 : 0;
        if (leap.cost + LEAP < step.cost)
            step = (struct way){.cost = leap.cost + LEAP, .at = leap.at};
        trace->from[n] = step.at;
        trace->met[n] = meeting->count;
        note_cost(tree, leaves, n, step.cost);
        meeting->after = n + 1;
        meeting->count += meeting->count < UINT16_MAX;
    }
    free(meetings);
    free(tree);
}

/* ---- which of them -------------------------------------------------------------------------- */

size_t trace_visible(const struct trace *trace)
{
    size_t visible = 0;

    for (size_t n = 0; n < trace->count; n++)
        visible += trace->visible[n];
    return visible;
}

size_t trace_next(const struct trace *trace, size_t n)
{
    while (n < trace->count && !trace->visible[n])
        n++;
    return n;
}

bool trace_chosen(const struct trace *trace, size_t n, const struct choice *choice)
{
    unsigned share = choice->share == 0 ? 1 : choice->share;

    if (trace->visible[n])
        return true;
    if (n > 0 && trace->pc[n] == trace->pc[n - 1])
        return false;
    if (trace->met[n] < (is_own(trace->pc[n]) ? choice->own : choice->elsewhere))
        return (n + choice->seed) % share == 0;
    return (n + choice->seed) % (SPARSE * share) == 0;
}

uint64_t seed_choose(void)
{
    const char *given = getenv("KILL_SEED");

    return given != NULL ? strtoull(given, NULL, 10) : (uint64_t)getpid();
}

static unsigned given_or(const char *name, unsigned usual)
{
    const char *given = getenv(name);

    return given != NULL ? (unsigned)strtoul(given, NULL, 10) : usual;
}

unsigned turns_choose(unsigned usual)
{
    return given_or("KILL_TURNS", usual);
}

unsigned share_choose(unsigned usual)
{
    return given_or("KILL_SHARE", usual);
}
