/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Registering and unregistering: each error of the contract, and the full table.
 */
#include "harness.h"

static uint64_t refused(connstat_t *cs, int type, enum connstat_refusal refusal)
{
    struct connstat_totals totals;

    assert_int_equal(connstat_totals(cs, &totals), 0);
    return totals.refused[type][refusal];
}

static void test_null_handle(void **state)
{
    connstat_id id = 99;

    (void)state;
    assert_int_equal(connstat_register(NULL, 0, NULL, 0, &id), -ENOTCONN);
    assert_int_equal(id, 0);
    id = 99;
    assert_int_equal(connstat_register(NULL, -5, NULL, 7, &id), -ENOTCONN);
    assert_int_equal(id, 0);
    id = 99;
    assert_int_equal(connstat_register_encoded(NULL, 0, "junk", 4, &id), -ENOTCONN);
    assert_int_equal(id, 0);
    assert_int_equal(connstat_unregister(NULL, 0), 0);
    assert_int_equal(connstat_unregister(NULL, 12345), 0);
    assert_int_equal(connstat_unregister(NULL, UINT64_MAX), 0);
}

static void test_round_trip(void **state)
{
    const struct connstat_field fields[] = {connstat_int("user_id", 42),
                                            connstat_bool("authenticated", true),
                                            connstat_text("addr", "10.0.0.7")};
    connstat_t *cs = create_segment(8);
    connstat_id first, second;

    (void)state;
    assert_int_equal(connstat_unregister(cs, 0), 0);
    assert_int_equal(connstat_register(cs, CONNSTAT_WS_SOCKET, fields, 3, &first), 0);
    assert_int_equal(connstat_register(cs, CONNSTAT_WS_SOCKET, fields, 3, &second), 0);
    assert_true(first != 0 && second != 0 && first != second);
    assert_int_equal(connstat_count(cs, CONNSTAT_WS_SOCKET), 2);
    assert_int_equal(connstat_unregister(cs, first), 0);
    assert_int_equal(connstat_unregister(cs, first), -ENOENT);
    assert_int_equal(connstat_count(cs, CONNSTAT_WS_SOCKET), 1);
    assert_int_equal(connstat_unregister(cs, second), 0);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 0);
    connstat_close(cs);
}

static void test_refused_types(void **state)
{
    static const int none[] = {-1, -2, 9, 10, 63, 64, 1000, INT32_MAX, INT32_MIN};
    connstat_t *cs = create_segment(8);
    struct connstat_totals totals;

    (void)state;
    for (size_t i = 0; i < COUNT(none); i++) {
        connstat_id id = 99;

        assert_int_equal(connstat_register(cs, none[i], NULL, 0, &id), -EINVAL);
        assert_int_equal(id, 0);
    }
    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(totals.refused_no_type, COUNT(none));
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 0);
    connstat_close(cs);
}

static void test_refused_fields(void **state)
{
    const struct connstat_field bad[][2] = {
        {connstat_int(NULL, 1), connstat_int("b", 1)},
        {connstat_int("", 1), connstat_int("b", 1)},
        {connstat_int("b", 1), connstat_int("b", 1)},
        {connstat_text("a", NULL), connstat_int("b", 1)},
        {connstat_text("a", "\xc3("), connstat_int("b", 1)},
        {connstat_int("\x80", 1), connstat_int("b", 1)},
        {{.name = "a", .type = 17}, connstat_int("b", 1)},
    };
    static const char *const bad_bytes[] = {
        "\xa1", "\xa1\x61", "\xa1\x61k\xf6",          "\xbf\xff",
        "\x80", "\xa0\xa0", "\xa2\x61k\xf4\x61k\xf4", "junk"};
    connstat_t *cs = create_segment(8);
    connstat_id id = 99;

    (void)state;
    assert_int_equal(connstat_register(cs, 1, NULL, 1, &id), -EINVAL);
    assert_int_equal(id, 0);
    for (size_t i = 0; i < COUNT(bad); i++) {
        id = 99;
        assert_int_equal(connstat_register(cs, 1, bad[i], 2, &id), -EINVAL);
        assert_int_equal(id, 0);
    }
    for (size_t i = 0; i < COUNT(bad_bytes); i++) {
        id = 99;
        assert_int_equal(connstat_register_encoded(cs, 1, bad_bytes[i], strlen(bad_bytes[i]), &id),
                         -EINVAL);
        assert_int_equal(id, 0);
    }
    assert_int_equal(connstat_register_encoded(cs, 1, NULL, 3, &id), -EINVAL);
    assert_int_equal(refused(cs, 1, CONNSTAT_REFUSED_INVALID), 2 + COUNT(bad) + COUNT(bad_bytes));
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(listed(cs, CONNSTAT_ANY_TYPE), 0);
    connstat_close(cs);
}

