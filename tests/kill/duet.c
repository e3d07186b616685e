/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "duet.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SERIALS   UINT64_C(24000007)
#define MOMENT_NS 100000
#define MOMENTS   30     /* a call that has not ended by then waits for the other thread */
#define PATIENCE  600000 /* a minute: a call that has not ended by then never ends */

/* ---- the calls ------------------------------------------------------------------------------ */

static int take(struct stage *stage, enum player player)
{
    connstat_id id;

    return enter(stage->world->cs, 0, stage->serial + 24 * (10 + player), &id);
}

static int give_firsts(struct stage *stage, enum player player)
{
    (void)player;
    return connstat_unregister(stage->world->cs, stage->ids[FIRST][0]);
}

static int give_firsts_other(struct stage *stage, enum player player)
{
    (void)player;
    return connstat_unregister(stage->world->cs, stage->ids[FIRST][1]);
}

static int give_seconds(struct stage *stage, enum player player)
{
    (void)player;
    return connstat_unregister(stage->world->cs, stage->ids[SECOND][0]);
}

static int own(struct stage *stage, enum player player)
{
    (void)player;
    return connstat_own_by_thread(stage->world->cs, true);
}

static int leave(struct stage *stage, enum player player)
{
    (void)player;
    return connstat_leave(stage->world->cs);
}

/* The child finds what its parent had, and finds its own way on. */
static void live_as_child(struct stage *stage)
{
    connstat_t *cs = stage->world->cs;
    connstat_id id;

    if (!stage->duet->growing)
        _exit(0);
    if (connstat_count(cs, 0) < (uint64_t)CAPACITY || enter(cs, 0, stage->serial, &id) != 0 ||
        connstat_unregister(cs, id) != 0 || connstat_leave(cs) != 0)
        _exit(1);
    _exit(0);
}

static int fork_once(struct stage *stage, enum player player)
{
    pid_t child = fork();
    int status = 0;

    (void)player;
    if (child == 0)
        live_as_child(stage);
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -errno;
    return status == 0 ? 0 : -EPROTO;
}

static int list_it(const struct connstat_entry *entry, void *arg)
{
    *(int *)arg += entry->metadata_count == 3;
    return 0;
}

static int list(struct stage *stage, enum player player)
{
    int whole = 0;

    (void)player;
    return connstat_for_each(stage->world->cs, 0, list_it, &whole) == whole ? 0 : -EPROTO;
}

#define TAKE(...)                                                                                  \
    {                                                                                              \
        .run = take, .grows = 1, __VA_ARGS__                                                       \
    }
#define GIVE(whose)                                                                                \
    {                                                                                              \
        .run = give_##whose, .grows = -1, .refusal = -ENOENT                                       \
    }

