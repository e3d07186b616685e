/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#define STEPS    20000u
#define STACK    (256u * 1024u)
#define MAX_UNDO 4096u
#define LIFE     40u /* steps that a mortal thread has at most, if it is to be killed */

enum state { READY, WAITING, ENDED };

struct thread {
    ucontext_t context;
    enum state state;
    unsigned waits_for, killed_at, steps;
    struct eyes eyes;
    void (*body)(void);
    uint8_t *stack;
};

static struct thread threads[WEAK_THREADS];
static unsigned thread_count, steps;
static struct thread *running; /* NULL: nobody; accesses are plain */
static ucontext_t outside;
static bool failed;
static uint64_t random_state;
static uint32_t switches; /* of this round: before so many of 256 accesses others come */

/* ---- chance --------------------------------------------------------------------------------- */

static uint32_t random_bits(void)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = (random_state ^ random_state >> 30) * UINT64_C(0xbf58476d1ce4e5b9);

    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(mixed >> 32);
}

uint32_t weak_random(uint32_t below)
{
    return (uint32_t)((uint64_t)random_bits() * below >> 32);
}

/* ---- threads -------------------------------------------------------------------------------- */

static void resume(struct thread *thread)
{
    running = thread;
    swapcontext(&outside, &thread->context);
    running = NULL;
}

static void leave(void)
{
    struct thread *self = running;

    swapcontext(&self->context, &outside);
}

/* Before each access: here others may come between, and here one is killed. */
static void step(void)
{
    struct thread *self = running;

    if (++steps > STEPS)
        leave(); /* for good: a round that goes on and on tells nothing */
    if (++self->steps == self->killed_at) {
        self->state = ENDED;
        leave();
    }
    if (weak_random(256) < switches)
        leave();
}

static void run_body(void)
{
    struct thread *self = running;

    self->body();
    self->state = ENDED;
    leave();
}

void weak_wait_for_end_of(unsigned thread)
{
    running->waits_for = thread;
    running->state = WAITING;
    leave();
    memory_learn(&running->eyes, &threads[thread].eyes);
}

void weak_fail(const char *file, int line, const char *what)
{
    if (!failed)
        printf("%s:%d: %s does not hold\n", weak_plain_name(file), line, what);
    failed = true;
    if (running != NULL)
        leave();
}

/* ---- accesses ------------------------------------------------------------------------------- */

/* Stores of a check, which the next round must not find. */
static struct {
    volatile void *at;
    size_t size;
    uint64_t content;
} undo[MAX_UNDO];
static unsigned undo_count;
static bool undoes;

static void poke(volatile void *at, size_t size, uint64_t value)
{
    if (undoes) {
        if (undo_count == MAX_UNDO)
            abort();
        undo[undo_count].at = at;
        undo[undo_count].size = size;
        undo[undo_count++].content = memory_peek(at, size);
    }
    memory_poke(at, size, value);
}

static void undo_all(void)
{
    while (undo_count > 0) {
        undo_count--;
        memory_poke(undo[undo_count].at, undo[undo_count].size, undo[undo_count].content);
    }
}

uint64_t weak_load(const volatile void *at, size_t size, const struct weak_site *site)
{
    if (running == NULL)
        return memory_peek(at, size);
    step();
    return memory_load(&running->eyes, at, size, weak_order_of(site, 0));
}

void weak_store(volatile void *at, size_t size, uint64_t value, const struct weak_site *site)
{
    if (running == NULL) {
        poke(at, size, value);
        return;
    }
    step();
    memory_store(&running->eyes, at, size, value, weak_order_of(site, 0));
}

uint64_t weak_change(volatile void *at, size_t size, enum weak_how how, uint64_t value,
                     const struct weak_site *site)
{
    if (running == NULL) {
        uint64_t old = memory_peek(at, size);

        poke(at, size, memory_changed(how, old, value));
        return old;
    }
    step();
    return memory_change(&running->eyes, at, size, how, value, weak_order_of(site, 0));
}

bool weak_swap(volatile void *at, size_t size, uint64_t *seen, uint64_t value,
               const struct weak_site *site)
{
    if (running == NULL) {
        uint64_t found = memory_peek(at, size);
        bool same = found == *seen;

        *seen = found;
        if (same)
            poke(at, size, value);
        return same;
    }
    step();
    return memory_swap(&running->eyes, at, size, seen, value, weak_order_of(site, 0),
                       weak_order_of(site, 1));
}

void weak_fence(const struct weak_site *site)
{
    if (running == NULL)
        return;
    step();
    memory_fence(&running->eyes, weak_order_of(site, 0));
}

/* ---- rounds --------------------------------------------------------------------------------- */

static void begin_thread(struct thread *thread, void (*body)(void), bool mortal)
{
    if (thread->stack == NULL && (thread->stack = malloc(STACK)) == NULL)
        abort();
    thread->body = body;
    thread->state = READY;
    thread->steps = 0;
    thread->killed_at = mortal && weak_random(4) != 0 ? 1 + weak_random(LIFE) : 0;
    getcontext(&thread->context);
    thread->context.uc_stack.ss_sp = thread->stack;
    thread->context.uc_stack.ss_size = STACK;
    makecontext(&thread->context, run_body, 0);
}

static void begin_round(const struct scenario *scenario)
{
    struct eyes *eyes[WEAK_THREADS];

    steps = thread_count = 0;
    switches = 256u >> (1 + weak_random(5));
    for (unsigned i = 0; i < WEAK_THREADS && scenario->threads[i] != NULL; i++) {
        begin_thread(&threads[i], scenario->threads[i], scenario->mortal >> i & 1);
        eyes[thread_count++] = &threads[i].eyes;
    }
    memory_begin(64 + 64 * weak_random(3), eyes, thread_count);
}

/* One that can go on, at random; NULL: none. */
static struct thread *pick(void)
{
    struct thread *ready[WEAK_THREADS];
    unsigned count = 0;

    for (unsigned i = 0; i < thread_count; i++) {
        if (threads[i].state == WAITING && threads[threads[i].waits_for].state == ENDED)
            threads[i].state = READY;
        if (threads[i].state == READY)
            ready[count++] = &threads[i];
    }
    return count == 0 ? NULL : ready[weak_random(count)];
}

static bool round_fails(const struct scenario *scenario)
{
    struct thread *next;

    begin_round(scenario);
    while (!failed && steps <= STEPS && (next = pick()) != NULL)
        resume(next);
    if (!failed && steps <= STEPS && scenario->check != NULL) {
        memory_write_back(true);
        undoes = true;
        scenario->check();
        undoes = false;
        undo_all();
    }
    memory_write_back(false);
    return failed;
}

unsigned weak_run(const struct scenario *scenario, unsigned rounds, uint64_t seed)
{
    failed = false;
    for (unsigned round = 1; round <= rounds; round++) {
        random_state = seed * UINT64_C(0x2545f4914f6cdd1d) + round;
        if (round_fails(scenario))
            return round;
    }
    return 0;
}