/* Metadata that fills a slot to the last byte is accepted; one byte more is refused. */
static void test_size_of_metadata(void **state)
{
    uint32_t sizes[] = {1, 7, 8, 9, 63, 64, 96, 97, 255, 4096};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct connstat_config config = CONNSTAT_CONFIG_INIT;
        struct connstat_field field = connstat_text("k", NULL);
        char text[4200], encoded[4200];
        connstat_id id = 99;
        connstat_t *cs;
        int size = 0, length;

        config.capacity = 4;
        config.metadata_bytes = sizes[i];
        assert_int_equal(connstat_create(&cs, "test", &config), 0);
        memset(text, 'x', sizeof(text));
        field.value.text = text;
        for (length = 0; length < 4150 && size <= (int)sizes[i]; length++) {
            text[length] = 0;
            size = connstat_encode(&field, 1, encoded, sizeof(encoded));
            if (size <= (int)sizes[i]) {
                assert_int_equal(connstat_register(cs, 0, &field, 1, &id), 0);
                assert_int_equal(connstat_unregister(cs, id), 0);
                assert_int_equal(connstat_register_encoded(cs, 0, encoded, (size_t)size, &id), 0);
                assert_int_equal(connstat_unregister(cs, id), 0);
            } else {
                id = 99;
                assert_int_equal(connstat_register(cs, 0, &field, 1, &id), -EMSGSIZE);
                assert_int_equal(id, 0);
                id = 99;
                assert_int_equal(connstat_register_encoded(cs, 0, encoded, (size_t)size, &id),
                                 -EMSGSIZE);
                assert_int_equal(id, 0);
                assert_int_equal(refused(cs, 0, CONNSTAT_REFUSED_SIZE), 2);
            }
            text[length] = 'x';
        }
        assert_int_equal(connstat_count(cs, 0), 0);
        connstat_close(cs);
        assert_int_equal(connstat_destroy("test"), 0);
    }
}

static int get_fields(const struct connstat_entry *entry, void *arg)
{
    *(size_t *)arg = entry->metadata_count;
    return 7;
}

static void test_encoded(void **state)
{
    const struct connstat_field fields[] = {connstat_int("a", 1), connstat_text("b", "two")};
    connstat_t *cs = create_segment(8);
    uint8_t encoded[64];
    connstat_id id;
    size_t count = 99;
    int size = connstat_encode(fields, 2, encoded, sizeof(encoded));

    (void)state;
    assert_int_equal(connstat_register_encoded(cs, 0, encoded, (size_t)size, &id), 0);
    assert_int_equal(connstat_get(cs, id, get_fields, &count), 7);
    assert_int_equal(count, 2);
    assert_int_equal(connstat_register_encoded(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_get(cs, id, get_fields, &count), 7);
    assert_int_equal(count, 0);
    assert_int_equal(connstat_register_encoded(cs, 0, "\xa0", 1, &id), 0);
    assert_int_equal(connstat_get(cs, id, get_fields, &count), 7);
    assert_int_equal(count, 0);
    connstat_close(cs);
}

/* The last free slot is found; the next registration is refused; and no slot is lost by that. */
static void test_full_table(void **state)
{
    static const uint32_t capacities[] = {1, 2, 63, 64, 65, 100, 1000, 16384};

    (void)state;
    for (size_t i = 0; i < COUNT(capacities); i++) {
        uint32_t capacity = capacities[i];
        connstat_t *cs = create_segment(capacity);
        connstat_id *ids = calloc(capacity, sizeof(*ids)), id = 99;
        uint64_t random = 1 + i;

        for (uint32_t k = 0; k < capacity; k++)
            assert_int_equal(connstat_register(cs, 3, NULL, 0, &ids[k]), 0);
        assert_int_equal(connstat_register(cs, 3, NULL, 0, &id), -ENOSPC);
        assert_int_equal(id, 0);
        assert_int_equal(refused(cs, 3, CONNSTAT_REFUSED_FULL), 1);
        assert_int_equal(connstat_count(cs, 3), capacity);
        assert_int_equal(listed(cs, 3), capacity);
        assert_int_equal(connstat_register(cs, 4, NULL, 0, &id), 0);
        for (int round = 0; round < 200; round++) { /* any one slot freed is found again */
            uint32_t k = (uint32_t)(next_random(&random) % capacity);

            assert_int_equal(connstat_unregister(cs, ids[k]), 0);
            assert_int_equal(connstat_register(cs, 3, NULL, 0, &ids[k]), 0);
            assert_int_equal(connstat_register(cs, 3, NULL, 0, &id), -ENOSPC);
        }
        for (uint32_t k = 0; k < capacity; k++)
            assert_int_equal(connstat_unregister(cs, ids[k]), 0);
        assert_int_equal(connstat_count(cs, 3), 0);
        assert_int_equal(listed(cs, 3), 0);
        assert_int_equal(connstat_check(cs, NULL, NULL), 0);
        connstat_close(cs);
        assert_int_equal(connstat_destroy("test"), 0);
        free(ids);
    }
}

static void fill_up(struct child *self, void *arg)
{
    connstat_t *cs;
    connstat_id id;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    while (connstat_register(cs, 0, NULL, 0, &id) == 0)
        ;
    child_pause(self);
}

/* A table in which all entries are of dead workers is not full: they are swept. */
static void test_full_of_the_dead(void **state)
{
    connstat_t *cs = create_segment(100);
    struct child child = child_start(fill_up, NULL);
    connstat_id id;

    (void)state;
    child_reached(&child);
    assert_int_equal(connstat_count(cs, 0), 100);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), -ENOSPC);
    child_kill(&child);
    for (int i = 0; i < 100; i++)
        assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), -ENOSPC);
    assert_int_equal(listed(cs, 0), 100);
    connstat_close(cs);
}

