/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Records and what hangs on them: who is in the live map, who joins, and the shards of further threads.
 */
#include "harness.h"

#include "os/signals.h"
#include "records/record.h"
#include "records/resume.h"
#include "records/shard.h"
#include "records/sweep.h"
#include "slots/payload.h"
#include "worker/handle.h"

#include <pthread.h>

static const struct segment *segment_of(connstat_t *cs)
{
    return atomic_load(&cs->attachment)->segment;
}

static connstat_t *create_for_workers(uint32_t workers)
{
    struct connstat_type types[] = {{.name = "a"}};
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    config.types = types;
    config.type_count = COUNT(types);
    config.capacity = 64;
    config.max_workers = workers;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    return cs;
}

/* ---- the live map ----------------------------------------------------------------------------- */

/* Wherever the only worker is, a walk finds it, and nobody else. */
static void test_a_walk_finds_one_alone(void **state)
{
    enum { WORKERS = 300 };
    connstat_t *cs = create_for_workers(WORKERS);
    const struct segment *s = segment_of(cs);

    (void)state;
    for (uint32_t record = 0; record < WORKERS; record++) {
        struct live_walk walk = LIVE_WALK_BEGIN;

        for (uint32_t i = 0; i < s->geometry.live_words; i++)
            atomic_store(&segment_live_map(s)[i], 0);
        live_map_set(s, record);
        assert_int_equal(live_walk_next(s, &walk), record);
        assert_int_equal(live_walk_next(s, &walk), LIVE_WALK_END);
        for (uint32_t i = 0; i <= record / 32; i++)
            assert_int_equal(live_next(s, i, s->geometry.live_words), record / 32);
        assert_int_equal(live_next(s, record / 32 + 1, s->geometry.live_words),
                         s->geometry.live_words);
    }
    connstat_close(cs);
}

/* Who has left is in no walk any more. */
static void test_who_leaves_is_in_no_walk(void **state)
{
    connstat_t *cs = create_for_workers(300);
    const struct segment *s = segment_of(cs);
    struct live_walk walk = LIVE_WALK_BEGIN;

    (void)state;
    for (uint32_t record = 0; record < 300; record += 31) {
        uint64_t word = record_word(RECORD_LEAVING, 1, 1, 1);

        atomic_store(&segment_record(s, record)->word, word);
        live_map_set(s, record);
        record_release(s, record, word);
        assert_int_equal(record_state(atomic_load(&segment_record(s, record)->word)), RECORD_FREE);
    }
    assert_int_equal(live_walk_next(s, &walk), LIVE_WALK_END);
    connstat_close(cs);
}

/* ---- joining ---------------------------------------------------------------------------------- */

static int another_has_it(void *arg, uint32_t index)
{
    (void)arg;
    (void)index;
    return -EAGAIN;
}

static void give_nothing(void *arg, uint32_t index)
{
    (void)arg;
    (void)index;
}

/* Where somebody else has the lock of each record, one joins all the same, without a lock: a worker as
 * well as a reaper, whose records begin behind those of the workers. */
static void test_who_finds_no_lock_joins(void **state)
{
    enum { WORKERS = 300 }; /* more than there are records of reapers */
    const struct record_hold hold = {.take = another_has_it, .give = give_nothing};
    const struct identity identity = {.pid = 1};
    connstat_t *cs = create_for_workers(WORKERS);
    const struct segment *s = segment_of(cs);
    uint32_t index = 0;
    uint64_t word;

    (void)state;
    assert_int_equal(record_join(s, RECORD_WORKER, &identity, hold, NULL, 1, &index, &word), 0);
    assert_in_range(index, 0, WORKERS - 1);
    assert_int_equal(record_join(s, RECORD_REAPER, &identity, hold, NULL, 1, &index, &word), 0);
    assert_in_range(index, WORKERS, s->geometry.record_count - 1);
    assert_int_equal(atomic_load(&segment_record(s, index)->flags) & RECORD_LOCKED, 0);
    connstat_close(cs);
}

/* ---- shards of further threads ---------------------------------------------------------------- */

/* There are so many and no more. They are told from all others, and each is given once. */
static void test_extra_shards_run_out(void **state)
{
    connstat_t *cs = create_for_workers(4);
    const struct segment *s = segment_of(cs);
    uint64_t word = record_word(RECORD_BURIED, 1, 1, 1),
             other = record_word(RECORD_BURIED, 1, 1, 2);
    uint64_t me_word = record_word(RECORD_ALIVE, 1, 1, 1);
    bool given[EXTRA_SHARDS] = {false};

    (void)state;
    assert_false(shard_has_extra(s, 1, word));
    for (uint32_t n = 0; n < EXTRA_SHARDS; n++) {
        int64_t index = shard_take_extra(s, 1, word) - shard_index_extra(s, 0);

        assert_in_range(index, 0, EXTRA_SHARDS - 1);
        assert_false(given[index]);
        given[index] = true;
    }
    assert_int_equal(shard_take_extra(s, 1, word), -EUSERS);
    assert_true(shard_has_extra(s, 1, word));
    assert_false(shard_has_extra(s, 1, other)); /* the record's next holder */
    assert_false(shard_has_extra(s, 2, word));
    shard_release_extra(s, 1, word, 0, me_word);
    assert_false(shard_has_extra(s, 1, word));
    assert_int_equal(shard_take_extra(s, 2, word), shard_index_extra(s, 0));
    connstat_close(cs);
}

