/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Counting and listing, and what a visit function may do.
 */
#include "harness.h"

static void test_null_handle(void **state)
{
    struct connstat_cluster_counts cluster;
    struct connstat_counts counts;
    size_t seen = 0;

    (void)state;
    assert_int_equal(connstat_type_count(NULL), 0);
    assert_int_equal(connstat_count(NULL, 0), 0);
    assert_int_equal(connstat_count(NULL, CONNSTAT_ANY_TYPE), 0);
    memset(&counts, 0xff, sizeof(counts));
    assert_int_equal(connstat_counts(NULL, &counts), 0);
    for (size_t i = 0; i < sizeof(counts); i++)
        assert_int_equal(((const char *)&counts)[i], 0);
    memset(&cluster, 0xff, sizeof(cluster));
    assert_int_equal(connstat_cluster_counts(NULL, &cluster), 0);
    assert_int_equal(cluster.nodes, 0);
    assert_int_equal(cluster.counts.total_channels, 0);
    assert_int_equal(connstat_for_each(NULL, 0, count_entry, &seen), 0);
    assert_int_equal(connstat_for_each(NULL, CONNSTAT_ANY_TYPE, count_entry, &seen), 0);
    assert_int_equal(connstat_for_each_worker(NULL, NULL, NULL), 0);
    assert_int_equal(connstat_for_each_death(NULL, NULL, NULL), 0);
    assert_int_equal(connstat_count_key(NULL, 0, connstat_key_u64(1)), 0);
    assert_null(connstat_type_name(NULL, 0));
    assert_int_equal(seen, 0);
}

static void test_counts(void **state)
{
    connstat_t *cs = create_segment(100);
    struct connstat_counts counts;
    connstat_id id;

    (void)state;
    for (int type = 0; type < 9; type++)
        for (int i = 0; i <= type; i++)
            assert_int_equal(connstat_register(cs, type, NULL, 0, &id), 0);
    assert_int_equal(connstat_counts(cs, &counts), 0);
    assert_int_equal(counts.type_count, 9);
    for (int type = 0; type < 9; type++) {
        assert_int_equal(counts.by_type[type], type + 1);
        assert_int_equal(connstat_count(cs, type), type + 1);
        assert_int_equal(listed(cs, type), type + 1);
    }
    assert_int_equal(counts.by_type[9], 0);
    assert_int_equal(counts.total_connections, 1 + 8 + 9);
    assert_int_equal(counts.total_channels, 45 - 18);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 45);
    assert_int_equal(listed(cs, CONNSTAT_ANY_TYPE), 45);
    connstat_close(cs);
}

struct wanted {
    connstat_id id;
    int64_t from, to;
    int visits;
};

static int examine(const struct connstat_entry *entry, void *arg)
{
    struct wanted *wanted = arg;
    const struct connstat_field *fields = entry->metadata;
    struct connstat_field again[4];
    char scratch[128];

    wanted->visits++;
    CHECK(entry->id == wanted->id);
    CHECK(entry->type == CONNSTAT_WEBRTC_PEER);
    CHECK(entry->pid == getpid());
    CHECK(entry->started_at_ns >= wanted->from - 10000000);
    CHECK(entry->started_at_ns <= wanted->to + 10000000);
    CHECK(entry->key == NULL);
    CHECK(entry->metadata_count == 4);
    CHECK(strcmp(fields[0].name, "user_id") == 0 && fields[0].type == CONNSTAT_INT);
    CHECK(fields[0].value.integer == INT64_MIN);
    CHECK(strcmp(fields[1].name, "name") == 0 && fields[1].type == CONNSTAT_TEXT);
    CHECK(strcmp(fields[1].value.text, "J\xc3\xbcrgen") == 0);
    CHECK(strcmp(fields[2].name, "on") == 0 && fields[2].type == CONNSTAT_BOOL);
    CHECK(fields[2].value.boolean);
    CHECK(strcmp(fields[3].name, "rtt") == 0 && fields[3].type == CONNSTAT_FLOAT);
    CHECK(fields[3].value.real == 12.5);
    CHECK(connstat_decode(entry->encoded, entry->encoded_size, scratch, again, 4) == 4);
    CHECK(again[0].value.integer == INT64_MIN);
    return 5;
}

