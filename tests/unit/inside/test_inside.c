/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Moments between two steps of a process, at which no call of the public header can be made to stop.
 * The tests write into the segment what such a process would have left there, and go on.
 */
#include "harness.h"

#include "records/record.h"
#include "records/shard.h"
#include "records/sweep.h"
#include "worker/handle.h"
#include "worker/seat.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS = 100000 };

static const struct segment *segment_of(connstat_t *cs)
{
    return atomic_load(&cs->attachment)->segment;
}

/* ---- a limit's rival beside the sweep ------------------------------------------------------- */

static _Atomic uint64_t *contested;
static atomic_bool stop;

static void *abort_pending(void *unused)
{
    (void)unused;
    while (!atomic_load(&stop)) {
        uint64_t seen = atomic_load(contested);

        if (slot_state(seen) == SLOT_PENDING)
            atomic_compare_exchange_strong(contested, &seen, slot_become(seen, SLOT_ABORTED));
    }
    return NULL;
}

/* A worker died in a registration under a limit. While its slot is swept, a living rival changes the
 * slot's word from PENDING to ABORTED. The sweeper must free the slot all the same. */
static void test_sweep_beside_a_rival(void **state)
{
    connstat_t *cs = create_segment(64);
    const struct segment *s = segment_of(cs);
    struct record *dead = segment_record(s, 1);
    uint64_t me_word;
    pthread_t rival;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    me_word = atomic_load(&segment_record(s, 0)->word);
    contested = &segment_words(s, 0)[63];
    assert_int_equal(pthread_create(&rival, NULL, abort_pending, NULL), 0);
    for (uint32_t n = 1; n <= ROUNDS; n++) {
        uint64_t word = record_word(RECORD_BURIED, 1, 1, n);

        atomic_store(&dead->word, word);
        slot_touch(segment_touched(s, 1, 0), 63);
        atomic_store(contested, slot_word(SLOT_PENDING, 1, n));
        sweep_record(s, 1, word, 0, me_word);
        assert_int_equal(slot_state(atomic_load(contested)), SLOT_FREE);
    }
    atomic_store(&stop, true);
    pthread_join(rival, NULL);
    connstat_close(cs);
}

/* ---- records that are freed without a sweeper ------------------------------------------------ */

/* Where nobody has a record to sweep with, a dead one's record is freed if no slot is its own. One
 * slot anywhere in the table keeps it. */
static void test_one_slot_keeps_a_record(void **state)
{
    enum { CAPACITY = 33000, RECORD = 2 };
    static const uint32_t slots[] = {0, 511, 512, 1023, 31744, 32767, 32768, CAPACITY - 1};
    struct connstat_type types[] = {{.name = "a"}, {.name = "b"}};
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    uint64_t word = record_word(RECORD_BURIED, 1, 1, 7);
    const struct segment *s;
    connstat_t *cs;

    (void)state;
    config.types = types;
    config.type_count = COUNT(types);
    config.capacity = CAPACITY;
    config.max_workers = 8;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    s = segment_of(cs);
    atomic_store(&segment_record(s, RECORD)->word, word);
    for (uint32_t type = 0; type < COUNT(types); type++)
        for (size_t i = 0; i < COUNT(slots); i++) {
            _Atomic uint64_t *slot = &segment_words(s, type)[slots[i]];
            _Atomic uint64_t *touched = segment_touched(s, RECORD, type);

            slot_touch(touched, slots[i]);
            for (unsigned of = SLOT_FREE + 1; of <= SLOT_ABORTED; of++) {
                atomic_store(slot, slot_word(of, RECORD, 1));
                assert_false(sweep_idle_record(s, RECORD, word));
            }
            atomic_store(slot, slot_word(SLOT_LIVE, RECORD + 1, 1));
            if (i % 2 == 1)
                assert_true(atomic_exchange(&touched[slots[i] / CHUNK_SLOTS / 64], 0) != 0);
        }
    assert_int_equal(atomic_load(&segment_record(s, RECORD)->word), word);
    assert_true(sweep_idle_record(s, RECORD, word));
    assert_int_equal(record_state(atomic_load(&segment_record(s, RECORD)->word)), RECORD_FREE);
    connstat_close(cs);
}

