/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Records: who joins, leaves, dies; what is told of the dead; and what counts meanwhile.
 */
#include "scenarios.h"
#include "world.h"

#include "records/obituary.h"
#include "records/record.h"
#include "records/shard.h"
#include "records/sweep.h"
#include "records/tally.h"

#include <stdio.h>
#include <string.h>

static uint64_t words[WORKERS];

/* All that a record says follows from the pid. */
static bool join(uint32_t pid, uint32_t *index, uint64_t *word)
{
    struct identity identity = {.pid = pid,
                                .pidfd_inode = pid * UINT64_C(3),
                                .start_time = pid * UINT64_C(5),
                                .pid_namespace = pid * UINT64_C(7),
                                .program = pid * UINT64_C(11)};
    char label[16];

    snprintf(label, sizeof(label), "%u", pid);
    return record_join(&world, RECORD_WORKER, &identity, world_hold, label, pid * INT64_C(1000000),
                       index, word) == 0;
}

/* Waits for a while that somebody leaves, but learns nothing from that. */
static bool join_soon(uint32_t pid, uint32_t *index, uint64_t *word)
{
    for (int tries = 0; tries < 20; tries++) {
        if (join(pid, index, word))
            return true;
        world_wait(100);
    }
    return false;
}

static struct shard_type *counters(uint32_t record)
{
    return shard_types(segment_shard(&world, shard_index_own(record)));
}

static void setup(void)
{
    uint32_t index;

    world_make(8);
    for (uint32_t i = 0; i < WORKERS; i++)
        (void)join(100 + i, &index, &words[i]);
    for (uint32_t i = 0; i < 2; i++) {
        counter_add(&counters(0)->opened, true);
        counter_add(&counters(1)->opened, true);
    }
}

static bool record_is_live(uint32_t index)
{
    return record_state(atomic_load_explicit(&segment_record(&world, index)->word,
                                             memory_order_relaxed)) == RECORD_ALIVE;
}

/* ---- leaving and joining ---------------------------------------------------------------------- */

static void leaves(void)
{
    uint64_t leaving = record_mark_leaving(&world, 0, words[0]);

    EXPECT(leaving != 0);
    sweep_record(&world, 0, leaving, 0, leaving);
}

static void joins_and_counts(uint32_t pid)
{
    uint32_t index;
    uint64_t word;

    if (!join_soon(pid, &index, &word))
        return;
    counter_add(&counters(index)->opened, true);
}

static void joins_200(void)
{
    joins_and_counts(200);
}

static void looks_at_workers(void)
{
    for (int round = 0; round < 3; round++) {
        struct live_walk walk = LIVE_WALK_BEGIN;
        uint32_t index;

        world_wait(300);
        while ((index = live_walk_next(&world, &walk)) != LIVE_WALK_END) {
            struct identity identity;
            uint64_t word;

            if (!record_visible(&world, NULL, index, &word) ||
                !record_identity(&world, index, word, &identity))
                continue;
            EXPECT(identity.pidfd_inode == identity.pid * UINT64_C(3));
            EXPECT(identity.start_time == identity.pid * UINT64_C(5));
            EXPECT(identity.pid_namespace == identity.pid * UINT64_C(7));
            EXPECT(identity.program == identity.pid * UINT64_C(11));
        }
    }
}

/* Who has joined sees its own bit, whoever clears the last holder's late. */
static void live_means_in_the_map(void)
{
    for (uint32_t i = 0; i < WORKERS; i++)
        EXPECT(!record_is_live(i) || (live_members(&world, 0) >> i & 1));
}

const struct scenario join_scenario = {.name = "join",
                                       .setup = setup,
                                       .threads = {leaves, joins_200, looks_at_workers},
                                       .check = live_means_in_the_map};

/* Two come to the same record, one after the other. */
static void leaves_1(void)
{
    uint64_t leaving = record_mark_leaving(&world, 1, words[1]);

    EXPECT(leaving != 0);
    sweep_record(&world, 1, leaving, 1, leaving);
}

static void comes_and_leaves(void)
{
    uint32_t index;
    uint64_t word;

    if (join_soon(201, &index, &word)) {
        word = record_mark_leaving(&world, index, word);
        EXPECT(word != 0);
        sweep_record(&world, index, word, index, word);
    }
}

const struct scenario rejoin_scenario = {.name = "rejoin",
                                         .setup = setup,
                                         .threads = {leaves, leaves_1, comes_and_leaves, joins_200},
                                         .check = live_means_in_the_map};

/* ---- what counts ------------------------------------------------------------------------------ */

/* Of record 0 two are open, and it leaves; who comes next opens one more. What was once seen to be
 * closed is never open, or lost, again. */
static void looks_at_totals(void)
{
    uint64_t closed = 0;

    for (int round = 0; round < 2; round++) {
        struct totals totals;

        tally_totals(&world, NULL, &totals);
        EXPECT(totals.lost[0] == 0);
        EXPECT(totals.closed[0] >= closed);
        EXPECT(totals.opened[0] >= totals.closed[0] && totals.opened[0] <= 5);
        closed = totals.closed[0];
    }
}

const struct scenario totals_scenario = {
    .name = "totals", .setup = setup, .threads = {leaves, joins_200, looks_at_totals}};

/* Two of record 1 live all the while. Record 0 has two in its own shard and two in its shared one, dies,
 * and has a next holder, who settles both and opens none: so there are four of record 0, or none. */
