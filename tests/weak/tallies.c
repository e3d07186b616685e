/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Sums over counters, while those whose they are leave and die, and others take their places.
 */
#include "members.h"
#include "scenarios.h"

#include "records/obituary.h"
#include "records/sweep.h"
#include "records/tally.h"

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
    .name = "totals",
    .setup = members_make,
    .threads = {members_leave_0, members_join_200, looks_at_totals}};

/* Two of record 1 live all the while. Record 0 has two in its own shard and two in its shared one, dies,
 * and has a next holder, who settles both and opens none: so there are four of record 0, or none. */
static void setup_shared(void)
{
    struct shard_type *types;

    members_make();
    types = shard_types(segment_shard(&world, shard_index_shared(0)));
    atomic_fetch_or_explicit(&segment_record(&world, 0)->flags, RECORD_SHARED,
                             memory_order_relaxed);
    counter_add(&types->opened, false);
    counter_add(&types->opened, false);
}

static void buries_0(void)
{
    (void)record_mark_dead(&world, 0, members_words[0], 5);
    obituary_write(&world, 0, record_become(members_words[0], RECORD_DEAD), 5);
    obituary_finish(&world, 5);
    sweep_record(&world, 0, record_become(members_words[0], RECORD_BURIED), 1, members_words[1]);
}

static void follows_silently(void)
{
    uint32_t index;
    uint64_t word;

    (void)members_join_soon(200, &index, &word);
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
    int64_t shard = shard_take_extra(&world, 0, members_words[0]);
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
    int64_t shard = shard_take_extra(&world, 2, members_words[2]);
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
                                        .setup = members_make,
                                        .threads = {takes_extra, ends_0, takes_extra_1, sums_2},
                                        .check = two_were_open,
                                        .mortal = 1};

/* A thread of record 1 has a shard already, with two open; another one's shard is linked before it. Who
 * sees the new one sees the old one behind it. */
static void setup_linked(void)
{
    struct shard_type *types;

    members_make();
    types =
        shard_types(segment_shard(&world, (uint32_t)shard_take_extra(&world, 1, members_words[1])));
    counter_add(&types->opened, true);
    counter_add(&types->opened, true);
}

static void links(void)
{
    EXPECT(shard_take_extra(&world, 1, members_words[1]) >= 0);
}

static void sums_1(void)
{
    uint64_t sum = 0;

    world_wait(30);
    shard_for_each(&world, 1, sum_shard, &sum);
    EXPECT(sum == 4);
}

const struct scenario linked_scenario = {
    .name = "linked", .setup = setup_linked, .threads = {links, sums_1}};

/* A thread of record 0 has three open in a shard, and record 0 leaves; the shard's next holder counts on
 * from what was settled. */
static void setup_handed_on(void)
{
    struct shard_type *types;

    members_make();
    types =
        shard_types(segment_shard(&world, (uint32_t)shard_take_extra(&world, 0, members_words[0])));
    for (int i = 0; i < 3; i++)
        counter_add(&types->opened, true);
}

static void comes_and_goes_there(void)
{
    uint32_t first = shard_index_extra(&world, 0);
    struct shard *shard = segment_shard(&world, first);

    for (int tries = 0;
         shard_state(atomic_load_explicit(&shard->owner, memory_order_relaxed)) != SHARD_FREE;
         tries++) {
        if (tries == 50)
            return;
        world_wait(20);
    }
    if (shard_take_extra(&world, 2, members_words[2]) != first)
        return;
    counter_add(&shard_types(shard)->opened, true);
    counter_add(&shard_types(shard)->closed, true);
}

static void looks_at_totals_of_five(void)
{
    for (int round = 0; round < 2; round++) {
        struct totals totals;

        world_wait(100);
        tally_totals(&world, NULL, &totals);
        EXPECT(totals.lost[0] == 0);
    }
}

static void all_is_closed_there(void)
{
    uint64_t sum = 0;

    sum_shard(&world, segment_shard(&world, shard_index_extra(&world, 0)), &sum);
    EXPECT(sum == 0);
}

const struct scenario handed_on_scenario = {
    .name = "handed-on",
    .setup = setup_handed_on,
    .threads = {members_leave_0, comes_and_goes_there, looks_at_totals_of_five},
    .check = all_is_closed_there};
