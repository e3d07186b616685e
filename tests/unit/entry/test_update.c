/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat_update replaces the metadata of an entry; connstat_touch notes that it was active.
 */
#include "harness.h"

#include <pthread.h>
#include <time.h>

struct seen {
    connstat_id id;
    int type;
    int64_t started, active;
    uint8_t encoded[4096];
    size_t size, fields;
    bool has_key;
    struct connstat_key key;
};

static int see(const struct connstat_entry *entry, void *arg)
{
    struct seen *seen = arg;

    seen->id = entry->id;
    seen->type = entry->type;
    seen->started = entry->started_at_ns;
    seen->active = entry->active_at_ns;
    seen->size = entry->encoded_size;
    seen->fields = entry->metadata_count;
    memcpy(seen->encoded, entry->encoded, entry->encoded_size);
    seen->has_key = entry->key != NULL;
    if (entry->key != NULL)
        seen->key = *entry->key;
    return 0;
}

static struct seen look(connstat_t *cs, connstat_id id)
{
    struct seen seen = {.id = 0};

    assert_int_equal(connstat_get(cs, id, see, &seen), 0);
    assert_true(seen.id == id);
    return seen;
}

static void holds(connstat_t *cs, connstat_id id, const struct connstat_field *fields, size_t count)
{
    struct seen seen = look(cs, id);
    uint8_t encoded[4096];
    int size = connstat_encode(fields, count, encoded, sizeof(encoded));

    assert_int_equal(seen.size, size);
    assert_memory_equal(seen.encoded, encoded, size);
    assert_int_equal(seen.fields, count);
}

static void test_update(void **state)
{
    const struct connstat_field born[] = {connstat_text("addr", "10.0.0.7")};
    const struct connstat_field known[] = {connstat_text("addr", "10.0.0.7"),
                                           connstat_int("user_id", 42),
                                           connstat_text("protocol", "phoenix-2.0.0")};
    connstat_t *cs = create_segment(8), *reader = open_segment(CONNSTAT_READ_ONLY);
    struct connstat_totals totals;
    connstat_id id, other;

    (void)state;
    assert_int_equal(connstat_register(cs, 1, born, 1, &id), 0);
    assert_int_equal(connstat_register(cs, 1, born, 1, &other), 0);
    int64_t started = look(cs, id).started;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(connstat_update(cs, id, known, 3), 0);
        holds(cs, id, known, 3);
        holds(reader, id, known, 3);
        holds(cs, other, born, 1);
        assert_int_equal(connstat_update(cs, id, known, (size_t)i % 3), 0);
        holds(reader, id, known, (size_t)i % 3);
        assert_true(look(cs, id).started == started);
        assert_int_equal(look(cs, id).type, 1);
    }
    assert_int_equal(connstat_count(cs, 1), 2);
    assert_int_equal(listed(reader, 1), 2);
    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(totals.opened[1], 2);
    assert_int_equal(totals.closed[1], 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    assert_int_equal(connstat_unregister(cs, id), 0);
    assert_int_equal(connstat_update(cs, id, known, 3), -ENOENT);
    assert_int_equal(connstat_register(cs, 1, born, 1, &id), 0);
    holds(cs, id, born, 1);
    connstat_close(reader);
    connstat_close(cs);
}

static void test_update_encoded(void **state)
{
    const struct connstat_field fields[] = {connstat_text("a", "b"), connstat_int("n", -7)};
    connstat_t *cs = create_segment(8);
    uint8_t encoded[100];
    int size = connstat_encode(fields, 2, encoded, sizeof(encoded));
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_update_encoded(cs, id, encoded, (size_t)size), 0);
    holds(cs, id, fields, 2);
    assert_int_equal(connstat_update_encoded(cs, id, encoded, (size_t)size - 1), -EINVAL);
    assert_int_equal(connstat_update_encoded(cs, id, NULL, 1), -EINVAL);
    assert_int_equal(connstat_update_encoded(cs, id, encoded, 4096), -EMSGSIZE);
    holds(cs, id, fields, 2);
    assert_int_equal(connstat_update_encoded(cs, id, NULL, 0), 0);
    assert_int_equal(look(cs, id).size, 0);
    assert_int_equal(look(cs, id).fields, 0);
    connstat_close(cs);
}

