/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Counting and listing by key, and limits on the entries of a key.
 */
#include "harness.h"

static struct connstat_key key(uint64_t n)
{
    return connstat_key_u64(n);
}

static connstat_id must_register(connstat_t *cs, int type, uint64_t n, uint32_t limit)
{
    connstat_id id;

    assert_int_equal(connstat_register_key(cs, type, key(n), limit, NULL, 0, &id), 0);
    return id;
}

static void must_unregister(connstat_t *cs, connstat_id id)
{
    assert_int_equal(connstat_unregister(cs, id), 0);
}

static void test_find(void **state)
{
    struct connstat_field fields[] = {connstat_int("user_id", 7)};
    connstat_t *cs = create_segment(64);
    connstat_id id, plain;

    (void)state;
    assert_int_equal(connstat_count_key(cs, 0, key(7)), 0);
    assert_int_equal(connstat_register_key(cs, 0, key(7), 0, fields, 1, &id), 0);
    assert_int_equal(connstat_register(cs, 0, fields, 1, &plain), 0);
    must_register(cs, 0, 8, 0);
    must_register(cs, 1, 7, 0);
    assert_int_equal(connstat_count_key(cs, 0, key(7)), 1);
    assert_int_equal(connstat_count_key(cs, 1, key(7)), 1);
    assert_int_equal(connstat_count_key(cs, 2, key(7)), 0);
    assert_int_equal(connstat_count_key(cs, CONNSTAT_ANY_TYPE, key(7)), 2);
    assert_int_equal(connstat_count_key(cs, 99, key(7)), 0);
    assert_int_equal(connstat_count_key(NULL, 0, key(7)), 0);
    assert_int_equal(connstat_count(cs, 0), 3);
    must_unregister(cs, id);
    assert_int_equal(connstat_count_key(cs, 0, key(7)), 0);
    assert_int_equal(connstat_unregister(cs, id), -ENOENT);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

struct seen {
    int entries;
    struct connstat_key key;
    connstat_id id;
    int64_t user;
};

static int see(const struct connstat_entry *entry, void *arg)
{
    struct seen *seen = arg;

    seen->entries++;
    seen->id = entry->id;
    if (entry->key != NULL)
        seen->key = *entry->key;
    if (entry->metadata_count == 1)
        seen->user = entry->metadata[0].value.integer;
    return 0;
}

static void test_visit(void **state)
{
    struct connstat_field fields[] = {connstat_int("user_id", 7)};
    struct connstat_key text;
    connstat_t *cs = create_segment(64);
    struct seen seen = {0};
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_key_text("lobby-of-sixteen", &text), 0);
    assert_int_equal(connstat_register_key(cs, 2, text, 0, fields, 1, &id), 0);
    must_register(cs, 2, 7, 0);
    assert_int_equal(connstat_for_each_key(cs, 2, text, see, &seen), 1);
    assert_int_equal(seen.entries, 1);
    assert_memory_equal(&seen.key, &text, sizeof(text));
    assert_true(seen.id == id && seen.user == 7);
    assert_int_equal(connstat_for_each_key(cs, CONNSTAT_ANY_TYPE, key(7), see, &seen), 1);
    assert_int_equal(connstat_for_each_key(cs, 99, key(7), see, &seen), -EINVAL);
    assert_int_equal(connstat_for_each_key(NULL, 2, key(7), see, &seen), 0);
    connstat_close(cs);
    assert_int_equal(connstat_for_each_key(cs, 2, key(7), see, &seen), -ENOTCONN);
}

static void test_refusals(void **state)
{
    struct connstat_field nameless = {.name = NULL};
    connstat_t *cs = create_segment(4), *reader = open_segment(CONNSTAT_READ_ONLY);
    struct connstat_totals totals;
    connstat_id id = 1;

    (void)state;
    assert_int_equal(connstat_register_key(NULL, 0, key(1), 0, NULL, 0, &id), -ENOTCONN);
    assert_int_equal(connstat_register_key(reader, 0, key(1), 0, NULL, 0, &id), -EROFS);
    assert_int_equal(connstat_register_key(cs, 99, key(1), 0, NULL, 0, &id), -EINVAL);
    assert_int_equal(connstat_register_key(cs, 0, key(1), 0, &nameless, 1, &id), -EINVAL);
    assert_true(id == 0);
    for (int i = 0; i < 4; i++)
        must_register(cs, 0, 1, 0);
    assert_int_equal(connstat_register_key(cs, 0, key(1), 0, NULL, 0, &id), -ENOSPC);
    assert_int_equal(connstat_register_key(cs, 0, key(1), 4, NULL, 0, &id), -ENOSPC);
    must_register(cs, 1, 1, 1);
    assert_int_equal(connstat_register_key(cs, 1, key(1), 1, NULL, 0, &id), -EDQUOT);
    assert_true(id == 0);
    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(totals.refused[1][CONNSTAT_REFUSED_LIMIT], 1);
    assert_int_equal(totals.refused[0][CONNSTAT_REFUSED_FULL], 2);
    assert_int_equal(totals.refused[0][CONNSTAT_REFUSED_INVALID], 1);
    assert_int_equal(totals.opened[1], 1);
    assert_int_equal(totals.closed[1], 0);
    connstat_close(reader);
    connstat_close(cs);
}

