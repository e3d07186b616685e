/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "members.h"

#include "records/sweep.h"

#include <stdio.h>

uint64_t members_words[WORKERS];

bool members_join(uint32_t pid, uint32_t *index, uint64_t *word)
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

bool members_join_soon(uint32_t pid, uint32_t *index, uint64_t *word)
{
    for (int tries = 0; tries < 20; tries++) {
        if (members_join(pid, index, word))
            return true;
        world_wait(100);
    }
    return false;
}

struct shard_type *members_counters(uint32_t record)
{
    return shard_types(segment_shard(&world, shard_index_own(record)));
}

void members_make(void)
{
    uint32_t index;

    world_make(8);
    for (uint32_t i = 0; i < WORKERS; i++)
        (void)members_join(100 + i, &index, &members_words[i]);
    for (uint32_t i = 0; i < 2; i++) {
        counter_add(&members_counters(0)->opened, true);
        counter_add(&members_counters(1)->opened, true);
    }
}

void members_leave(uint32_t record)
{
    uint64_t leaving = record_mark_leaving(&world, record, members_words[record]);

    EXPECT(leaving != 0);
    sweep_record(&world, record, leaving, record, leaving);
}

void members_leave_0(void)
{
    members_leave(0);
}

void members_join_200(void)
{
    uint32_t index;
    uint64_t word;

    if (members_join_soon(200, &index, &word))
        counter_add(&members_counters(index)->opened, true);
}
