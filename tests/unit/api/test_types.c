/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Types and configuration: the nine of the default, types of one's own, and what is refused.
 */
#include "harness.h"

static const char *const names[] = {"ws_socket",       "user_channel",  "lobby_channel",
                                    "lobbies_channel", "group_channel", "groups_channel",
                                    "party_channel",   "live_view",     "webrtc_peer"};

static void test_the_nine(void **state)
{
    connstat_t *cs;

    (void)state;
    assert_int_equal(connstat_create(&cs, "test", NULL), 0);
    assert_int_equal(connstat_type_count(cs), 9);
    for (int type = 0; type < 9; type++) {
        bool connection = type == CONNSTAT_WS_SOCKET || type == CONNSTAT_LIVE_VIEW ||
                          type == CONNSTAT_WEBRTC_PEER;

        assert_string_equal(connstat_type_name(cs, type), names[type]);
        assert_int_equal(connstat_type_find(cs, names[type]), type);
        assert_int_equal(connstat_type_kind(cs, type),
                         connection ? CONNSTAT_CONNECTION : CONNSTAT_CHANNEL);
        assert_int_equal(connstat_type_capacity(cs, type), 16384);
    }
    connstat_close(cs);
}

static void test_no_such_type(void **state)
{
    static const int none[] = {-2, -1, 9, 63, 64, INT32_MAX, INT32_MIN};
    connstat_t *cs = create_segment(8);

    (void)state;
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_null(connstat_type_name(cs, none[i]));
        assert_int_equal(connstat_type_kind(cs, none[i]), -EINVAL);
        assert_int_equal(connstat_type_capacity(cs, none[i]), -EINVAL);
        assert_int_equal(connstat_count(cs, none[i]), 0);
    }
    assert_int_equal(connstat_type_find(cs, "ws_socke"), -ENOENT);
    assert_int_equal(connstat_type_find(cs, "ws_sockets"), -ENOENT);
    assert_int_equal(connstat_type_find(cs, ""), -ENOENT);
    connstat_close(cs);
}

/* The text that connstat_type_name returns stays valid after its handle is closed. */
static void test_type_names_stay(void **state)
{
    connstat_t *cs = create_segment(8);
    const char *name = connstat_type_name(cs, CONNSTAT_LIVE_VIEW);

    (void)state;
    connstat_close(cs);
    assert_int_equal(connstat_destroy("test"), 0);
    assert_string_equal(name, "live_view");
}

static void test_own_types(void **state)
{
    const struct connstat_type types[] = {
        {"tcp", CONNSTAT_CONNECTION, 3},
        {"a2345678901234567890123456789_z", CONNSTAT_CHANNEL, 0},
        {"0", CONNSTAT_CHANNEL, 1},
    };
    struct connstat_config config = {sizeof(config), types, COUNT(types), 5, 0, 0, 0};
    struct connstat_counts counts;
    connstat_t *cs, *reader;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    reader = open_segment(CONNSTAT_READ_ONLY);
    assert_int_equal(connstat_type_count(reader), 3);
    assert_int_equal(connstat_type_find(reader, types[1].name), 1);
    assert_int_equal(connstat_type_find(reader, "ws_socket"), -ENOENT);
    assert_int_equal(connstat_type_capacity(reader, 0), 3);
    assert_int_equal(connstat_type_capacity(reader, 1), 5);
    assert_int_equal(connstat_type_capacity(reader, 2), 1);
    assert_int_equal(connstat_register(cs, 2, NULL, 0, &id), 0);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_register(cs, 3, NULL, 0, &id), -EINVAL);
    assert_int_equal(connstat_counts(reader, &counts), 0);
    assert_int_equal(counts.type_count, 3);
    assert_int_equal(counts.by_type[0], 2);
    assert_int_equal(counts.by_type[1], 0);
    assert_int_equal(counts.by_type[2], 1);
    assert_int_equal(counts.total_connections, 2);
    assert_int_equal(counts.total_channels, 1);
    connstat_close(reader);
    connstat_close(cs);
}