static void setup_shared(void)
{
    struct shard_type *types;

    setup();
    types = shard_types(segment_shard(&world, shard_index_shared(0)));
    atomic_fetch_or_explicit(&segment_record(&world, 0)->flags, RECORD_SHARED,
                             memory_order_relaxed);
    counter_add(&types->opened, false);
    counter_add(&types->opened, false);
}

static void buries_0(void)
{
    (void)record_mark_dead(&world, 0, words[0], 5);
    obituary_write(&world, 0, record_become(words[0], RECORD_DEAD), 5);
    obituary_finish(&world, 5);
    sweep_record(&world, 0, record_become(words[0], RECORD_BURIED), 1, words[1]);
}

static void follows_silently(void)
{
    uint32_t index;
    uint64_t word;

    (void)join_soon(200, &index, &word);
}

static void looks_at_live(void)
{
    for (int round = 0; round < 2; round++) {
        uint64_t live[MAX_TYPES];

        world_wait(300);
        tally_live(&world, NULL, live);
        EXPECT(live[0] == 6 || live[0] == 2);
        EXPECT(tally_live_type(&world, NULL, 1) == 0);
    }
}

const struct scenario live_scenario = {
    .name = "live", .setup = setup_shared, .threads = {buries_0, follows_silently, looks_at_live}};

/* ---- further threads' counters ---------------------------------------------------------------- */

static void takes_extra(void)
{
    int64_t shard = shard_take_extra(&world, 0, words[0]);
    struct shard_type *types;

    EXPECT(shard >= 0);
    types = shard_types(segment_shard(&world, (uint32_t)shard));
    counter_add(&types->opened, true);
    counter_add(&types->opened, true);
    counter_add(&types->closed, true);
}

static void ends_0(void)
{
    weak_wait_for_end_of(0);
    buries_0();
}

static void takes_extra_1(void)
{
    int64_t shard = shard_take_extra(&world, 2, words[2]);
    struct shard_type *types;

    if (shard < 0)
        return;
    types = shard_types(segment_shard(&world, (uint32_t)shard));
    counter_add(&types->opened, true);
}

static void sum_shard(const struct segment *s, struct shard *shard, void *arg)
{
    struct shard_pair pair = shard_read(shard_types(shard));

    *(uint64_t *)arg += pair.opened - pair.closed -
                        atomic_load_explicit(&shard_base(s, shard)[0], memory_order_relaxed);
}

static void sums_2(void)
{
    uint64_t sum = 0;

    world_wait(300);
    shard_for_each(&world, 2, sum_shard, &sum);
    EXPECT(sum <= 1);
}

static void two_were_open(void)
{
    struct totals totals;

    tally_totals(&world, NULL, &totals);
    EXPECT(totals.opened[0] >= totals.closed[0] + totals.lost[0]);
    EXPECT(totals.opened[0] - totals.closed[0] - totals.lost[0] <= 3);
}

const struct scenario extra_scenario = {.name = "extra",
                                        .setup = setup,
                                        .threads = {takes_extra, ends_0, takes_extra_1, sums_2},
                                        .check = two_were_open,
                                        .mortal = 1};

/* ---- obituaries ------------------------------------------------------------------------------- */

static void bury(uint32_t record)
{
    uint64_t word = words[record];

    if (record_is(&world, record, word)) {
        obituary_set_cause(&world, record, word, 2, 9);
        (void)record_mark_dead(&world, record, word, (100 + record) * INT64_C(2000000));
    }
    word = record_become(word, RECORD_DEAD);
    if (record_is(&world, record, word))
        obituary_write(&world, record, word, 1);
    word = record_become(word, RECORD_BURIED);
    if (record_is(&world, record, word)) {
        obituary_finish(&world, 1);
        sweep_record(&world, record, word, 3, words[3]);
    }
}

static void buries_both(void)
{
    bury(0);
    bury(1);
}

static void buries_both_and_joins(void)
{
    uint32_t index;
    uint64_t word;

    bury(1);
    bury(0);
    if (join(200, &index, &word))
        EXPECT(index < 2);
}

static void look_at_obituaries(uint64_t deaths)
{
    uint64_t pids = 0;

    for (uint64_t n = 1; n <= deaths; n++) {
        struct obituary_text text;
        char label[16];

        EXPECT(obituary_read(&world, n, &text));
        EXPECT(text.pid == 100 || text.pid == 101);
        snprintf(label, sizeof(label), "%u", text.pid);
        EXPECT(strcmp(text.label, label) == 0);
        EXPECT(text.joined_at_ms == text.pid);
        EXPECT(text.cause == 2 && text.status == 9);
        EXPECT(text.lost[0] == 2);
        EXPECT(text.pid != pids);
        pids = text.pid;
    }
}

static void reads_obituaries(void)
{
    uint64_t deaths = 0;

    for (int i = 0; i < 2; i++) {
        uint64_t now = obituary_last(&world);

        EXPECT(now >= deaths && now <= 2);
        deaths = now;
        look_at_obituaries(deaths);
    }
}

static void two_obituaries(void)
{
    EXPECT(obituary_last(&world) == 2);
    look_at_obituaries(2);
}

const struct scenario obituary_scenario = {
    .name = "obituary",
    .setup = setup,
    .threads = {buries_both, buries_both_and_joins, reads_obituaries},
    .check = two_obituaries};
