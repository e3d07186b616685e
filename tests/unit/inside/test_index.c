/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The index of keys from inside: its reach, and what churn leaves.
 */
#include "indexed.h"

/* ---- the reach ------------------------------------------------------------------------------- */

static uint64_t reach_of_key(const struct segment *s, struct connstat_key key)
{
    struct key_hash hash;

    index_hash(s, 0, key.bytes, &hash);
    return atomic_load(&segment_key_buckets(s, 0)[hash.home].reach);
}

/* Takes out one entry after the other and registers it anew, `times` times. */
static void replace(connstat_t *cs, struct connstat_key key, connstat_id *ids, unsigned count,
                    unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        connstat_id *id = &ids[i * 7919 % count];

        assert_int_equal(connstat_unregister(cs, *id), 0);
        assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, id), 0);
    }
}

/* All cells of the home bucket are used before any other bucket, so a look-up fetches no more cache
 * lines than it must. An entry that leaves a full bucket and comes again gets its place there again.
 * There is no other key here that could have cells in these buckets. */
static void test_a_line_is_filled_before_the_next(void **state)
{
    connstat_t *cs = begin_empty(256);
    struct connstat_key key = connstat_key_u64(42);
    connstat_id ids[2 * BUCKET_CELLS];
    struct key_hash hash;

    (void)state;
    index_hash(segment, 0, key.bytes, &hash);
    for (unsigned i = 0; i < 2 * BUCKET_CELLS; i++) {
        assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &ids[i]), 0);
        assert_int_equal(reach_steps(reach_of_key(segment, key)), i / BUCKET_CELLS);
        assert_int_equal(index_cells(segment, 0, &hash), i + 1);
        if (i + 1 == BUCKET_CELLS)
            replace(cs, key, ids, BUCKET_CELLS, BUCKET_CELLS);
        assert_int_equal(reach_steps(reach_of_key(segment, key)), i / BUCKET_CELLS);
    }
    replace(cs, key, ids, 2 * BUCKET_CELLS, 2000);
    assert_int_equal(reach_steps(reach_of_key(segment, key)), 1);
    assert_int_equal(connstat_count_key(cs, 0, key), 2 * BUCKET_CELLS);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

/* Two keys that have the same hash, and one half in common, are two keys. */
static void test_keys_are_compared_whole(void **state)
{
    connstat_t *cs = begin_empty(64);
    struct connstat_key key = connstat_key_u64(42);
    connstat_id id;
    bool behind;

    (void)state;
    assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &id), 0);
    for (int half = 0; half < 2; half++) {
        struct key_hash hash;

        index_hash(segment, 0, key.bytes, &hash);
        assert_int_equal(index_count(segment, NULL, 0, &hash), 1);
        hash.key[half]++;
        assert_int_equal(index_count(segment, NULL, 0, &hash), 0);
        assert_int_equal(index_contenders(segment, 0, &hash, &behind), 0);
    }
    connstat_close(cs);
}

/* One entry alone stands at the end of a reach that is too long, and leaves and comes again. The
 * reach goes back all the same: the entry gets a nearer cell, instead of the one it had. */
static void test_one_alone_does_not_hold_a_reach(void **state)
{
    connstat_t *cs = begin_empty(256);
    struct connstat_key key = connstat_key_u64(42);
    connstat_id ids[BUCKET_CELLS + 1];
    struct key_hash hash;
    _Atomic uint64_t *reach;

    (void)state;
    for (unsigned i = 0; i <= BUCKET_CELLS; i++)
        assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &ids[i]), 0);
    index_hash(segment, 0, key.bytes, &hash);
    reach = &segment_key_buckets(segment, 0)[hash.home].reach;
    for (uint32_t steps = 2; steps <= INDEX_DENSE; steps++) {
        atomic_store(reach, reach_next(atomic_load(reach), steps));
        replace(cs, key, &ids[BUCKET_CELLS], 1, 200);
        assert_int_equal(reach_steps(atomic_load(reach)), 1);
    }
    assert_int_equal(connstat_count_key(cs, 0, key), BUCKET_CELLS + 1);
    connstat_close(cs);
}

/* In a damaged segment a slot names a cell that is another slot's, or one beyond the last cell of its
 * bucket, where the next bucket's reach lies. Nothing may be written there. */
