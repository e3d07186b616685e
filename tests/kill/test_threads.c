/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Two threads of one process, each in a call of its own.
 *   1. One is stopped after instructions of its call, chosen as in step.h; the other makes its whole call; the first
 *      goes on. The other's call must end meanwhile: nobody waits for a thread of its own process. Two
 *      exceptions: who leaves the segment waits for calls under way, and fork waits for a thread that is
 *      looking for the dead (a full table makes it look). There the first thread goes on after a moment.
 *   2. The process is killed at each of these points, before or after the other thread's call.
 *   3. Both threads are stopped in the middle of their calls, at some of the points.
 * Of two threads that unregister one entry one must get 0 and the other -ENOENT; and all invariants
 * must hold in the end. Arguments: stop or kill, and the numbers of the pairs of calls.
 */
#include "duet.h"
#include "judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OFTEN   3   /* so many turns of a loop are tried without exception, or $KILL_TURNS */
#define KILLED  32  /* of points at which nothing visible changes one in so many, or $KILL_SHARE */
#define STOPPED 16  /* the same where it is stopped */
#define PAIRS   12  /* so many points of each of two threads are tried with one another */
#define FEW     4   /* where they grow a table or join, which takes long to trace */
#define SECONDS 840 /* only a hang ends here */

static uint64_t seed;

static pid_t pid_of(const struct players *players, enum player player)
{
    return player == FIRST ? players->first : players->second;
}

static bool leaves(const struct duet *duet)
{
    return duet->call[FIRST].leaves || duet->call[SECOND].leaves;
}

/* May a thread's call wait for the other thread, which is stopped in the middle of its own? */
static bool may_wait(const struct duet *duet)
{
    return leaves(duet) || (duet->forks && duet->growing);
}

static int most(const struct duet *duet)
{
    return duet_standing(duet) + (duet->call[FIRST].grows > 0) + (duet->call[SECOND].grows > 0);
}

static int least(const struct duet *duet)
{
    if (leaves(duet))
        return 0;
    return duet_standing(duet) - (duet->call[FIRST].grows < 0) - (duet->call[SECOND].grows < 0);
}

/* ---- who goes on ---------------------------------------------------------------------------- */

static void use_the_pause(const struct duet *duet, struct players *players)
{
    int in_flight = 2 + duet->closed + (leaves(duet) ? duet_standing(duet) : 0);
    int low = least(duet);

    world_use(&players->world, low > 0 ? (uint64_t)low : 0, (uint64_t)most(duet),
              (uint64_t)in_flight);
}

/* Lets `player`, then the other, run to the end of its call. If the first waits for the other, it must
 * end once the other has. */
static void both_go_on(const struct players *players, enum player player)
{
    bool ended = duet_run(pid_of(players, player));

    if (!duet_run(pid_of(players, !player)))
        duet_await(pid_of(players, !player));
    if (!ended)
        duet_await(pid_of(players, player));
}

static bool is_right(const struct call *call, int result)
{
    return result == 0 || (call->refusal != 0 && result == call->refusal);
}

static void judge_results(const struct duet *duet, const struct stage *stage)
{
    int standing = duet_standing(duet), successes = 0;

    for (int player = FIRST; player <= SECOND; player++) {
        const struct call *call = &duet->call[player];

        require(is_right(call, stage->result[player]) ||
                (leaves(duet) && stage->result[player] == -ENOENT));
        if (stage->result[player] == 0) {
            standing += call->grows;
            successes++;
        }
    }
    require(!duet->rivals || successes == 1);
    require(duet->rivals || duet->call[FIRST].refusal == -ENOSPC ||
            duet->call[SECOND].refusal == -ENOSPC || leaves(duet) || successes == 2);
    if (leaves(duet))
        require(stage->standing >= 0 && stage->standing <= 1);
    else
        require(stage->standing == standing);
}

static void judge(const struct duet *duet, struct players *players, int64_t low, int64_t high,
                  bool killed)
{
    struct verdict verdict = {
        .pid = players->first,
        .exited = !killed,
        .deaths_min = leaves(duet) ? 0 : 1,
        /* Two deaths, if a thread has a record of its own, or if the process left the segment and
         * joined it again: then it had two records. */
        .deaths_max = duet->owns || duet->newcomer || leaves(duet) ? 2 : 1,
        .lost_min = (uint64_t)(low > 0 ? low : 0),
        .lost_max = (uint64_t)high,
    };

    require(connstat_reap(players->world.cs) >= 0);
    world_judge(&players->world, &verdict);
    duet_end(players);
}

static void finish(const struct duet *duet, struct players *players)
{
    int64_t standing;

    duet_finish(players);
    judge_results(duet, players->stage);
    standing = players->stage->standing;
    judge(duet, players, standing, standing, false);
}

/* ---- one stopped ---------------------------------------------------------------------------- */

/* Traces the call of `player` while the other thread stands at the beginning of its own or, if `first`
 * is given, while the first thread stands at the point m of that trace. */
static void walk(const struct duet *duet, enum player player, const struct trace *first, size_t m,
                 struct trace *trace)
{
    struct players players;
    struct image image;

    duet_start(duet, &players, 0);
    world_map(&image);
    if (first != NULL)
        (void)child_run_to(players.first, first, m);
    child_trace(pid_of(&players, player), &image, trace);
    world_unmap(&image);
    both_go_on(&players, player);
    finish(duet, &players);
}