static int examine_encoded(const struct connstat_entry *entry, void *arg)
{
    struct wanted *wanted = arg;
    struct connstat_field fields[4];
    char scratch[128];

    wanted->visits++;
    CHECK(entry->id == wanted->id && entry->pid == getpid());
    CHECK(entry->metadata == NULL && entry->metadata_count == 0);
    CHECK(connstat_decode(entry->encoded, entry->encoded_size, scratch, fields, 4) == 4);
    CHECK(strcmp(fields[1].value.text, "J\xc3\xbcrgen") == 0);
    return 0;
}

static void test_an_entry_as_it_was_registered(void **state)
{
    const struct connstat_field fields[] = {connstat_int("user_id", INT64_MIN),
                                            connstat_text("name", "J\xc3\xbcrgen"),
                                            connstat_bool("on", true), connstat_float("rtt", 12.5)};
    connstat_t *cs = create_segment(8);
    struct wanted wanted = {.from = now_ns()};

    (void)state;
    assert_int_equal(connstat_register(cs, CONNSTAT_WEBRTC_PEER, fields, 4, &wanted.id), 0);
    wanted.to = now_ns();
    assert_int_equal(connstat_for_each(cs, CONNSTAT_WEBRTC_PEER, examine, &wanted), 1);
    assert_int_equal(connstat_for_each(cs, CONNSTAT_ANY_TYPE, examine, &wanted), 1);
    assert_int_equal(connstat_get(cs, wanted.id, examine, &wanted), 5);
    assert_int_equal(connstat_for_each_encoded(cs, CONNSTAT_WEBRTC_PEER, examine_encoded, &wanted),
                     1);
    assert_int_equal(wanted.visits, 4);
    assert_int_equal(connstat_unregister(cs, wanted.id), 0);
    assert_int_equal(connstat_get(cs, wanted.id, examine, &wanted), -ENOENT);
    assert_int_equal(connstat_get(cs, 0, examine, &wanted), -ENOENT);
    assert_int_equal(wanted.visits, 4);
    connstat_close(cs);
}

/* Makes the fields of the entry with this number: none, few or many, with texts of any length. */
static size_t fields_of(int64_t number, struct connstat_field *fields, char *text)
{
    size_t length = (size_t)number % 40;

    memset(text, 'a' + (int)(number % 26), length);
    text[length] = 0;
    fields[0] = connstat_int("number", number);
    fields[1] = connstat_text("text", text);
    fields[2] = connstat_bool("odd", number % 2);
    return number % 5 == 4 ? 1 : 3;
}

static int examine_kind(const struct connstat_entry *entry, void *arg)
{
    uint8_t *seen = arg;
    struct connstat_field fields[3];
    struct connstat_key key;
    char text[40];
    int64_t number;

    if (entry->metadata_count == 0) {
        CHECK(entry->key == NULL && entry->encoded_size == 0);
        seen[0]++;
        return 0;
    }
    number = entry->metadata[0].value.integer;
    CHECK(strcmp(entry->metadata[0].name, "number") == 0);
    CHECK(entry->metadata_count == fields_of(number, fields, text));
    if (entry->metadata_count == 3) {
        CHECK(strcmp(entry->metadata[1].name, "text") == 0);
        CHECK(strcmp(entry->metadata[1].value.text, text) == 0);
        CHECK(strcmp(entry->metadata[2].name, "odd") == 0);
        CHECK(entry->metadata[2].value.boolean == number % 2);
    }
    CHECK((entry->key != NULL) == (number % 3 == 0));
    if (entry->key != NULL) {
        key = connstat_key_u64((uint64_t)number);
        CHECK(memcmp(entry->key, &key, sizeof(key)) == 0);
    }
    seen[number]++;
    return 0;
}