const struct duet duets[] = {
    {"one id twice, parking", 2, {2, 1}, .rivals = true, .call = {GIVE(firsts), GIVE(firsts)}},
    {"one id twice, freeing",
     0,
     {6, 1},
     .closed = 4,
     .rivals = true,
     .call = {GIVE(firsts), GIVE(firsts)}},
    {"one id twice, the second's",
     2,
     {1, 2},
     .rivals = true,
     .call = {GIVE(seconds), GIVE(seconds)}},
    {"one id twice, key",
     2,
     {2, 1},
     .keyed = true,
     .rivals = true,
     .call = {GIVE(firsts), GIVE(firsts)}},
    {"one id twice, thread's own, by another",
     2,
     {1, 2},
     .owns = true,
     .rivals = true,
     .call = {GIVE(seconds), GIVE(seconds)}},
    {"one id twice, by a thread with a record",
     2,
     {2, 1},
     .owns = true,
     .rivals = true,
     .call = {GIVE(firsts), GIVE(firsts)}},
    {"one id twice, thread's own, key",
     2,
     {1, 2},
     .keyed = true,
     .owns = true,
     .rivals = true,
     .call = {GIVE(seconds), GIVE(seconds)}},
    {"two ids of one thread", 2, {2, 1}, .call = {GIVE(firsts), GIVE(firsts_other)}},
    {"two ids of one thread, key",
     2,
     {2, 1},
     .keyed = true,
     .call = {GIVE(firsts), GIVE(firsts_other)}},
    {"each the other's", 2, {1, 1}, .call = {GIVE(seconds), GIVE(firsts)}},
    {"each the other's, thread's own",
     2,
     {1, 1},
     .owns = true,
     .call = {GIVE(seconds), GIVE(firsts)}},
    {"unregister, register in a full table",
     5,
     {2, 1},
     .call = {GIVE(firsts), TAKE(.refusal = -ENOSPC)}},
    {"register, unregister in a full table",
     5,
     {1, 2},
     .call = {TAKE(.refusal = -ENOSPC), GIVE(seconds)}},
    {"register, register the last",
     5,
     {1, 1},
     .rivals = true,
     .call = {TAKE(.refusal = -ENOSPC), TAKE(.refusal = -ENOSPC)}},
    {"unregister, a newcomer registers",
     2,
     {2, 0},
     .newcomer = true,
     .call = {GIVE(firsts), TAKE()}},
    {"unregister, a newcomer unregisters it",
     2,
     {2, 0},
     .newcomer = true,
     .rivals = true,
     .call = {GIVE(firsts), GIVE(firsts)}},
    {"unregister, a newcomer another",
     2,
     {2, 0},
     .newcomer = true,
     .call = {GIVE(firsts), GIVE(firsts_other)}},
    {"register, a newcomer registers", 2, {2, 0}, .newcomer = true, .call = {TAKE(), TAKE()}},
    {"register again, a newcomer registers",
     2,
     {3, 0},
     .closed = 2,
     .newcomer = true,
     .call = {TAKE(), TAKE()}},
    {"register, a newcomer unregisters",
     2,
     {2, 0},
     .newcomer = true,
     .call = {TAKE(), GIVE(firsts)}},
    {"register, a newcomer owns", 2, {2, 0}, .newcomer = true, .call = {TAKE(), {.run = own}}},
    {"unregister, fork", 2, {2, 1}, .forks = true, .call = {GIVE(firsts), {.run = fork_once}}},
    {"unregister, a newcomer forks",
     2,
     {2, 0},
     .newcomer = true,
     .forks = true,
     .call = {GIVE(firsts), {.run = fork_once}}},
    {"unregister, list", 2, {2, 1}, .call = {GIVE(firsts), {.run = list}}},
    {"register, leave", 2, {2, 1}, .call = {TAKE(), {.run = leave, .leaves = true}}},
    {"unregister, leave", 2, {2, 1}, .call = {GIVE(firsts), {.run = leave, .leaves = true}}},
    {"leave, register", 2, {2, 1}, .call = {{.run = leave, .leaves = true}, TAKE()}},
    {"leave, unregister", 2, {2, 1}, .call = {{.run = leave, .leaves = true}, GIVE(firsts)}},
    {"register, growing, register", 5, {2, 1}, .growing = true, .call = {TAKE(), TAKE()}},
    {"register, growing, list", 5, {2, 1}, .growing = true, .call = {TAKE(), {.run = list}}},
    {"register, growing, fork",
     5,
     {2, 1},
     .growing = true,
     .forks = true,
     .call = {TAKE(), {.run = fork_once}}},
};
const size_t duet_count = sizeof(duets) / sizeof(duets[0]);

/* ---- the process ---------------------------------------------------------------------------- */

int duet_standing(const struct duet *duet)
{
    return duet->entries[FIRST] + duet->entries[SECOND] - duet->closed;
}

static bool prepare(struct stage *stage, enum player player)
{
    const struct duet *duet = stage->duet;
    connstat_t *cs = stage->world->cs;

    for (int i = 0; i < duet->entries[player]; i++) {
        uint64_t serial = stage->serial + 24 * (uint64_t)(5 * player + i);
        connstat_id *id = &stage->ids[player][i];

        if ((duet->keyed ? enter_key(cs, 0, serial, 0, id) : enter(cs, 0, serial, id)) != 0)
            return false;
    }
    for (int i = 0; player == FIRST && i < duet->closed; i++)
        if (connstat_unregister(cs, stage->ids[FIRST][duet->entries[FIRST] - 1 - i]) != 0)
            return false;
    return true;
}

static void perform(struct stage *stage, enum player player)
{
    bracket_begin();
    stage->result[player] = stage->duet->call[player].run(stage, player);
    bracket_end();
    stage->ended++;
}