/* ---- shards of one who died as a sweeper ---------------------------------------------------- */

/* A sweeper died with three extra shards in its name: its own, and those of two workers whose shards it
 * was settling, of which one had left in order. Whoever settles them must count what that one had open as
 * closed, and what the others had open as lost. */
static struct shard *extra_of(const struct segment *s, uint32_t n, uint64_t owner, uint64_t opened)
{
    struct shard *shard = segment_shard(s, shard_index_extra(s, n));

    atomic_store(&shard->owner, owner);
    for (uint32_t type = 0; type < s->geometry.shape.type_count; type++)
        atomic_store(&shard_types(shard)[type].opened, opened);
    return shard;
}

static void expect_settled(const struct segment *s, struct shard *shard, uint64_t closed,
                           uint64_t lost)
{
    for (uint32_t type = 0; type < s->geometry.shape.type_count; type++) {
        assert_int_equal(atomic_load(&shard_types(shard)[type].closed), closed);
        assert_int_equal(atomic_load(&shard_base(s, shard)[type]), lost);
    }
    assert_int_equal(shard_state(atomic_load(&shard->owner)), SHARD_FREE);
}

static void test_a_sweeper_s_own_shards(void **state)
{
    uint64_t word = record_word(RECORD_BURIED, 1, 1, 1), me_word;
    connstat_id id;

    (void)state;
    for (uint32_t dead = 1; dead <= 2; dead++) {
        connstat_t *cs = create_segment(64);
        const struct segment *s = segment_of(cs);
        struct shard *left, *died, *own;

        assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
        me_word = atomic_load(&segment_record(s, 0)->word);
        atomic_store(&segment_record(s, dead)->word, word);
        left = extra_of(s, 0, shard_owner_word(SHARD_SETTLING, true, dead, 1), 2);
        died = extra_of(s, 1, shard_owner_word(SHARD_SETTLING, false, dead, 1), 4);
        own = extra_of(s, 2, shard_owner_word(SHARD_OWNED, false, dead, 1), 3);
        shard_release_extra(s, dead, word, 0, me_word);
        expect_settled(s, left, 2, 0);
        expect_settled(s, died, 0, 4);
        expect_settled(s, own, 0, 3);
        connstat_close(cs);
        assert_int_equal(unlink(segment_path("test")), 0);
    }
}

/* ---- what nobody can guess -------------------------------------------------------------------- */

static void test_each_segment_has_its_secrets(void **state)
{
    connstat_t *cs;
    uint64_t seen[6];

    (void)state;
    for (size_t i = 0; i < COUNT(seen); i += 3) {
        const struct header *header;

        cs = create_segment(8);
        header = segment_header(segment_of(cs));
        seen[i] = header->key_secret[0];
        seen[i + 1] = header->key_secret[1];
        seen[i + 2] = header->id_salt;
        connstat_close(cs);
        assert_int_equal(unlink(segment_path("test")), 0);
    }
    for (size_t i = 0; i < COUNT(seen); i++)
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(seen[i], seen[k]);
}

/* ---- how a record says that its holder died -------------------------------------------------- */

static void test_the_first_to_say_that_it_died(void **state)
{
    connstat_t *cs = create_segment(64);
    const struct segment *s = segment_of(cs);
    uint64_t word = record_word(RECORD_ALIVE, 77, 0, 5);
    struct record *record = segment_record(s, 3);

    (void)state;
    atomic_store(&record->word, word);
    atomic_store(&record->joined_at_ns, 1000);
    assert_true(record_mark_dead(s, 3, word, 12345));
    assert_int_equal(record_state(atomic_load(&record->word)), RECORD_DEAD);
    assert_int_equal(atomic_load(&record->died_at_ns), 12345);
    assert_false(record_mark_dead(s, 3, word, 99999));
    assert_int_equal(atomic_load(&record->died_at_ns), 12345);
    /* One that has begun to leave, or is only joining, has nothing to lose. */
    word = record_word(RECORD_LEAVING, 77, 0, 6);
    atomic_store(&record->word, word);
    assert_true(record_mark_dead(s, 3, word, 1));
    assert_int_equal(record_state(atomic_load(&record->word)), RECORD_BURIED);
    atomic_store(&record->word, 0);
    connstat_close(cs);
}

