/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat_move: an entry becomes one of another type.
 */
#include "harness.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

struct seen {
    connstat_id id;
    int type;
    int64_t started, active, n;
    size_t fields;
    bool has_key;
};

static int see(const struct connstat_entry *entry, void *arg)
{
    struct seen *seen = arg;

    *seen = (struct seen){.id = entry->id,
                          .type = entry->type,
                          .started = entry->started_at_ns,
                          .active = entry->active_at_ns,
                          .fields = entry->metadata_count,
                          .has_key = entry->key != NULL};
    if (entry->metadata_count > 0)
        seen->n = entry->metadata[0].value.integer;
    return 0;
}

static struct seen look(connstat_t *cs, connstat_id id)
{
    struct seen seen;

    assert_int_equal(connstat_get(cs, id, see, &seen), 0);
    assert_true(seen.id == id);
    return seen;
}

static void totals_are(connstat_t *cs, int type, uint64_t opened, uint64_t closed)
{
    struct connstat_totals totals;

    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(totals.opened[type], opened);
    assert_int_equal(totals.closed[type], closed);
    assert_int_equal(totals.lost[type], 0);
}

static void test_move(void **state)
{
    const struct connstat_field born = connstat_int("n", 1);
    const struct connstat_field fields[] = {connstat_int("n", 2), connstat_text("user", "ann")};
    connstat_t *cs = create_segment(8), *reader = open_segment(CONNSTAT_READ_ONLY);
    struct timespec pause = {.tv_nsec = 30000000};
    connstat_id id, first;

    (void)state;
    assert_int_equal(connstat_register(cs, 7, &born, 1, &id), 0);
    first = id;
    struct seen before = look(cs, id);
    nanosleep(&pause, NULL);
    assert_int_equal(connstat_move(cs, &id, 0, fields, 2), 0);
    assert_true(id != first);
    struct seen after = look(reader, id);
    assert_int_equal(after.type, 0);
    assert_true(after.started == before.started);
    assert_true(after.active > after.started);
    assert_int_equal(after.n, 2);
    assert_int_equal(after.fields, 2);
    assert_false(after.has_key);
    assert_int_equal(connstat_get(cs, first, see, &before), -ENOENT);
    assert_int_equal(connstat_unregister(cs, first), -ENOENT);
    assert_int_equal(connstat_count(reader, 7), 0);
    assert_int_equal(connstat_count(reader, 0), 1);
    assert_int_equal(listed(reader, CONNSTAT_ANY_TYPE), 1);
    totals_are(cs, 7, 1, 1);
    totals_are(cs, 0, 1, 0);
    /* It moves from type to type, keeps its metadata, and is updated in between. */
    for (int i = 0; i < 50; i++) {
        assert_int_equal(connstat_move(cs, &id, i % 9, NULL, 0), 0);
        assert_int_equal(look(reader, id).n, i == 0 ? 2 : 100 + i - 1);
        assert_int_equal(look(reader, id).type, i % 9);
        const struct connstat_field now = connstat_int("n", 100 + i);
        assert_int_equal(connstat_update(cs, id, &now, 1), 0);
        assert_int_equal(look(reader, id).n, 100 + i);
        assert_true(look(reader, id).started == after.started);
        assert_int_equal(listed(reader, CONNSTAT_ANY_TYPE), 1);
    }
    assert_int_equal(connstat_move(cs, &id, 0, fields, 0), 0);
    assert_int_equal(look(reader, id).fields, 0);
    assert_int_equal(connstat_unregister(cs, id), 0);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(reader);
    connstat_close(cs);
}

static void test_key_goes_along(void **state)
{
    struct connstat_key key = connstat_key_u64(7), other = connstat_key_u64(8);
    connstat_t *cs = create_segment(8);
    connstat_id id, more;

    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(connstat_register_key(cs, 1, key, 1, NULL, 0, &id), 0);
        assert_int_equal(connstat_register_key(cs, 2, key, 1, NULL, 0, &more), 0);
        /* A limit does not keep an entry from moving, but the entry counts for those who come later. */
        assert_int_equal(connstat_move(cs, &id, 2, NULL, 0), 0);
        assert_true(look(cs, id).has_key);
        assert_int_equal(connstat_count_key(cs, 1, key), 0);
        assert_int_equal(connstat_count_key(cs, 2, key), 2);
        assert_int_equal(connstat_count_key(cs, 2, other), 0);
        assert_int_equal(connstat_register_key(cs, 2, key, 2, NULL, 0, &(connstat_id){0}), -EDQUOT);
        assert_int_equal(connstat_unregister(cs, more), 0);
        assert_int_equal(connstat_unregister(cs, id), 0);
        assert_int_equal(connstat_count_key(cs, CONNSTAT_ANY_TYPE, key), 0);
    }
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

struct mover {
    connstat_t *cs;
    connstat_id id;
    int visited, updates;
};