static void *second_life(void *arg)
{
    struct stage *stage = arg;

    if (stage->duet->owns && connstat_own_by_thread(stage->world->cs, true) != 0)
        abort();
    if (!prepare(stage, SECOND))
        abort();
    stage->second = gettid();
    sem_post(&stage->ready);
    sem_wait(&stage->go);
    perform(stage, SECOND);
    sem_post(&stage->ready);
    sem_wait(&stage->go);
    return NULL;
}

static int first_life(void *arg)
{
    struct stage *stage = arg;
    pthread_t thread;
    sigset_t of_children;

    /* SIGCHLD is blocked: a thread under ptrace would stop when it gets one, at the end of a forked
     * child, and the test would take that for the end of a step. */
    sigemptyset(&of_children);
    sigaddset(&of_children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &of_children, NULL);
    if (!prepare(stage, FIRST) || pthread_create(&thread, NULL, second_life, stage) != 0)
        return 1;
    sem_wait(&stage->ready);
    perform(stage, FIRST);
    sem_wait(&stage->ready);
    stage->standing =
        (int64_t)connstat_count(stage->world->cs, CONNSTAT_ANY_TYPE) - stage->world->judges_count;
    /* Ends the process, not this thread alone: a thread that owns entries would take them with it. */
    _exit(0);
}

static void await_trap(pid_t thread, const void *where)
{
    int status;

    require(waitpid(thread, &status, __WALL) == thread);
    require(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    require(child_stands(thread) == (uint64_t)(uintptr_t)where + 1);
}

void duet_start(const struct duet *duet, struct players *players, uint64_t serial)
{
    struct stage *stage =
        mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    require(stage != MAP_FAILED);
    if (duet->growing)
        world_make_growing(&players->world, duet->crowd);
    else
        world_make(&players->world, duet->crowd);
    *stage = (struct stage){
        .world = &players->world, .duet = duet, .serial = SERIALS + 24 * 20 * serial};
    require(sem_init(&stage->ready, 1, 0) == 0 && sem_init(&stage->go, 1, 0) == 0);
    players->stage = stage;
    players->first = child_start(first_life, stage);
    players->second = stage->second;
    require(ptrace(PTRACE_SEIZE, players->second, NULL, PTRACE_O_EXITKILL) == 0);
    sem_post(&stage->go);
    await_trap(players->second, (const void *)bracket_begin);
}

void duet_await(pid_t thread)
{
    await_trap(thread, (const void *)bracket_end);
}

/* Waits until the thread has stopped, at most so many moments. False: it has not. */
static bool ends_within(pid_t thread, int moments)
{
    const struct timespec moment = {.tv_nsec = MOMENT_NS};
    siginfo_t info = {0};

    require(ptrace(PTRACE_CONT, thread, NULL, NULL) == 0);
    for (int i = 0; i < moments; i++) {
        require(waitid(P_PID, (id_t)thread, &info,
                       WSTOPPED | WEXITED | WNOHANG | WNOWAIT | __WALL) == 0);
        if (info.si_pid == thread) {
            duet_await(thread);
            return true;
        }
        nanosleep(&moment, NULL);
    }
    return false;
}

bool duet_run(pid_t thread)
{
    return ends_within(thread, MOMENTS);
}

void duet_run_unhindered(pid_t thread)
{
    require(ends_within(thread, PATIENCE));
}

/* Takes note of the second thread's end. Until its tracer has done so, the thread is not gone and its
 * process does not become a zombie. */
static void bury_second(const struct players *players)
{
    int status;

    do
        require(waitpid(players->second, &status, __WALL) == players->second);
    while (WIFSTOPPED(status));
}

void duet_finish(struct players *players)
{
    int status;

    require(ptrace(PTRACE_CONT, players->second, NULL, NULL) == 0);
    require(ptrace(PTRACE_CONT, players->first, NULL, NULL) == 0);
    bury_second(players);
    require(waitpid(players->first, &status, __WALL) == players->first);
    require(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    require(players->stage->ended == 2);
}

void duet_kill(struct players *players)
{
    require(kill(players->first, SIGKILL) == 0);
    bury_second(players);
    child_kill(players->first);
}

void duet_end(struct players *players)
{
    require(munmap(players->stage, sizeof(*players->stage)) == 0);
    world_end(&players->world);
}