static void test_a_wrong_place(void **state)
{
    connstat_t *cs = begin_empty(256);
    struct connstat_key key;
    connstat_id ids[BUCKET_CELLS];
    struct key_bucket *home;
    struct key_hash hash;
    uint64_t n = 0;

    (void)state;
    do { /* a key whose home is not the last bucket, so that there is a next one */
        key = connstat_key_u64(n++);
        index_hash(segment, 0, key.bytes, &hash);
    } while (hash.home + 1 >= segment->geometry.types[0].key_bucket_count);
    home = &segment_key_buckets(segment, 0)[hash.home];
    for (unsigned i = 0; i < BUCKET_CELLS; i++)
        assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &ids[i]), 0);
    for (unsigned cell = 1; cell < 1u << PLACE_BITS; cell++) {
        uint32_t others = cell < BUCKET_CELLS ? atomic_load(&home->cells[cell]) : 0;
        uint32_t slot = slot_of(cs, ids[0]);
        struct key_slot *key_slot = segment_key_slot(segment, 0, slot);

        assert_int_equal(connstat_unregister(cs, ids[0]), 0);
        atomic_store(&home[1].reach, slot + 1); /* so that it looks like the slot's own cell */
        atomic_store(&key_slot->cell, place_of(hash.home, cell) + 1);
        assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &ids[0]), 0);
        assert_int_equal(cell < BUCKET_CELLS ? atomic_load(&home->cells[cell]) : 0, others);
        assert_int_equal(atomic_load(&home[1].reach), slot + 1);
    }
    connstat_close(cs);
}

/* An entry in the last bucket of its home's sequence is found. If a damaged segment says that the
 * reach goes further, a walk still ends there: the sequence has come by every bucket. */
static void test_the_last_bucket_of_all(void **state)
{
    connstat_t *cs = begin_empty(8);
    struct connstat_key key = connstat_key_u64(42);
    struct key_bucket *buckets;
    struct key_hash hash;
    uint32_t count, number, stride;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register_key(cs, 0, connstat_key_u64(3), 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_unregister(cs, id), 0);
    index_hash(segment, 0, key.bytes, &hash);
    buckets = segment_key_buckets(segment, 0);
    count = segment->geometry.types[0].key_bucket_count;
    stride = index_stride(hash.home, count);
    number = hash.home;
    /* Fill all buckets but the last with cells that name a slot which does not exist. */
    for (uint32_t step = 0; step + 1 < count; step++) {
        for (unsigned cell = 0; cell < BUCKET_CELLS; cell++)
            atomic_store(&buckets[number].cells[cell], ~hash.tag | 15);
        number = index_bucket_after(number, stride, count);
    }
    assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &id), 0);
    assert_int_equal(place_bucket(index_place(segment_key_slot(segment, 0, slot_of(cs, id)))),
                     number);
    assert_int_equal(reach_steps(reach_of_key(segment, key)), count - 1);
    assert_int_equal(connstat_count_key(cs, 0, key), 1);
    for (uint32_t beyond = count; beyond < count + 3; beyond++) {
        atomic_store(&buckets[hash.home].reach, reach_next(0, beyond));
        assert_int_equal(connstat_count_key(cs, 0, key), 1);
    }
    connstat_close(cs);
}

/* 400 entries of one key make its reach long, and leave. Entries that come and go under the key
 * afterwards bring the reach back to nothing. */
static void test_reach_goes_back(void **state)
{
    enum { CHAIN = 400 };
    connstat_t *cs = begin(CHAIN);
    struct connstat_key key = connstat_key_u64(42);
    static connstat_id ids[CHAIN];
    int pairs = 0;

    (void)state;
    for (int i = 0; i < CHAIN - 1; i++)
        assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &ids[i]), 0);
    assert_int_equal(connstat_count_key(cs, 0, key), CHAIN - 1);
    assert_true(reach_steps(reach_of_key(segment, key)) >= CHAIN / BUCKET_CELLS);
    for (int i = 0; i < CHAIN - 1; i++)
        assert_int_equal(connstat_unregister(cs, ids[i]), 0);
    for (; reach_steps(reach_of_key(segment, key)) > 0 && pairs < 100 * CHAIN; pairs++) {
        assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &ids[pairs % 7]), 0);
        assert_int_equal(connstat_count_key(cs, 0, key), pairs < 7 ? pairs + 1 : 7);
        if (pairs >= 6)
            assert_int_equal(connstat_unregister(cs, ids[(pairs + 1) % 7]), 0);
        else
            continue;
        assert_int_equal(connstat_count_key(cs, 0, key), 6);
    }
    assert_int_equal(reach_steps(reach_of_key(segment, key)), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

/* 3,000 entries of one key have left, as by a death. Ten that come later and stay do not keep the
 * reach long: they have cells near the home. */
static void test_nobody_holds_on_to_a_reach(void **state)
{
    enum { CHAIN = 3000, STAY = 10, PAIRS = 20000 };
    connstat_t *cs = begin(CHAIN);
    struct connstat_key key = connstat_key_u64(42);
    static connstat_id ids[CHAIN];
    connstat_id id;

    (void)state;
    for (int i = 0; i < CHAIN - 1; i++)
        assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &ids[i]), 0);
    for (int i = 0; i < CHAIN - 1; i++) /* in the order of their cells: the farthest leave last */
        assert_int_equal(connstat_unregister(cs, ids[i]), 0);
    for (int i = 0; i < STAY; i++)
        assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &ids[i]), 0);
    for (int i = 0; i < PAIRS; i++) {
        assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &id), 0);
        assert_int_equal(connstat_unregister(cs, id), 0);
    }
    assert_int_equal(reach_steps(reach_of_key(segment, key)), 0);
    assert_int_equal(connstat_count_key(cs, 0, key), STAY);
    connstat_close(cs);
}