static void test_sixty_four_types(void **state)
{
    struct connstat_type types[CONNSTAT_MAX_TYPES + 1];
    struct connstat_config config = {sizeof(config), types, CONNSTAT_MAX_TYPES, 4, 8, 16, 0};
    char type_names[CONNSTAT_MAX_TYPES + 1][8];
    struct connstat_counts counts;
    connstat_id id[CONNSTAT_MAX_TYPES];
    connstat_t *cs;

    (void)state;
    for (int i = 0; i <= CONNSTAT_MAX_TYPES; i++) {
        snprintf(type_names[i], sizeof(type_names[i]), "t%d", i);
        types[i] = (struct connstat_type){type_names[i], i & 1, 0};
    }
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    for (int i = 0; i < CONNSTAT_MAX_TYPES; i++)
        assert_int_equal(connstat_register(cs, i, NULL, 0, &id[i]), 0);
    assert_int_equal(connstat_counts(cs, &counts), 0);
    assert_int_equal(counts.type_count, 64);
    assert_int_equal(counts.total_channels, 32);
    assert_int_equal(counts.total_connections, 32);
    for (int i = 0; i < CONNSTAT_MAX_TYPES; i++)
        assert_int_equal(connstat_unregister(cs, id[i]), 0);
    connstat_close(cs);
    config.type_count = CONNSTAT_MAX_TYPES + 1;
    assert_int_equal(connstat_create(&cs, "more", &config), -EINVAL);
}

static void test_refused_configurations(void **state)
{
    static const struct connstat_type bad[][2] = {
        {{NULL, CONNSTAT_CHANNEL, 0}, {"b", CONNSTAT_CHANNEL, 0}},
        {{"", CONNSTAT_CHANNEL, 0}, {"b", CONNSTAT_CHANNEL, 0}},
        {{"B", CONNSTAT_CHANNEL, 0}, {"b", CONNSTAT_CHANNEL, 0}},
        {{"a-b", CONNSTAT_CHANNEL, 0}, {"b", CONNSTAT_CHANNEL, 0}},
        {{"a b", CONNSTAT_CHANNEL, 0}, {"b", CONNSTAT_CHANNEL, 0}},
        {{"b", CONNSTAT_CHANNEL, 0}, {"b", CONNSTAT_CONNECTION, 0}},
        {{"a2345678901234567890123456789012", CONNSTAT_CHANNEL, 0}, {"b", CONNSTAT_CHANNEL, 0}},
        {{"a", (enum connstat_kind)2, 0}, {"b", CONNSTAT_CHANNEL, 0}},
        {{"a", CONNSTAT_CHANNEL, (1u << 24) + 1}, {"b", CONNSTAT_CHANNEL, 0}},
    };
    static const struct connstat_type good = {"a", CONNSTAT_CHANNEL, 0};
    const struct connstat_config bad_numbers[] = {
        {0, &good, 1, 8, 8, 96, 0},
        {sizeof(struct connstat_config), &good, 0, 8, 8, 96, 0},
        {sizeof(struct connstat_config), &good, 1, (1u << 24) + 1, 8, 96, 0},
        {sizeof(struct connstat_config), &good, 1, 8, 8193, 96, 0},
        {sizeof(struct connstat_config), &good, 1, 8, 8, 4097, 0},
    };
    connstat_t *cs = (connstat_t *)&cs, *untouched = cs;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct connstat_config config = {sizeof(config), bad[i], 2, 8, 8, 96, 0};

        if (connstat_create(&cs, "test", &config) != -EINVAL)
            fail_msg("types %zu were taken", i);
    }
    for (size_t i = 0; i < COUNT(bad_numbers); i++)
        if (connstat_create(&cs, "test", &bad_numbers[i]) != -EINVAL)
            fail_msg("configuration %zu was taken", i);
    assert_ptr_equal(cs, untouched);
    assert_int_equal(access(segment_path("test"), F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_nine),  TEST(test_no_such_type),     TEST(test_type_names_stay),
        TEST(test_own_types), TEST(test_sixty_four_types), TEST(test_refused_configurations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