/* At the first look at the entry, move it to a type that the list comes to later, and update it. */
static int move_away(const struct connstat_entry *entry, void *arg)
{
    struct mover *mover = arg;

    (void)entry;
    if (mover->visited++ == 0) {
        if (connstat_move(mover->cs, &mover->id, 5, NULL, 0) != 0)
            return 1;
        for (int i = 0; i < mover->updates; i++)
            if (connstat_update(mover->cs, mover->id, NULL, 0) != 0)
                return 1;
    }
    return 0;
}

/* A list shows an entry once that moves while it runs, however often that is updated then. */
static void test_listed_once_though_updated(void **state)
{
    connstat_t *cs = create_segment(8);

    (void)state;
    for (int updates = 0; updates < 4; updates++) {
        struct mover mover = {.cs = cs, .updates = updates};

        assert_int_equal(connstat_register(cs, 2, NULL, 0, &mover.id), 0);
        assert_int_equal(connstat_for_each(cs, CONNSTAT_ANY_TYPE, move_away, &mover), 1);
        assert_int_equal(mover.visited, 1);
        assert_int_equal(connstat_for_each(cs, CONNSTAT_ANY_TYPE, move_away, &mover), 1);
        assert_int_equal(connstat_unregister(cs, mover.id), 0);
    }
    connstat_close(cs);
}

static void test_refusals(void **state)
{
    static const char text[200] = {[0 ... 85] = 'x'};
    struct connstat_field fields[2] = {connstat_text("a", text)}, small = connstat_int("n", 1);
    connstat_t *cs = create_segment(2), *reader = open_segment(CONNSTAT_READ_ONLY), *closed;
    connstat_id id, stands, others[2];

    (void)state;
    closed = open_segment(0);
    connstat_close(closed);
    assert_int_equal(connstat_register(cs, 0, fields, 1, &id), 0);
    stands = id;
    assert_int_equal(connstat_move(NULL, &id, 1, NULL, 0), 0);
    assert_int_equal(connstat_move(cs, NULL, 1, NULL, 0), -EINVAL);
    assert_int_equal(connstat_move(cs, &(connstat_id){0}, 1, NULL, 0), 0);
    assert_int_equal(connstat_move(closed, &id, 1, NULL, 0), -ENOTCONN);
    assert_int_equal(connstat_move(reader, &id, 1, NULL, 0), -EROFS);
    assert_int_equal(connstat_move(cs, &id, 9, NULL, 0), -EINVAL);
    assert_int_equal(connstat_move(cs, &id, -1, NULL, 0), -EINVAL);
    assert_int_equal(connstat_move(cs, &id, 1, NULL, 1), -EINVAL);
    id ^= 1;
    assert_int_equal(connstat_move(cs, &id, 1, NULL, 0), -ENOENT);
    assert_true(id == (stands ^ 1));
    id ^= 1;
    /* An entry that has moved has 16 bytes less room. */
    assert_int_equal(connstat_move(cs, &id, 1, NULL, 0), -EMSGSIZE);
    fields[1] = connstat_text("a", "twice");
    assert_int_equal(connstat_move(cs, &id, 1, fields, 2), -EINVAL);
    for (int i = 0; i < 2; i++)
        assert_int_equal(connstat_register(cs, 1, NULL, 0, &others[i]), 0);
    assert_int_equal(connstat_move(cs, &id, 1, &small, 1), -ENOSPC);
    assert_true(id == stands);
    assert_int_equal(look(cs, id).type, 0);
    totals_are(cs, 0, 1, 0);
    totals_are(cs, 1, 2, 0);
    assert_int_equal(connstat_unregister(cs, others[0]), 0);
    assert_int_equal(connstat_move(cs, &id, 1, &small, 1), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(reader);
    connstat_close(cs);
}

static void move_as_child(struct child *self, void *arg)
{
    connstat_id id = *(connstat_id *)arg;
    connstat_t *cs;

    (void)self;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_move(cs, &id, 1, NULL, 0) == -EPERM);
    CHECK(id == *(connstat_id *)arg);
}

static void test_others(void **state)
{
    connstat_t *cs = create_segment(8);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    in_child(move_as_child, &id);
    connstat_close(cs);
}

/* An entry that belongs to a thread goes when the thread ends, also if another thread has moved it. */
static connstat_t *shared_cs;
static connstat_id shared_id;
static _Atomic int step;

static void *own_one(void *unused)
{
    (void)unused;
    assert_int_equal(connstat_own_by_thread(shared_cs, true), 0);
    assert_int_equal(connstat_register(shared_cs, 0, NULL, 0, &shared_id), 0);
    atomic_store(&step, 1);
    while (atomic_load(&step) == 1)
        usleep(1000);
    return NULL;
}