static void stay_joined(struct child *self, void *arg)
{
    connstat_t *cs;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_join(cs, NULL) == 0);
    child_pause(self);
}

static void test_no_room_for_another_worker(void **state)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    struct child children[3];
    connstat_t *cs;
    connstat_id id = 99;

    (void)state;
    config.capacity = 8;
    config.max_workers = 3;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    for (size_t i = 0; i < COUNT(children); i++) {
        children[i] = child_start(stay_joined, NULL);
        child_reached(&children[i]);
    }
    assert_int_equal(connstat_join(cs, NULL), -EUSERS);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), -EUSERS);
    assert_int_equal(id, 0);
    assert_true(refused(cs, 0, CONNSTAT_REFUSED_WORKERS) >= 1);
    assert_true(connstat_reap(cs) >= 0);
    child_kill(&children[1]);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    for (size_t i = 0; i < COUNT(children); i += 2) {
        child_go_on(&children[i]);
        child_finish(&children[i]);
    }
    connstat_close(cs);
}

static void test_totals(void **state)
{
    connstat_t *cs = create_segment(8);
    struct connstat_totals totals;
    struct child child;
    connstat_id ids[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(connstat_register(cs, 0, NULL, 0, &ids[i]), 0);
    assert_int_equal(connstat_unregister(cs, ids[0]), 0);
    child = child_start(fill_up, NULL);
    child_reached(&child);
    child_kill(&child);
    assert_int_equal(connstat_reap(cs), 1);
    assert_int_equal(connstat_reap(cs), 0);
    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(totals.opened[0], 3 + 6);
    assert_int_equal(totals.closed[0], 1);
    assert_int_equal(totals.lost[0], 6);
    assert_int_equal(totals.deaths, 1);
    assert_int_equal(totals.joins, 2);
    assert_int_equal(connstat_leave(cs), 0);
    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(totals.opened[0], totals.closed[0] + totals.lost[0]);
    connstat_close(cs);
    memset(&totals, 0xff, sizeof(totals));
    assert_int_equal(connstat_totals(NULL, &totals), 0);
    assert_int_equal(totals.opened[0] + totals.joins, 0);
}

/* Names that are known by now, and texts that are no UTF-8: in whichever field one stands, it is refused. */
static void test_texts_that_are_no_texts(void **state)
{
    const struct connstat_field right[] = {connstat_text("a", "one"), connstat_text("b", "two"),
                                           connstat_text("c", "three")};
    connstat_t *cs = create_segment(64);
    connstat_id id;

    (void)state;
    for (int round = 0; round < 5; round++)
        for (size_t i = 0; i < COUNT(right); i++) {
            struct connstat_field wrong[COUNT(right)];

            memcpy(wrong, right, sizeof(wrong));
            wrong[i].value.text = "t\xc3";
            assert_int_equal(connstat_register(cs, 0, right, COUNT(right), &id), 0);
            assert_int_equal(connstat_register(cs, 0, wrong, COUNT(right), &id), -EINVAL);
            assert_true(id == 0);
        }
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_handle),
        TEST(test_texts_that_are_no_texts),
        TEST(test_round_trip),
        TEST(test_refused_types),
        TEST(test_refused_fields),
        TEST(test_size_of_metadata),
        TEST(test_encoded),
        TEST(test_full_table),
        TEST(test_full_of_the_dead),
        TEST(test_no_room_for_another_worker),
        TEST(test_totals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
