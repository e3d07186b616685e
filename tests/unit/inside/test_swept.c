/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A worker that lives is taken for dead, by somebody's mistake, and swept. It notices at its next
 * call, joins anew, and what it registers from then on stays; connstat_check finds nothing.
 */
#include "harness.h"

#include "records/record.h"
#include "worker/handle.h"

#include <pthread.h>

static const struct segment *segment_of(connstat_t *cs)
{
    return atomic_load(&cs->attachment)->segment;
}

static uint64_t word_of(connstat_t *cs, uint32_t record)
{
    return atomic_load(&segment_record(segment_of(cs), record)->word);
}

/* Makes the mistake: marks the record of a living worker dead, as a reaper would. */
static void call_dead(connstat_t *cs, uint32_t record)
{
    assert_true(record_mark_dead(segment_of(cs), record, word_of(cs, record), 1));
}

static void reap(struct child *self, void *arg)
{
    connstat_t *cs;

    (void)self;
    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_reap(cs) >= 0);
    connstat_close(cs);
}

static void sweep(connstat_t *cs, uint32_t record)
{
    call_dead(cs, record);
    in_child(reap, NULL);
}

static connstat_id enter(connstat_t *cs)
{
    connstat_id id;

    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    return id;
}

static void report(const char *message, void *arg)
{
    (void)arg;
    print_error("%s\n", message);
}

static void nothing_is_wrong(connstat_t *cs, uint64_t live)
{
    struct connstat_totals totals;

    assert_int_equal(connstat_check(cs, report, NULL), 0);
    assert_int_equal(connstat_count(cs, 0), live);
    assert_int_equal(listed(cs, 0), live);
    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(totals.opened[0], totals.closed[0] + totals.lost[0] + live);
}

/* ---- one that was swept --------------------------------------------------------------------- */

static void test_joins_anew(void **state)
{
    connstat_t *cs = create_segment(64);
    connstat_id old[3], id, keyed;
    struct connstat_totals totals;

    (void)state;
    for (int i = 0; i < 3; i++)
        old[i] = enter(cs);
    assert_int_equal(connstat_unregister(cs, enter(cs)), 0); /* parked */
    sweep(cs, 0);
    nothing_is_wrong(cs, 0);
    assert_int_equal(connstat_touch(cs, old[0]), -ENOENT);
    assert_int_equal(connstat_update(cs, old[0], NULL, 0), -ENOENT);
    assert_int_equal(connstat_move(cs, &old[1], 1, NULL, 0), -ENOENT);
    assert_int_equal(connstat_unregister(cs, old[0]), -ENOENT);
    id = enter(cs);
    assert_int_equal(connstat_register_key(cs, 0, connstat_key_u64(7), 1, NULL, 0, &keyed), 0);
    nothing_is_wrong(cs, 2);
    assert_int_equal(connstat_unregister(cs, old[1]), -ENOENT);
    in_child(reap, NULL);
    nothing_is_wrong(cs, 2);
    assert_int_equal(connstat_touch(cs, id), 0);
    assert_int_equal(connstat_unregister(cs, id), 0);
    assert_int_equal(connstat_unregister(cs, keyed), 0);
    nothing_is_wrong(cs, 0);
    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(totals.lost[0], 3);
    assert_int_equal(totals.joins, 2);
    connstat_close(cs);
}

/* The worker is marked dead, but nobody has swept its slots yet; the one that it has parked still
 * names its old record. What it registers now must be an entry of its new record, and stay when the
 * old one is swept. */
static void test_called_dead_and_not_swept(void **state)
{
    connstat_t *cs = create_segment(64);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_unregister(cs, enter(cs)), 0);
    call_dead(cs, 0);
    id = enter(cs);
    nothing_is_wrong(cs, 1);
    in_child(reap, NULL);
    nothing_is_wrong(cs, 1);
    assert_int_equal(connstat_unregister(cs, id), 0);
    connstat_close(cs);
}

static void hold_one(struct child *self, void *arg)
{
    connstat_id id;
    connstat_t *cs;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    child_pause(self);
    CHECK(connstat_unregister(cs, id) == 0);
    _exit(0);
}

/* Another worker has taken the record before the first one notices. Neither may touch what is the
 * other's. */