static void test_owner_stays(void **state)
{
    pthread_t thread;

    (void)state;
    shared_cs = create_segment(8);
    assert_int_equal(pthread_create(&thread, NULL, own_one, NULL), 0);
    while (atomic_load(&step) == 0)
        usleep(1000);
    assert_int_equal(connstat_move(shared_cs, &shared_id, 1, NULL, 0), 0);
    assert_int_equal(connstat_count(shared_cs, 0), 0);
    assert_int_equal(connstat_count(shared_cs, 1), 1);
    atomic_store(&step, 2);
    pthread_join(thread, NULL);
    assert_int_equal(connstat_count(shared_cs, 1), 0);
    assert_int_equal(connstat_check(shared_cs, NULL, NULL), 0);
    connstat_close(shared_cs);
}

/* ---- lists beside moves --------------------------------------------------------------------- */

enum { MOVERS = 40, MOVES = 3000 };
static _Atomic bool stop;

/* What the listing thread has seen. It is checked after that thread has ended, because CMocka's
 * assertions work in the main thread only. */
static struct {
    int lists, wrong, with_twice;
} said;

static int tick(const struct connstat_entry *entry, void *arg)
{
    int64_t n = entry->metadata_count == 1 ? entry->metadata[0].value.integer : -1;

    if (n < 0 || n >= MOVERS)
        return -1;
    ((uint8_t *)arg)[n]++;
    return 0;
}

/* A list of all types shows an entry that does not move exactly once, and one that moves at most
 * once. The exception: a list that begins while a mover is stopped in the middle of a move may show
 * that entry twice. */
static void *list_all(void *reader)
{
    while (!atomic_load(&stop)) {
        uint8_t seen[MOVERS] = {0};
        int twice = 0;

        if (connstat_for_each(reader, CONNSTAT_ANY_TYPE, tick, seen) < 0)
            said.wrong++;
        for (int i = 0; i < MOVERS; i++) {
            twice += i % 2 == 0 && seen[i] == 2;
            said.wrong += i % 2 ? seen[i] != 1 : seen[i] > 2;
        }
        said.wrong += twice > 1;
        said.with_twice += twice > 0;
        said.lists++;
    }
    return NULL;
}

static void test_lists_beside_moves(void **state)
{
    connstat_id ids[MOVERS];
    connstat_t *reader;
    pthread_t lister;

    (void)state;
    shared_cs = create_segment(64);
    reader = open_segment(CONNSTAT_READ_ONLY);
    for (int i = 0; i < MOVERS; i++) {
        const struct connstat_field field = connstat_int("n", i);

        assert_int_equal(connstat_register(shared_cs, i % 9, &field, 1, &ids[i]), 0);
    }
    assert_int_equal(pthread_create(&lister, NULL, list_all, reader), 0);
    for (int round = 0; round < MOVES; round++)
        for (int i = 0; i < MOVERS; i += 2)
            assert_int_equal(connstat_move(shared_cs, &ids[i], (round * 5 + i) % 9, NULL, 0), 0);
    atomic_store(&stop, true);
    pthread_join(lister, NULL);
    connstat_close(reader);
    assert_int_equal(said.wrong, 0);
    assert_true(said.with_twice * 10 <= said.lists + 10);
    assert_int_equal(listed(shared_cs, CONNSTAT_ANY_TYPE), MOVERS);
    assert_int_equal(connstat_count(shared_cs, CONNSTAT_ANY_TYPE), MOVERS);
    assert_int_equal(connstat_check(shared_cs, NULL, NULL), 0);
    connstat_close(shared_cs);
}

/* Where the room is just large enough for what stands before the metadata of an entry that was updated, 8
 * bytes, or moved, 16: then it has none. */
static void test_the_smallest_room(void **state)
{
    struct connstat_type types[] = {{.name = "a"}, {.name = "b"}};

    (void)state;
    for (uint32_t room = 8; room <= 16; room += 8) {
        struct connstat_config config = CONNSTAT_CONFIG_INIT;
        connstat_t *cs;
        connstat_id id;

        config.types = types;
        config.type_count = COUNT(types);
        config.capacity = config.max_workers = 4;
        config.metadata_bytes = room;
        assert_int_equal(connstat_create(&cs, "test", &config), 0);
        assert_int_equal(connstat_register_encoded(cs, 0, NULL, 0, &id), 0);
        assert_int_equal(connstat_update_encoded(cs, id, NULL, 0), 0);
        assert_int_equal(look(cs, id).fields, 0);
        assert_int_equal(connstat_move(cs, &id, 1, NULL, 0), room < 16 ? -EMSGSIZE : 0);
        assert_int_equal(look(cs, id).fields, 0);
        assert_int_equal(look(cs, id).type, room < 16 ? 0 : 1);
        assert_int_equal(listed(cs, CONNSTAT_ANY_TYPE), 1);
        connstat_close(cs);
        assert_int_equal(connstat_destroy("test"), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_move),
        TEST(test_key_goes_along),
        TEST(test_listed_once_though_updated),
        TEST(test_refusals),
        TEST(test_others),
        TEST(test_owner_stays),
        TEST(test_lists_beside_moves),
        TEST(test_the_smallest_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