/* False: it took another way than the trace, and was stopped somewhere else. */
static bool stop_at(const struct duet *duet, enum player player, const struct trace *trace,
                    size_t n)
{
    struct players players;
    bool there, ended = true;

    say_where(duet->name, n);
    duet_start(duet, &players, n);
    there = child_run_to(pid_of(&players, player), trace, n);
    if (may_wait(duet))
        ended = duet_run(pid_of(&players, !player));
    else
        duet_run_unhindered(pid_of(&players, !player));
    if (ended)
        use_the_pause(duet, &players);
    if (!duet_run(pid_of(&players, player)))
        duet_await(pid_of(&players, player));
    if (!ended)
        duet_await(pid_of(&players, !player));
    finish(duet, &players);
    return there;
}

static bool kill_at(const struct duet *duet, enum player player, const struct trace *trace,
                    size_t n, bool other_runs)
{
    struct players players;
    int low = least(duet), high = most(duet);
    bool there, ended = false;

    say_where(duet->name, n);
    duet_start(duet, &players, n);
    there = child_run_to(pid_of(&players, player), trace, n);
    if (other_runs)
        ended = duet_run(pid_of(&players, !player));
    duet_kill(&players);
    if (ended && !leaves(duet)) { /* the other's call has ended: its result must be true already */
        const struct call *call = &duet->call[!player];
        int result = players.stage->result[!player];

        require(is_right(call, result));
        if (result == 0 && call->grows > 0)
            low++;
        if (result == 0 && call->grows < 0)
            high--;
        if (result == 0 && duet->rivals && call->grows < 0)
            low++; /* it failed, so it has taken nothing away */
        if (result != 0 && call->grows > 0)
            high--;
    }
    if (n % 2 == 1)
        child_bury(players.first);
    require(connstat_reap(players.world.cs) >= 0);
    if (n % 2 == 0)
        child_bury(players.first);
    judge(duet, &players, low, high, true);
    return there;
}

static size_t one_stopped(const struct duet *duet, enum player player, const struct trace *trace,
                          bool kills)
{
    /* A call that grows its table takes long to judge: so much less of it. */
    unsigned turns = duet->growing ? (turns_choose(OFTEN) + 2) / 3 : turns_choose(OFTEN);
    const struct choice choice = {
        .own = turns, .share = share_choose(kills ? KILLED : STOPPED), .seed = seed};
    size_t points = 0, there = 0;

    for (size_t n = 0; n < trace->count; n++) {
        if (!trace_chosen(trace, n, &choice))
            continue;
        if (kills) {
            there += kill_at(duet, player, trace, n, false);
            there += kill_at(duet, player, trace, n, true);
        } else {
            there += stop_at(duet, player, trace, n);
        }
        points += 1 + kills;
    }
    printf("%-40s %6zu instructions of the %s, %5zu %s points, %zu exactly there\n", duet->name,
           trace->count, player == FIRST ? "first" : "second", points, kills ? "kill" : "stop",
           there);
    fflush(stdout);
    return points;
}

/* ---- both stopped --------------------------------------------------------------------------- */

static void stop_both(const struct duet *duet, const struct trace *first, size_t m,
                      const struct trace *second, size_t n, bool kills, enum player goes_on)
{
    struct players players;

    say_where(duet->name, m * 1000000 + n);
    duet_start(duet, &players, n);
    (void)child_run_to(players.first, first, m);
    (void)child_run_to(players.second, second, n);
    if (kills) {
        duet_kill(&players);
        child_bury(players.first);
        judge(duet, &players, least(duet), most(duet), true);
    } else {
        both_go_on(&players, goes_on);
        finish(duet, &players);
    }
}

/* Stops both threads in the middle of their calls. Not for calls that may wait for each other: with
 * the first one stopped the second would never come to its point. */
static size_t both_stopped(const struct duet *duet, const struct trace *first, bool kills)
{
    size_t points = duet->growing ? FEW : PAIRS;
    size_t stride = first->count / (duet->newcomer ? FEW : points) + 1, pairs = 0;

    if (duet->forks || leaves(duet))
        return 0;
    for (size_t m = seed % stride; m < first->count; m += stride) {
        struct trace second;
        size_t step;

        walk(duet, SECOND, first, m, &second);
        step = second.count / points + 1;
        for (size_t n = seed % step; n < second.count; n += step)
            stop_both(duet, first, m, &second, n, kills, pairs++ % 2 == 0 ? FIRST : SECOND);
        trace_free(&second);
    }
    printf("%-40s %6zu pairs\n", duet->name, pairs);
    fflush(stdout);
    return pairs;
}

static size_t play(const struct duet *duet, bool kills)
{
    struct trace trace;
    size_t points = 0;

    for (int player = FIRST; player <= (duet->forks ? FIRST : SECOND); player++) {
        say_where(duet->name, 0);
        for (int round = 0; round < 2; round++) { /* twice: test_kill.c says why */
            walk(duet, player, NULL, 0, &trace);
            (void)kill_at(duet, player, &trace, 0, true);
            (void)kill_at(duet, player, &trace, 1, true);
            if (round == 0)
                trace_free(&trace);
        }
        points += one_stopped(duet, player, &trace, kills);
        if (player == FIRST)
            points += both_stopped(duet, &trace, kills);
        trace_free(&trace);
    }
    return points;
}

int main(int argc, char **argv)
{
    bool kills = argc > 1 && strcmp(argv[1], "kill") == 0;
    size_t points = 0;

    alarm(SECONDS);
    seed = seed_choose();
    worlds_begin();
    for (int i = 2; i < argc; i++)
        points += play(&duets[strtoul(argv[i], NULL, 10) % duet_count], kills);
    for (size_t i = 0; argc <= 2 && i < duet_count; i++)
        points += play(&duets[i], kills);
    worlds_end();
    printf("%zu %s points, seed %llu\n", points, kills ? "kill" : "stop", (unsigned long long)seed);
    return 0;
}