static void test_its_record_is_taken(void **state)
{
    connstat_t *cs = create_segment(64);
    connstat_id old = enter(cs), id;
    struct connstat_totals totals;
    struct child other;
    uint64_t word;

    (void)state;
    sweep(cs, 0);
    /* As where the host has closed our descriptors: a record whose lock is held is passed. */
    life_give(&atomic_load(&cs->attachment)->life, 0);
    other = child_start(hold_one, NULL);
    child_reached(&other);
    word = word_of(cs, 0);
    assert_int_equal(record_pid(word), other.pid);
    assert_int_equal(connstat_unregister(cs, old), -ENOENT);
    id = enter(cs);
    nothing_is_wrong(cs, 2);
    assert_int_equal(connstat_leave(cs), 0);
    nothing_is_wrong(cs, 1);
    assert_true(word_of(cs, 0) == word);
    assert_int_equal(atomic_load(&segment_record(segment_of(cs), 0)->flags) & RECORD_LEFT, 0);
    assert_int_equal(connstat_unregister(cs, id), -ENOENT);
    child_kill(&other);
    assert_int_equal(connstat_reap(cs), 1);
    nothing_is_wrong(cs, 0);
    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(totals.lost[0], 2);
    connstat_close(cs);
}

/* ---- whatever its next call is -------------------------------------------------------------- */

static int join(connstat_t *cs)
{
    return connstat_join(cs, "again");
}

static int keep(connstat_t *cs)
{
    return connstat_keep_on_exec(cs, true);
}

static int own(connstat_t *cs)
{
    return connstat_own_by_thread(cs, true);
}

static int clear_away(connstat_t *cs)
{
    return connstat_reap(cs) < 0;
}

static void test_any_call(void **state)
{
    int (*const calls[])(connstat_t *) = {join, keep, own, clear_away, connstat_leave};

    (void)state;
    for (size_t i = 0; i < COUNT(calls); i++) {
        connstat_t *cs = create_segment(64);

        (void)enter(cs);
        sweep(cs, 0);
        assert_int_equal(calls[i](cs), 0);
        assert_int_equal(connstat_unregister(cs, enter(cs)), 0);
        (void)enter(cs);
        in_child(reap, NULL);
        nothing_is_wrong(cs, 1);
        assert_int_equal(connstat_leave(cs), 0);
        nothing_is_wrong(cs, 0);
        connstat_close(cs);
        assert_int_equal(connstat_destroy("test"), 0);
    }
}

/* Since its only worker counts as dead, the segment is replaced. The worker goes on in the new one. */
static void replace(struct child *self, void *arg)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    (void)self;
    (void)arg;
    config.capacity = 32;
    CHECK(connstat_create(&cs, "test", &config) == 0);
}

static void test_its_segment_is_replaced(void **state)
{
    connstat_t *cs = create_segment(64), *now;

    (void)state;
    (void)enter(cs);
    sweep(cs, 0);
    in_child(replace, NULL);
    (void)enter(cs);
    now = open_segment(CONNSTAT_READ_ONLY);
    assert_int_equal(connstat_type_capacity(now, 0), 32);
    nothing_is_wrong(now, 1);
    connstat_close(now);
    connstat_close(cs);
}

/* A reaper, too, may be called dead by mistake, and loses the record under which it sweeps. */
static void test_a_reaper(void **state)
{
    connstat_t *cs = create_segment(64);
    uint32_t reaper = segment_of(cs)->geometry.shape.max_workers;
    struct child worker;

    (void)state;
    assert_int_equal(connstat_reaper_start(cs), 0);
    assert_int_equal(connstat_reaper_stop(cs), 0);
    sweep(cs, reaper);
    worker = child_start(hold_one, NULL);
    child_reached(&worker);
    child_kill(&worker);
    assert_int_equal(connstat_reap(cs), 1);
    assert_int_equal(connstat_reap(cs), 0);
    nothing_is_wrong(cs, 0);
    connstat_close(cs);
}