/* A dead one's record stays its own as long as it has a shard that nobody has settled. */
static void test_a_shard_keeps_a_record(void **state)
{
    connstat_t *cs = create_for_workers(4);
    const struct segment *s = segment_of(cs);
    uint64_t word = record_word(RECORD_BURIED, 1, 1, 1);

    (void)state;
    atomic_store(&segment_record(s, 1)->word, word);
    for (uint32_t n = 0; n < EXTRA_SHARDS; n++) {
        struct shard *shard = segment_shard(s, shard_index_extra(s, n));

        atomic_store(&shard->owner, shard_owner_word(SHARD_OWNED, false, 1, 1));
        assert_false(sweep_idle_record(s, 1, word));
        atomic_store(&shard->owner, 0);
    }
    assert_int_equal(atomic_load(&segment_record(s, 1)->word), word);
    assert_true(sweep_idle_record(s, 1, word));
    connstat_close(cs);
}

/* ---- a program that follows another in the same process --------------------------------------- */

/* The counters are set right by what is there, and no total ever falls. */
static void test_next_program_counts_on(void **state)
{
    connstat_t *cs = create_for_workers(4);
    const struct segment *s = segment_of(cs);
    struct shard_type *own = shard_types(segment_shard(s, shard_index_own(0)));
    struct connstat_totals totals;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    atomic_store(&own->opened, 3); /* two that were counted, and never came */
    resume_record(s, 0, atomic_load(&segment_record(s, 0)->word));
    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(totals.opened[0], 3);
    assert_int_equal(totals.closed[0], 2);
    atomic_store(&own->closed, 1); /* the one that lives, counted as closed */
    resume_record(s, 0, atomic_load(&segment_record(s, 0)->word));
    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(totals.opened[0], 4);
    assert_int_equal(totals.closed[0], 3);
    assert_int_equal(connstat_count(cs, 0), 1);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

static void *update_often(void *arg)
{
    connstat_id id;

    if (connstat_register(arg, 0, NULL, 0, &id) != 0)
        abort();
    for (int i = 0; i < 1000; i++)
        if (connstat_update(arg, id, NULL, 0) != 0)
            return arg;
    return connstat_unregister(arg, id) == 0 ? NULL : arg;
}

/* Threads that share their counters share the spares for updates, too, and give back what they take. */
static void test_updates_on_shared_counters(void **state)
{
    connstat_t *cs = create_for_workers(4);
    const struct segment *s = segment_of(cs);
    uint64_t word = record_word(RECORD_ALIVE, 1, 1, 1);
    pthread_t thread;
    connstat_id id;
    void *failed;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    while (shard_take_extra(s, 3, word) >= 0)
        ;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&thread, NULL, update_often, cs), 0);
        assert_int_equal(pthread_join(thread, &failed), 0);
        assert_null(failed);
    }
    for (uint32_t record = 0; record < s->geometry.record_count; record++)
        assert_int_equal(atomic_load(&segment_spare(s, shard_index_shared(record))->holder), 0);
    connstat_close(cs);
}

/* ---- signals while the library works ---------------------------------------------------------- */

static void test_which_signals_wait(void **state)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    static const int others[] = {SIGINT, SIGTERM, SIGALRM, SIGCHLD, SIGXFSZ, SIGUSR1};
    struct signals before;
    sigset_t mask;

    (void)state;
    signals_block(&before);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
    signals_restore(&before);
    for (size_t i = 0; i < COUNT(own); i++)
        assert_int_equal(sigismember(&mask, own[i]), 0);
    for (size_t i = 0; i < COUNT(others); i++)
        assert_int_equal(sigismember(&mask, others[i]), 1);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
    for (size_t i = 0; i < COUNT(others); i++)
        assert_int_equal(sigismember(&mask, others[i]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_walk_finds_one_alone),  TEST(test_who_leaves_is_in_no_walk),
        TEST(test_who_finds_no_lock_joins), TEST(test_extra_shards_run_out),
        TEST(test_a_shard_keeps_a_record),  TEST(test_updates_on_shared_counters),
        TEST(test_next_program_counts_on),  TEST(test_which_signals_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