static void test_full_tables_of_entries_of_all_kinds(void **state)
{
    static const uint32_t capacities[] = {1, 63, 64, 65, 128, 1000};

    (void)state;
    for (size_t c = 0; c < COUNT(capacities); c++) {
        connstat_t *cs = create_segment(capacities[c]);
        uint8_t seen[1000] = {0};
        struct connstat_field fields[3];
        connstat_id id;
        char text[40];

        assert_int_equal(connstat_register_encoded(cs, 1, NULL, 0, &id), 0);
        for (uint32_t i = 1; i < capacities[c]; i++) {
            size_t count = fields_of(i, fields, text);

            if (i % 3 == 0)
                assert_int_equal(
                    connstat_register_key(cs, 1, connstat_key_u64(i), 0, fields, count, &id), 0);
            else
                assert_int_equal(connstat_register(cs, 1, fields, count, &id), 0);
        }
        assert_int_equal(connstat_for_each(cs, 1, examine_kind, seen), capacities[c]);
        for (uint32_t i = 0; i < capacities[c]; i++)
            assert_int_equal(seen[i], 1);
        connstat_close(cs);
        assert_int_equal(connstat_destroy("test"), 0);
    }
}

static int stop_at_third(const struct connstat_entry *entry, void *arg)
{
    (void)entry;
    return ++*(int *)arg == 3 ? -77 : 0;
}

static void test_a_visit_stops(void **state)
{
    connstat_t *cs = create_segment(8);
    connstat_id id;
    int visits = 0;

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(connstat_register(cs, i, NULL, 0, &id), 0);
    assert_int_equal(connstat_for_each(cs, CONNSTAT_ANY_TYPE, stop_at_third, &visits), 3);
    assert_int_equal(visits, 3);
    visits = 0;
    assert_int_equal(connstat_for_each(cs, 2, stop_at_third, &visits), 1);
    assert_int_equal(connstat_for_each(cs, 9, stop_at_third, &visits), -EINVAL);
    assert_int_equal(connstat_for_each(cs, -2, stop_at_third, &visits), -EINVAL);
    assert_int_equal(visits, 1);
    connstat_close(cs);
}

struct busy {
    connstat_t *cs;
    int visits;
};

static int read_and_write(const struct connstat_entry *entry, void *arg)
{
    struct busy *busy = arg;
    struct connstat_field field = connstat_text("by", "visit");
    size_t seen = 0;
    connstat_id id;

    CHECK(entry->metadata_count == 1);
    if (entry->metadata[0].type == CONNSTAT_TEXT)
        return 0;
    busy->visits++;
    CHECK(connstat_count(busy->cs, CONNSTAT_ANY_TYPE) >= 1);
    CHECK(connstat_for_each(busy->cs, CONNSTAT_ANY_TYPE, count_entry, &seen) >= 1);
    CHECK(connstat_register(busy->cs, entry->type, &field, 1, &id) == 0);
    CHECK(connstat_unregister(busy->cs, entry->id) == 0);
    CHECK(entry->metadata[0].value.integer >= 0);
    return 0;
}

/* Each entry that was there when the list began is visited once, though every visit unregisters it
 * and registers another. */
static void test_a_visit_registers_and_unregisters(void **state)
{
    enum { ENTRIES = 60 };
    connstat_t *cs = create_segment(200);
    struct busy busy = {.cs = cs};
    connstat_id id;

    (void)state;
    for (int i = 0; i < ENTRIES; i++) {
        struct connstat_field field = connstat_int("number", i);

        assert_int_equal(connstat_register(cs, i % 9, &field, 1, &id), 0);
    }
    assert_true(connstat_for_each(cs, CONNSTAT_ANY_TYPE, read_and_write, &busy) >= ENTRIES);
    assert_int_equal(busy.visits, ENTRIES);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), ENTRIES);
    assert_int_equal(connstat_for_each(cs, CONNSTAT_ANY_TYPE, read_and_write, &busy), ENTRIES);
    assert_int_equal(busy.visits, ENTRIES);
    connstat_close(cs);
}