/* ---- threads -------------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 200 };

struct crew {
    connstat_t *cs;
    pthread_barrier_t barrier;
    bool own;
};

static void *work(void *arg)
{
    struct crew *crew = arg;
    connstat_id id, kept;

    CHECK(!crew->own || connstat_own_by_thread(crew->cs, true) == 0);
    CHECK(connstat_register(crew->cs, 0, NULL, 0, &id) == 0);
    pthread_barrier_wait(&crew->barrier); /* the test sweeps between these two */
    pthread_barrier_wait(&crew->barrier);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK(connstat_register(crew->cs, 0, NULL, 0, &kept) == 0);
        CHECK(connstat_unregister(crew->cs, kept) == 0);
    }
    CHECK(connstat_register(crew->cs, 0, NULL, 0, &kept) == 0);
    CHECK(connstat_unregister(crew->cs, id) == -ENOENT);
    pthread_barrier_wait(&crew->barrier); /* the test counts between these two */
    pthread_barrier_wait(&crew->barrier);
    CHECK(connstat_unregister(crew->cs, kept) == 0);
    return NULL;
}

static int count_owners(const struct connstat_worker *worker, void *arg)
{
    *(int *)arg += worker->tid != 0 && worker->live[0] == 1;
    return 0;
}

static void sweep_all(connstat_t *cs)
{
    for (uint32_t i = 0; i < segment_of(cs)->geometry.shape.max_workers; i++)
        if (record_state(word_of(cs, i)) == RECORD_ALIVE)
            call_dead(cs, i);
    in_child(reap, NULL);
}

static void test_threads(void **state)
{
    (void)state;
    for (int own_by_thread = 0; own_by_thread < 2; own_by_thread++) {
        struct crew crew = {.cs = create_segment(256), .own = own_by_thread};
        pthread_t threads[THREADS];
        int owners = 0;

        pthread_barrier_init(&crew.barrier, NULL, THREADS + 1);
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, work, &crew), 0);
        pthread_barrier_wait(&crew.barrier);
        sweep_all(crew.cs);
        nothing_is_wrong(crew.cs, 0);
        pthread_barrier_wait(&crew.barrier);
        pthread_barrier_wait(&crew.barrier);
        nothing_is_wrong(crew.cs, THREADS);
        assert_true(connstat_for_each_worker(crew.cs, count_owners, &owners) >= 1);
        assert_int_equal(owners, crew.own ? THREADS : 0);
        pthread_barrier_wait(&crew.barrier);
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        nothing_is_wrong(crew.cs, 0);
        connstat_close(crew.cs);
        assert_int_equal(connstat_destroy("test"), 0);
        pthread_barrier_destroy(&crew.barrier);
    }
}

/* Only the record of a thread that owns its entries is taken by mistake, not its process's. */
static void test_a_thread(void **state)
{
    connstat_t *cs = create_segment(64);
    int owners = 0;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_own_by_thread(cs, true), 0);
    (void)enter(cs);
    sweep(cs, 1);
    nothing_is_wrong(cs, 0);
    id = enter(cs);
    assert_true(connstat_for_each_worker(cs, count_owners, &owners) >= 1);
    assert_int_equal(owners, 1);
    nothing_is_wrong(cs, 1);
    assert_int_equal(connstat_own_by_thread(cs, false), 0);
    assert_int_equal(connstat_unregister(cs, id), 0);
    nothing_is_wrong(cs, 0);
    connstat_close(cs);
}

/* Only the process's record is taken by mistake: what its thread owns goes with it, as soon as
 * the process notices, since the thread's record names one that may be another's by then. */
static void test_a_process_alone(void **state)
{
    connstat_t *cs = create_segment(64);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_own_by_thread(cs, true), 0);
    (void)enter(cs);
    sweep(cs, 0);
    nothing_is_wrong(cs, 1);
    assert_int_equal(join(cs), 0);
    nothing_is_wrong(cs, 0);
    id = enter(cs);
    nothing_is_wrong(cs, 1);
    assert_int_equal(connstat_unregister(cs, id), 0);
    nothing_is_wrong(cs, 0);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_joins_anew),
        TEST(test_called_dead_and_not_swept),
        TEST(test_its_record_is_taken),
        TEST(test_any_call),
        TEST(test_its_segment_is_replaced),
        TEST(test_a_reaper),
        TEST(test_threads),
        TEST(test_a_thread),
        TEST(test_a_process_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