/* ---- a thread that ends ---------------------------------------------------------------------- */

static struct {
    connstat_t *cs;
    pthread_key_t key;
    pthread_barrier_t both;
    struct seat *seats[2];
} late;

/* After the library's own destructor, which has given this thread's seat back. */
static void registers_late(void *unused)
{
    connstat_id id;

    (void)unused;
    CHECK(connstat_register(late.cs, 0, NULL, 0, &id) == 0);
    late.seats[0] = seat_current;
    pthread_barrier_wait(&late.both);
    pthread_barrier_wait(&late.both);
    CHECK(connstat_unregister(late.cs, id) == 0);
}

static void *ends_late(void *unused)
{
    connstat_id id;

    CHECK(connstat_register(late.cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_unregister(late.cs, id) == 0);
    CHECK(pthread_setspecific(late.key, late.cs) == 0);
    return unused;
}

static void *comes_meanwhile(void *unused)
{
    connstat_id id;

    pthread_barrier_wait(&late.both);
    CHECK(connstat_register(late.cs, 0, NULL, 0, &id) == 0);
    late.seats[1] = seat_current;
    pthread_barrier_wait(&late.both);
    CHECK(connstat_unregister(late.cs, id) == 0);
    return unused;
}

/* What it registers in a later destructor is not counted where another thread counts: a seat is one
 * thread's. */
static void test_registering_while_it_ends(void **state)
{
    pthread_t threads[2];
    connstat_id id;

    (void)state;
    late.cs = create_segment(64);
    assert_int_equal(connstat_register(late.cs, 0, NULL, 0, &id), 0); /* makes the library's key */
    assert_int_equal(pthread_key_create(&late.key, registers_late), 0);
    assert_int_equal(pthread_barrier_init(&late.both, NULL, 2), 0);
    assert_int_equal(pthread_create(&threads[0], NULL, ends_late, NULL), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, comes_meanwhile, NULL), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_ptr_not_equal(late.seats[0], late.seats[1]);
    assert_int_equal(connstat_count(late.cs, 0), 1);
    pthread_key_delete(late.key);
    connstat_close(late.cs);
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* Behind the last number that there can be comes 0 again, which is no end: there are as many rounds as the
 * ring has places. */
static void test_deaths_without_number(void **state)
{
    connstat_t *cs = create_segment(8);
    struct connstat_death death;

    (void)state;
    atomic_store(&segment_header(segment_of(cs))->deaths, UINT64_MAX);
    alarm(PATIENCE_S);
    assert_in_range(connstat_for_each_death(cs, keep_death, &death), 0, 256);
    alarm(0);
    connstat_close(cs);
}

/* The owner that a slot names is no record that there is: nobody lives there, and nobody's it is not. */
static void test_an_owner_that_is_no_record(void **state)
{
    connstat_t *cs = create_segment(8);
    const struct segment *s = segment_of(cs);
    connstat_id id;
    uint64_t word;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    word = atomic_load(segment_words(s, 0));
    assert_int_equal(slot_state(word), SLOT_LIVE);
    for (uint32_t owner = s->geometry.shape.max_workers; owner < 16384; owner += 1111) {
        atomic_store(segment_words(s, 0), slot_word(SLOT_LIVE, owner, slot_generation(word)));
        assert_int_equal(connstat_unregister(cs, id), -ENOENT);
        assert_int_equal(connstat_touch(cs, id), -ENOENT);
    }
    atomic_store(segment_words(s, 0), word);
    assert_int_equal(connstat_unregister(cs, id), 0);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sweep_beside_a_rival),         TEST(test_one_slot_keeps_a_record),
        TEST(test_a_sweeper_s_own_shards),       TEST(test_the_first_to_say_that_it_died),
        TEST(test_each_segment_has_its_secrets), TEST(test_deaths_without_number),
        TEST(test_an_owner_that_is_no_record),   TEST(test_registering_while_it_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
