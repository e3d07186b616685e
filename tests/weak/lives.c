/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Records: who joins, leaves and dies, and what is told of the dead.
 */
#include "members.h"
#include "scenarios.h"

#include "records/obituary.h"
#include "records/sweep.h"

#include <stdio.h>
#include <string.h>

static bool record_is_live(uint32_t index)
{
    return record_state(atomic_load_explicit(&segment_record(&world, index)->word,
                                             memory_order_relaxed)) == RECORD_ALIVE;
}

/* ---- leaving and joining ---------------------------------------------------------------------- */

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

const struct scenario join_scenario = {
    .name = "join",
    .setup = members_make,
    .threads = {members_leave_0, members_join_200, looks_at_workers},
    .check = live_means_in_the_map};

/* Two come to the same record, one after the other. */
static void leaves_1(void)
{
    members_leave(1);
}

static void comes_and_leaves(void)
{
    uint32_t index;
    uint64_t word;

    if (members_join_soon(201, &index, &word)) {
        word = record_mark_leaving(&world, index, word);
        EXPECT(word != 0);
        sweep_record(&world, index, word, index, word);
    }
}

const struct scenario rejoin_scenario = {
    .name = "rejoin",
    .setup = members_make,
    .threads = {members_leave_0, leaves_1, comes_and_leaves, members_join_200},
    .check = live_means_in_the_map};

/* ---- obituaries ------------------------------------------------------------------------------- */

static void bury(uint32_t record)
{
    uint64_t word = members_words[record];

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
        sweep_record(&world, record, word, 3, members_words[3]);
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
    if (members_join(200, &index, &word))
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
    .setup = members_make,
    .threads = {buries_both, buries_both_and_joins, reads_obituaries},
    .check = two_obituaries};