static void test_refusals(void **state)
{
    static const char text[200] = {[0 ... 98] = 'x'};
    const struct connstat_field born = connstat_int("n", 1);
    struct connstat_field fields[2] = {connstat_text("a", text)};
    connstat_t *cs = create_segment(8), *reader = open_segment(CONNSTAT_READ_ONLY), *closed;
    struct connstat_totals totals;
    connstat_id id;

    (void)state;
    closed = open_segment(0);
    connstat_close(closed);
    assert_int_equal(connstat_register(cs, 0, &born, 1, &id), 0);
    assert_int_equal(connstat_update(NULL, id, fields, 1), 0);
    assert_int_equal(connstat_update_encoded(NULL, id, NULL, 1), 0);
    assert_int_equal(connstat_touch(NULL, id), 0);
    assert_int_equal(connstat_update(cs, 0, NULL, 1), 0);
    assert_int_equal(connstat_update_encoded(cs, 0, NULL, 1), 0);
    assert_int_equal(connstat_touch(cs, 0), 0);
    assert_int_equal(connstat_update(closed, id, fields, 1), -ENOTCONN);
    assert_int_equal(connstat_touch(closed, id), -ENOTCONN);
    assert_int_equal(connstat_update(reader, id, &born, 1), -EROFS);
    assert_int_equal(connstat_update_encoded(reader, id, NULL, 0), -EROFS);
    assert_int_equal(connstat_touch(reader, id), -EROFS);
    for (uint64_t bit = 1; bit != 0; bit <<= 1) {
        assert_int_equal(connstat_update(cs, id ^ bit, &born, 1), -ENOENT);
        assert_int_equal(connstat_touch(cs, id ^ bit), -ENOENT);
    }
    assert_int_equal(connstat_update(cs, id, fields, 1), -EMSGSIZE);
    assert_int_equal(connstat_update(cs, id, NULL, 1), -EINVAL);
    fields[0] = fields[1] = born;
    assert_int_equal(connstat_update(cs, id, fields, 2), -EINVAL);
    fields[0] = connstat_text("a", "caf\xe9");
    assert_int_equal(connstat_update(cs, id, fields, 1), -EINVAL);
    holds(cs, id, &born, 1);
    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(totals.refused[0][CONNSTAT_REFUSED_SIZE], 0);
    connstat_close(reader);
    connstat_close(cs);
}

/* Updates from metadata of each size to each other size: it replaces the old, or the old stays. */
static void test_sizes(void **state)
{
    static const uint32_t rooms[] = {1, 7, 8, 16, 17, 24, 96, 300, 4096};
    char text[4097], before[4097];

    (void)state;
    memset(text, 't', sizeof(text));
    for (size_t r = 0; r < COUNT(rooms); r++) {
        struct connstat_config config = CONNSTAT_CONFIG_INIT;
        uint32_t room = (rooms[r] + 7) / 8 * 8 - 8, step = rooms[r] / 30 + 1;
        connstat_t *cs;
        connstat_id id;

        config.capacity = 4;
        config.max_workers = 4;
        config.metadata_bytes = rooms[r];
        assert_int_equal(connstat_create(&cs, "sizes", &config), 0);
        assert_int_equal(connstat_register_encoded(cs, 0, NULL, 0, &id), 0);
        before[0] = '\0';
        size_t last = 0;
        for (uint32_t size = 5; size <= rooms[r] + 8; size += step) {
            char value[4097];
            struct connstat_field field = connstat_text("a", value);
            uint32_t fits = rooms[r] < room ? rooms[r] : room;
            uint8_t encoded[4200];
            int bytes;

            memcpy(value, text, size - 3);
            value[size - 3] = '\0';
            bytes = connstat_encode(&field, 1, encoded, sizeof(encoded));
            assert_int_equal(connstat_update(cs, id, &field, 1),
                             (uint32_t)bytes <= fits ? 0 : -EMSGSIZE);
            if ((uint32_t)bytes <= fits) {
                strcpy(before, value);
                last = (size_t)bytes;
            }
            struct connstat_field now = connstat_text("a", before);
            if (last > 0)
                holds(cs, id, &now, 1);
        }
        assert_int_equal(connstat_check(cs, NULL, NULL), 0);
        connstat_close(cs);
        assert_int_equal(connstat_destroy("sizes"), 0);
    }
}

static void test_key_stays(void **state)
{
    struct connstat_field field = connstat_int("n", 0);
    struct connstat_key key = connstat_key_u64(7);
    connstat_t *cs = create_segment(8);
    size_t seen = 0;
    connstat_id id, other;

    (void)state;
    assert_int_equal(connstat_register_key(cs, 0, key, 1, NULL, 0, &id), 0);
    for (int i = 0; i < 20; i++) {
        field.value.integer = i;
        assert_int_equal(connstat_update(cs, id, &field, 1), 0);
        struct seen entry = look(cs, id);

        assert_true(entry.has_key);
        assert_memory_equal(&entry.key, &key, sizeof(key));
    }
    assert_int_equal(connstat_count_key(cs, 0, key), 1);
    assert_int_equal(connstat_for_each_key(cs, 0, key, count_entry, &seen), 1);
    assert_int_equal(connstat_register_key(cs, 0, key, 1, NULL, 0, &other), -EDQUOT);
    assert_int_equal(connstat_unregister(cs, id), 0);
    assert_int_equal(connstat_register_key(cs, 0, key, 1, NULL, 0, &other), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

/* ---- touching ------------------------------------------------------------------------------- */

/* How much older a time may be than the call that noted it: the coarse clock is up to 4 ms behind, the
 * unit is about 1 ms, and a tick may come late. */
#define STALE INT64_C(12000000)

static void pause_ms(long ms)
{
    struct timespec pause = {.tv_nsec = ms * 1000000};

    nanosleep(&pause, NULL);
}

static void test_touch(void **state)
{
    const struct connstat_field field = connstat_int("n", 1);
    connstat_t *cs = create_segment(2);
    connstat_id id, other;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, &field, 1, &id), 0);
    assert_int_equal(connstat_register(cs, 0, &field, 1, &other), 0);
    assert_true(look(cs, id).active == look(cs, id).started);
    pause_ms(30);
    int64_t before = now_ns();
    assert_int_equal(connstat_touch(cs, id), 0);
    struct seen seen = look(cs, id);
    assert_true(seen.active > seen.started);
    assert_true(seen.active >= before - STALE && seen.active <= now_ns());
    assert_true(look(cs, other).active == look(cs, other).started);
    holds(cs, id, &field, 1);
    pause_ms(30);
    assert_int_equal(connstat_update(cs, id, NULL, 0), 0);
    assert_true(look(cs, id).active > seen.active);
    assert_true(look(cs, id).started == seen.started);
    assert_int_equal(connstat_unregister(cs, id), 0);
    assert_int_equal(connstat_touch(cs, id), -ENOENT);
    connstat_close(cs);
}