static void churn(struct child *self, void *arg)
{
    struct connstat_field field = connstat_text("who", "churn");
    connstat_t *cs;
    connstat_id id;

    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_join(cs, "churn") == 0);
    child_pause(self);
    while (!*(volatile bool *)arg)
        for (int i = 0; i < 100; i++) {
            CHECK(connstat_register(cs, 0, &field, 1, &id) == 0);
            CHECK(connstat_unregister(cs, id) == 0);
        }
    connstat_close(cs);
}

static int mark(const struct connstat_entry *entry, void *arg)
{
    unsigned char *marks = arg;

    CHECK(entry->metadata_count == 1);
    if (strcmp(entry->metadata[0].name, "number") == 0)
        CHECK(marks[entry->metadata[0].value.integer]++ == 0);
    else
        CHECK(strcmp(entry->metadata[0].value.text, "churn") == 0);
    return 0;
}

/* An entry that lives as long as the call lasts is visited exactly once, whatever others do. */
static void test_a_list_under_churn(void **state)
{
    enum { ENTRIES = 1000, LISTS = 300 };
    bool *stop = mmap_shared(sizeof(bool));
    connstat_t *cs = create_segment(2000);
    struct child child = child_start(churn, stop);
    connstat_id id;

    (void)state;
    for (int i = 0; i < ENTRIES; i++) {
        struct connstat_field field = connstat_int("number", i);

        assert_int_equal(connstat_register(cs, 0, &field, 1, &id), 0);
    }
    child_reached(&child);
    child_go_on(&child);
    for (int i = 0; i < LISTS; i++) {
        unsigned char marks[ENTRIES] = {0};

        assert_true(connstat_for_each(cs, 0, mark, marks) >= ENTRIES);
        for (int k = 0; k < ENTRIES; k++)
            assert_int_equal(marks[k], 1);
    }
    *stop = true;
    child_finish(&child);
    assert_int_equal(connstat_count(cs, 0), ENTRIES);
    connstat_close(cs);
}

static int count_fields(const struct connstat_entry *entry, void *arg)
{
    *(size_t *)arg = entry->metadata_count;
    return 0;
}

/* As many fields as a map can have: each name one byte, each value one. */
static void test_as_many_fields_as_fit(void **state)
{
    enum { MOST = 96 };
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    struct connstat_field fields[MOST];
    char names[MOST][2];
    connstat_t *cs;
    connstat_id id;

    (void)state;
    config.capacity = 4;
    config.max_workers = 4;
    config.metadata_bytes = 2 + 3 * MOST;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    for (int i = 0; i < MOST; i++) {
        names[i][0] = (char)(i + 1);
        names[i][1] = '\0';
        fields[i] = connstat_bool(names[i], true);
    }
    for (size_t count = MOST; count > MOST - 3; count--) {
        size_t seen = 0;

        assert_int_equal(connstat_register(cs, 0, fields, count, &id), 0);
        assert_int_equal(connstat_for_each(cs, 0, count_fields, &seen), 1);
        assert_int_equal(seen, count);
        assert_int_equal(connstat_unregister(cs, id), 0);
    }
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_handle),
        TEST(test_as_many_fields_as_fit),
        TEST(test_full_tables_of_entries_of_all_kinds),
        TEST(test_counts),
        TEST(test_an_entry_as_it_was_registered),
        TEST(test_a_visit_stops),
        TEST(test_a_visit_registers_and_unregisters),
        TEST(test_a_list_under_churn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