static void test_limit(void **state)
{
    connstat_t *cs = create_segment(64);
    connstat_id ids[5], id;

    (void)state;
    for (int i = 0; i < 3; i++)
        ids[i] = must_register(cs, 0, 9, 5);
    for (int i = 3; i < 5; i++)
        ids[i] = must_register(cs, 0, 9, 0); /* without a limit of their own, but they count */
    assert_int_equal(connstat_register_key(cs, 0, key(9), 5, NULL, 0, &id), -EDQUOT);
    must_register(cs, 0, 9, 6);
    assert_int_equal(connstat_register_key(cs, 0, key(9), 6, NULL, 0, &id), -EDQUOT);
    must_register(cs, 0, 10, 1);
    for (int i = 0; i < 5; i++)
        must_unregister(cs, ids[i]);
    for (int i = 0; i < 4; i++)
        must_register(cs, 0, 9, 5);
    assert_int_equal(connstat_register_key(cs, 0, key(9), 5, NULL, 0, &id), -EDQUOT);
    assert_int_equal(connstat_count_key(cs, 0, key(9)), 5);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

static void take_three(struct child *self, void *arg)
{
    connstat_id id;

    for (int i = 0; i < 3; i++)
        CHECK(connstat_register_key(arg, 0, key(9), 3, NULL, 0, &id) == 0);
    child_pause(self);
}

/* Nobody reaps. A registration that finds the limit filled looks by itself whether those entries are
 * of dead workers, and takes their place. */
static void test_places_of_the_dead(void **state)
{
    connstat_t *cs = create_segment(64), *reader = open_segment(CONNSTAT_READ_ONLY);
    struct child worker = child_start(take_three, cs);
    connstat_id id;

    (void)state;
    child_reached(&worker);
    assert_int_equal(connstat_register_key(cs, 0, key(9), 3, NULL, 0, &id), -EDQUOT);
    assert_int_equal(connstat_count_key(reader, 0, key(9)), 3);
    child_kill(&worker);
    assert_true(connstat_reap(reader) == 1);
    assert_int_equal(connstat_count_key(reader, 0, key(9)), 0);
    for (int i = 0; i < 3; i++)
        must_register(cs, 0, 9, 3);
    assert_int_equal(connstat_register_key(cs, 0, key(9), 3, NULL, 0, &id), -EDQUOT);
    assert_int_equal(connstat_count_key(reader, 0, key(9)), 3);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(reader);
    connstat_close(cs);
}

/* 10,000 entries under one key among many others, which leave in random order. */
static void test_long_chain(void **state)
{
    enum { MEMBERS = 10000, USERS = 2000 };
    connstat_id *ids = calloc(MEMBERS, sizeof(*ids)), user;
    connstat_t *cs = create_segment(MEMBERS + USERS);
    uint64_t random = 88172645463325252;
    size_t visited = 0;

    (void)state;
    for (int i = 0; i < MEMBERS; i++)
        ids[i] = must_register(cs, 3, 1, 0);
    for (int i = 0; i < USERS; i++)
        assert_int_equal(connstat_register_key(cs, 3, key(100 + i), 1, NULL, 0, &user), 0);
    assert_int_equal(connstat_count_key(cs, 3, key(1)), MEMBERS);
    assert_int_equal(connstat_for_each_key(cs, 3, key(1), count_entry, &visited), MEMBERS);
    assert_int_equal(visited, MEMBERS);
    for (int left = MEMBERS; left > 0; left--) {
        int i = (int)(next_random(&random) % (uint64_t)left);

        must_unregister(cs, ids[i]);
        ids[i] = ids[left - 1];
        if (left % 1000 == 1)
            assert_int_equal(connstat_count_key(cs, 3, key(1)), left - 1);
    }
    for (int i = 0; i < USERS; i++)
        assert_int_equal(connstat_count_key(cs, 3, key(100 + i)), 1);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    free(ids);
    connstat_close(cs);
}

/* Random registrations and unregistrations under keys, some keys far more often than others, compared
 * with a plain array. */
static void test_against_model(void **state)
{
    enum { KEYS = 300, ENTRIES = 4000, STEPS = 200000 };
    struct {
        connstat_id id;
        uint32_t key;
    } *entries = calloc(ENTRIES, sizeof(*entries));
    uint32_t model[KEYS] = {0};
    connstat_t *cs = create_segment(ENTRIES);
    uint64_t random = 2463534242;

    (void)state;
    for (int step = 0; step < STEPS; step++) {
        size_t i = next_random(&random) % ENTRIES;

        if (entries[i].id != 0) {
            must_unregister(cs, entries[i].id);
            model[entries[i].key]--;
            entries[i].id = 0;
        } else {
            uint64_t r = next_random(&random);

            entries[i].key = (uint32_t)(r % 3 == 0 ? r / 3 % 3 : r / 3 % KEYS);
            entries[i].id = must_register(cs, 0, entries[i].key, 0);
            model[entries[i].key]++;
        }
        if (step % 50 == 0) {
            uint32_t k = (uint32_t)(next_random(&random) % KEYS);

            assert_int_equal(connstat_count_key(cs, 0, key(k)), model[k]);
        }
    }
    for (uint32_t k = 0; k < KEYS; k++)
        assert_int_equal(connstat_count_key(cs, 0, key(k)), model[k]);
    for (size_t i = 0; i < ENTRIES; i++)
        if (entries[i].id != 0)
            must_unregister(cs, entries[i].id);
    for (uint32_t k = 0; k < KEYS; k++)
        assert_int_equal(connstat_count_key(cs, 0, key(k)), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    free(entries);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_find),
        TEST(test_visit),
        TEST(test_refusals),
        TEST(test_limit),
        TEST(test_places_of_the_dead),
        TEST(test_long_chain),
        TEST(test_against_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