/* The next entry of a slot has not been active, however often the one before it was touched. */
static void test_touch_ends_with_its_entry(void **state)
{
    connstat_t *cs = create_segment(1);
    connstat_id id;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
        assert_true(look(cs, id).active == look(cs, id).started);
        assert_int_equal(connstat_touch(cs, id), 0);
        assert_true(look(cs, id).active >= look(cs, id).started);
        assert_int_equal(connstat_unregister(cs, id), 0);
    }
    connstat_close(cs);
}

/* ---- whose it is ---------------------------------------------------------------------------- */

static connstat_t *shared_cs;
static connstat_id shared_id;

static void *update_as_thread(void *own)
{
    const struct connstat_field field = connstat_text("by", "thread");

    if (own != NULL)
        assert_int_equal(connstat_own_by_thread(shared_cs, true), 0);
    assert_int_equal(connstat_touch(shared_cs, shared_id), 0);
    assert_int_equal(connstat_update(shared_cs, shared_id, &field, 1), 0);
    assert_int_equal(connstat_update(shared_cs, shared_id, &field, 1), 0);
    return NULL;
}

static void test_other_threads(void **state)
{
    const struct connstat_field field = connstat_text("by", "thread");
    static char own;
    pthread_t thread;

    (void)state;
    shared_cs = create_segment(8);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(connstat_register(shared_cs, 0, NULL, 0, &shared_id), 0);
        assert_int_equal(pthread_create(&thread, NULL, update_as_thread, i ? &own : NULL), 0);
        pthread_join(thread, NULL);
        holds(shared_cs, shared_id, &field, 1);
    }
    assert_int_equal(connstat_check(shared_cs, NULL, NULL), 0);
    connstat_close(shared_cs);
}

static void update_as_child(struct child *self, void *arg)
{
    const struct connstat_field field = connstat_text("by", "child");
    connstat_t *cs;
    connstat_id own;

    (void)self;
    (void)arg;
    CHECK(connstat_update(shared_cs, shared_id, &field, 1) == -EPERM);
    CHECK(connstat_touch(shared_cs, shared_id) == -EPERM);
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &own) == 0);
    CHECK(connstat_update(cs, shared_id, &field, 1) == -EPERM);
    CHECK(connstat_update(cs, own, &field, 1) == 0);
    CHECK(connstat_touch(cs, own) == 0);
}

static void test_other_processes(void **state)
{
    (void)state;
    shared_cs = create_segment(8);
    assert_int_equal(connstat_register(shared_cs, 0, NULL, 0, &shared_id), 0);
    in_child(update_as_child, NULL);
    assert_int_equal(look(shared_cs, shared_id).fields, 0);
    connstat_close(shared_cs);
}

static int update_in_visit(const struct connstat_entry *entry, void *arg)
{
    const struct connstat_field field = connstat_int("visited", 1);

    assert_int_equal(connstat_update(arg, entry->id, &field, 1), 0);
    assert_int_equal(connstat_touch(arg, entry->id), 0);
    return 0;
}

static void test_in_a_visit(void **state)
{
    const struct connstat_field field = connstat_int("visited", 1);
    connstat_t *cs = create_segment(64);
    connstat_id ids[40];

    (void)state;
    for (size_t i = 0; i < COUNT(ids); i++)
        assert_int_equal(connstat_register(cs, (int)i % 3, NULL, 0, &ids[i]), 0);
    assert_int_equal(connstat_for_each(cs, CONNSTAT_ANY_TYPE, update_in_visit, cs), COUNT(ids));
    for (size_t i = 0; i < COUNT(ids); i++)
        holds(cs, ids[i], &field, 1);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_update),
        TEST(test_update_encoded),
        TEST(test_refusals),
        TEST(test_sizes),
        TEST(test_key_stays),
        TEST(test_touch),
        TEST(test_touch_ends_with_its_entry),
        TEST(test_other_threads),
        TEST(test_other_processes),
        TEST(test_in_a_visit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
