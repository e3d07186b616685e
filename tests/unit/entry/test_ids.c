/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Ids that are none, or no longer, or those of another process.
 */
#include "harness.h"

static void register_one(struct child *self, void *arg)
{
    connstat_t *cs;
    connstat_id id;

    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(write(*(int *)arg, &id, sizeof(id)) == sizeof(id));
    child_pause(self);
}

static void test_an_id_of_another_process(void **state)
{
    connstat_t *cs = create_segment(8);
    struct child child;
    connstat_id id;
    int ids[2];

    (void)state;
    assert_int_equal(pipe(ids), 0);
    child = child_start(register_one, &ids[1]);
    child_reached(&child);
    assert_int_equal(read(ids[0], &id, sizeof(id)), sizeof(id));
    assert_int_equal(connstat_unregister(cs, id), -EPERM);
    assert_int_equal(connstat_count(cs, 0), 1);
    child_kill(&child);
    assert_int_equal(connstat_unregister(cs, id), -ENOENT);
    connstat_reap(cs);
    assert_int_equal(connstat_unregister(cs, id), -ENOENT);
    assert_int_equal(connstat_count(cs, 0), 0);
    close(ids[0]);
    close(ids[1]);
    connstat_close(cs);
}

/* A million random ids, and a thousand that differ a little from a real one, never hit an entry. */
static void test_garbage_ids(void **state)
{
    enum { LIVE = 500 };
    connstat_t *cs = create_segment(1024);
    connstat_id ids[LIVE], stale[LIVE];
    uint64_t random = 4711;

    (void)state;
    for (int i = 0; i < LIVE; i++) {
        assert_int_equal(connstat_register(cs, i % 9, NULL, 0, &stale[i]), 0);
        assert_int_equal(connstat_unregister(cs, stale[i]), 0);
        assert_int_equal(connstat_register(cs, i % 9, NULL, 0, &ids[i]), 0);
    }
    for (int i = 0; i < 1000000; i++) {
        connstat_id garbage = next_random(&random) >> (i % 8 ? 0 : i % 64);
        int result = connstat_unregister(cs, garbage);

        if (result != (garbage == 0 ? 0 : -ENOENT))
            fail_msg("id %#llx: %d", (unsigned long long)garbage, result);
    }
    for (int i = 0; i < LIVE; i++) {
        assert_int_equal(connstat_unregister(cs, stale[i]), -ENOENT);
        for (int bit = 0; bit < 64; bit++) {
            connstat_id near = ids[i] ^ (UINT64_C(1) << bit);
            bool live = false;

            for (int k = 0; k < LIVE; k++)
                live |= ids[k] == near;
            if (!live)
                assert_int_equal(connstat_unregister(cs, near), near ? -ENOENT : 0);
        }
    }
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), LIVE);
    assert_int_equal(listed(cs, CONNSTAT_ANY_TYPE), LIVE);
    for (int i = 0; i < LIVE; i++)
        assert_int_equal(connstat_unregister(cs, ids[i]), 0);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_id_of_another_process),
        TEST(test_garbage_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
