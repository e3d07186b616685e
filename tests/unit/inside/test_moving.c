/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A worker is killed in the middle of a move, or replaces its program there. Its record says that a
 * move is begun and not done, until it is settled; lists of all types go on meanwhile.
 */
#include "harness.h"

#include "records/moving.h"
#include "records/record.h"
#include "records/resume.h"
#include "worker/handle.h"

static const struct segment *segment_of(connstat_t *cs)
{
    return atomic_load(&cs->attachment)->segment;
}

static uint64_t open_moves(connstat_t *cs, uint32_t record)
{
    const struct shard *shard = segment_shard(segment_of(cs), shard_index_shared(record));

    return atomic_load(&shard->moves) - atomic_load(&shard->moves_done);
}

static connstat_t *register_one(connstat_id *id)
{
    connstat_t *cs;

    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, id) == 0);
    return cs;
}

/* The steps of lib/move.c up to the one before the exchange, with a number that nothing has. */
static void join_and_begin(struct child *self, void *arg)
{
    connstat_id id;

    (void)self;
    (void)arg;
    CHECK(moving_begin(segment_of(register_one(&id)), 0) > 0);
    _exit(0); /* without leaving: as one that was killed */
}

static void join(struct child *self, void *arg)
{
    connstat_id id;
    connstat_t *cs = register_one(&id);

    (void)self;
    (void)arg;
    CHECK(open_moves(cs, 0) == 0);
    CHECK(connstat_move(cs, &id, 1, NULL, 0) == 0);
    CHECK(open_moves(cs, 0) == 0);
    CHECK(listed(cs, CONNSTAT_ANY_TYPE) == 1);
    connstat_close(cs);
}

static void test_next_holder(void **state)
{
    connstat_t *cs = create_segment(64);

    (void)state;
    in_child(join_and_begin, NULL);
    assert_int_equal(open_moves(cs, 0), 1);
    /* Not found dead yet: a list looks at it for a while, and goes on. */
    assert_int_equal(moving_last(segment_of(cs), NULL), 1);
    assert_true(connstat_reap(cs) >= 0);
    assert_int_equal(open_moves(cs, 0), 1); /* of a record that is nobody's */
    assert_int_equal(listed(cs, CONNSTAT_ANY_TYPE), 0);
    in_child(join, NULL);
    assert_int_equal(open_moves(cs, 0), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

static void test_next_program(void **state)
{
    connstat_t *cs = create_segment(64);
    const struct segment *s = segment_of(cs);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    (void)moving_begin(s, 0);
    resume_record(s, 0, atomic_load(&segment_record(s, 0)->word));
    assert_int_equal(open_moves(cs, 0), 0);
    assert_int_equal(listed(cs, CONNSTAT_ANY_TYPE), 1);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_next_holder), TEST(test_next_program)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
