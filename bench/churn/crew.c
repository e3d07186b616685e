/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "crew.h"

#include "measure.h"
#include "scratch.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEAD_NS = 1000000 }; /* from the call to the common start, for everybody to wake */

/* What parent and one thread of a worker exchange; a cache line pair each. */
struct seat {
    sem_t go;
    uint64_t units;
    uint64_t elapsed_ns;
} __attribute__((aligned(128)));

struct board { /* shared with the workers */
    sem_t done;
    uint64_t start_ns, measure_ns, stop_ns;
    bool quit;
    enum crew_clock clock;
    struct seat seats[];
};

struct crew {
    struct crew_task task;
    unsigned workers, threads, first_core;
    pid_t *pids;
    struct board *board;
};

struct post { /* what a thread of a worker is told */
    struct crew *crew;
    unsigned seat;
};

void *shared_alloc(uint64_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        bench_fail("no memory for %llu bytes: %m", (unsigned long long)bytes);
    return memory;
}

void shared_free(void *memory, uint64_t bytes)
{
    munmap(memory, bytes);
}

static uint64_t board_bytes(const struct crew *crew)
{
    return sizeof(struct board) + crew->workers * crew->threads * sizeof(struct seat);
}

static uint64_t work_until(const struct crew_task *task, void *state, uint64_t until_ns)
{
    uint64_t units = 0;
    do
        units += task->step(state);
    while (now_ns() < until_ns);
    return units;
}

static void seat_round(struct crew *crew, struct seat *seat, void *state)
{
    const struct board *board = crew->board;
    while (now_ns() < board->start_ns)
        ;
    work_until(&crew->task, state, board->measure_ns);

    uint64_t cpu_start_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    seat->units = work_until(&crew->task, state, board->stop_ns);
    /* On the wall all begin together: one that waited for its core has lost that time. */
    seat->elapsed_ns = board->clock == CREW_CPU ? clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_start_ns
                                                : now_ns() - board->measure_ns;
}

static void *seat_main(void *arg)
{
    struct post *post = arg;
    struct crew *crew = post->crew;
    struct board *board = crew->board;
    struct seat *seat = &board->seats[post->seat];

    pin_to_core(crew->first_core + post->seat);
    void *state = crew->task.begin(crew->task.arg, post->seat);
    for (;;) {
        sem_post(&board->done);
        while (sem_wait(&seat->go) != 0)
            ;
        if (board->quit)
            break;
        seat_round(crew, seat, state);
    }
    if (crew->task.end != NULL)
        crew->task.end(state);
    free(post);
    return NULL;
}

static _Noreturn void worker_main(struct crew *crew, unsigned worker)
{
    pthread_t *threads = calloc(crew->threads, sizeof(*threads));
    for (unsigned t = 0; t < crew->threads; t++) {
        struct post *post = malloc(sizeof(*post));
        if (threads == NULL || post == NULL)
            bench_fail("no memory");
        *post = (struct post){crew, worker * crew->threads + t};
        if (pthread_create(&threads[t], NULL, seat_main, post) != 0)
            bench_fail("no thread");
    }
    for (unsigned t = 0; t < crew->threads; t++)
        pthread_join(threads[t], NULL);
    _exit(0);
}

static void check_alive(const struct crew *crew)
{
    if (interrupted())
        bench_fail("interrupted");
    for (unsigned w = 0; w < crew->workers; w++)
        if (waitpid(crew->pids[w], NULL, WNOHANG) != 0)
            bench_fail("worker %u ended early", w);
}

static void wait_for_all(const struct crew *crew)
{
    for (unsigned left = crew->workers * crew->threads; left > 0;) {
        struct timespec soon;
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_sec++;
        if (sem_timedwait(&crew->board->done, &soon) == 0)
            left--;
        else
            check_alive(crew);
    }
}

struct crew *crew_hire(const struct crew_task *task, unsigned workers, unsigned threads,
                       unsigned first_core)
{
    struct crew *crew = malloc(sizeof(*crew));
    pid_t *pids = calloc(workers, sizeof(*pids));
    if (crew == NULL || pids == NULL)
        bench_fail("no memory");
    *crew = (struct crew){*task, workers, threads, first_core, pids, NULL};
    crew->board = shared_alloc(board_bytes(crew));
    sem_init(&crew->board->done, 1, 0);
    for (unsigned s = 0; s < workers * threads; s++)
        sem_init(&crew->board->seats[s].go, 1, 0);

    for (unsigned w = 0; w < workers; w++) {
        pids[w] = fork_helper();
        if (pids[w] == 0)
            worker_main(crew, w);
    }
    wait_for_all(crew);
    return crew;
}

static void wake_all(struct crew *crew)
{
    for (unsigned s = 0; s < crew->workers * crew->threads; s++)
        sem_post(&crew->board->seats[s].go);
}

uint64_t crew_start(struct crew *crew, uint64_t duration_ns, enum crew_clock clock)
{
    struct board *board = crew->board;
    board->clock = clock;
    board->start_ns = now_ns() + LEAD_NS;
    board->measure_ns = board->start_ns + duration_ns / 5;
    board->stop_ns = board->measure_ns + duration_ns;
    wake_all(crew);
    return board->stop_ns;
}

struct crew_result crew_wait(struct crew *crew)
{
    unsigned seats = crew->workers * crew->threads;
    struct crew_result result = {0};
    uint64_t elapsed_ns = 0;

    wait_for_all(crew);
    for (unsigned s = 0; s < seats; s++) {
        const struct seat *seat = &crew->board->seats[s];
        result.units += seat->units;
        elapsed_ns += seat->elapsed_ns;
        result.units_per_s += (double)seat->units * 1e9 / (double)seat->elapsed_ns;
    }
    result.ns_per_unit = (double)elapsed_ns / (double)result.units;
    if (crew->board->clock == CREW_CPU && seats > cores())
        result.units_per_s *= (double)cores() / seats;
    return result;
}

struct crew_result crew_round(struct crew *crew, uint64_t duration_ns, enum crew_clock clock)
{
    crew_start(crew, duration_ns, clock);
    return crew_wait(crew);
}

void crew_dismiss(struct crew *crew)
{
    crew->board->quit = true;
    wake_all(crew);
    for (unsigned w = 0; w < crew->workers; w++)
        while (waitpid(crew->pids[w], NULL, 0) < 0 && errno == EINTR)
            ;
    shared_free(crew->board, board_bytes(crew));
    free(crew->pids);
    free(crew);
}