/* A process was killed after it marked a reach, before it shortened it. Counts are right all the
 * same, and the next registration under the key takes the mark away. */
static void test_mark_of_a_killed_one(void **state)
{
    connstat_t *cs = begin(64);
    struct connstat_key key = connstat_key_u64(42);
    struct key_hash hash;
    _Atomic uint64_t *reach;
    connstat_id id;

    (void)state;
    index_hash(segment, 0, key.bytes, &hash);
    reach = &segment_key_buckets(segment, 0)[hash.home].reach;
    /* One entry more than the first bucket has cells, so that the next one enters within the reach. */
    for (unsigned i = 0; i <= BUCKET_CELLS; i++)
        assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &id), 0);
    atomic_store(reach, reach_next(*reach, reach_steps(*reach)) | REACH_SHRINKING);
    assert_int_equal(connstat_count_key(cs, 0, key), BUCKET_CELLS + 1);
    assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &id), 0);
    assert_int_equal(atomic_load(reach) & REACH_SHRINKING, 0);
    assert_int_equal(connstat_count_key(cs, 0, key), BUCKET_CELLS + 2);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

/* ---- many keys ------------------------------------------------------------------------------- */

/* In each round every slot gets a key that was never used before. Reaches must not grow from round to
 * round. */
static void test_churn_of_keys(void **state)
{
    enum { SLOTS = 500, ROUNDS = 50 };
    connstat_t *cs = create_segment(SLOTS);
    static connstat_id ids[SLOTS];
    uint64_t key = 0, reaches = 0;

    (void)state;
    for (int round = 0; round < ROUNDS; round++, key += SLOTS) {
        for (unsigned i = 0; i < SLOTS; i++)
            assert_int_equal(
                connstat_register_key(cs, 0, connstat_key_u64(key + i), 1, NULL, 0, &ids[i]), 0);
        for (unsigned i = 0; i < SLOTS; i++)
            assert_int_equal(connstat_count_key(cs, 0, connstat_key_u64(key + i)), 1);
        assert_int_equal(connstat_check(cs, NULL, NULL), 0);
        for (unsigned i = 0; i < SLOTS; i++)
            assert_int_equal(connstat_unregister(cs, ids[i]), 0);
    }
    segment = atomic_load(&cs->attachment)->segment;
    for (uint32_t i = 0; i < segment->geometry.types[0].key_bucket_count; i++)
        reaches += reach_steps(atomic_load(&segment_key_buckets(segment, 0)[i].reach));
    assert_true(reaches < segment->geometry.types[0].key_bucket_count);
    connstat_close(cs);
}

/* A key whose tag is 0: an empty cell, being 0 as a whole, must not be taken for one of this key. */
static void test_key_without_a_tag(void **state)
{
    connstat_t *cs = begin(60000);
    uint64_t n = 0;
    struct key_hash hash;
    connstat_id id;

    (void)state;
    do {
        struct connstat_key key = connstat_key_u64(++n);

        index_hash(segment, 0, key.bytes, &hash);
    } while (hash.tag != 0);
    assert_int_equal(connstat_count_key(cs, 0, connstat_key_u64(n)), 0);
    assert_int_equal(connstat_register_key(cs, 0, connstat_key_u64(n), 1, NULL, 0, &id), 0);
    assert_int_equal(connstat_register_key(cs, 0, connstat_key_u64(n), 1, NULL, 0, &id), -EDQUOT);
    assert_int_equal(connstat_count_key(cs, 0, connstat_key_u64(n)), 1);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_keys_are_compared_whole),
        TEST(test_a_line_is_filled_before_the_next),
        TEST(test_one_alone_does_not_hold_a_reach),
        TEST(test_a_wrong_place),
        TEST(test_the_last_bucket_of_all),
        TEST(test_reach_goes_back),
        TEST(test_nobody_holds_on_to_a_reach),
        TEST(test_mark_of_a_killed_one),
        TEST(test_churn_of_keys),
        TEST(test_key_without_a_tag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
