/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Functions that need no segment: uptime as text, keys, encoding metadata, the version.
 */
#include "harness.h"

static void test_format_uptime(void **state)
{
    const struct {
        uint64_t seconds;
        const char *want;
    } table[] = {
        {0, "< 1m"},
        {1, "< 1m"},
        {59, "< 1m"},
        {60, "1m"},
        {61, "1m"},
        {119, "1m"},
        {120, "2m"},
        {3599, "59m"},
        {3600, "1h"},
        {3660, "1h 1m"},
        {86399, "23h 59m"},
        {86400, "1d"},
        {86459, "1d"},
        {86580, "1d 3m"},
        {90000, "1d 1h"},
        {183300, "2d 2h 55m"},
        {184500, "2d 3h 15m"},
        {UINT64_MAX, "213503982334601d 7h"},
        {213503982334601 * UINT64_C(86400) - 1, "213503982334600d 23h 59m"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        char buf[32];

        assert_ptr_equal(connstat_format_uptime(table[i].seconds, buf, sizeof(buf)), buf);
        assert_string_equal(buf, table[i].want);
    }
}

static void test_format_uptime_in_little_room(void **state)
{
    const char *whole = "2d 3h 15m";

    (void)state;
    for (size_t size = 1; size <= strlen(whole) + 1; size++) {
        char *buf = malloc(size);

        assert_ptr_equal(connstat_format_uptime(184500, buf, size), buf);
        assert_int_equal(strlen(buf), size - 1);
        assert_memory_equal(buf, whole, size - 1);
        free(buf);
    }
    assert_null(connstat_format_uptime(184500, NULL, 0));
}

static bool same_key(struct connstat_key a, struct connstat_key b)
{
    return memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

static struct connstat_key text_key(const char *text)
{
    struct connstat_key key;

    assert_int_equal(connstat_key_text(text, &key), 0);
    return key;
}

static void test_keys(void **state)
{
    static const uint8_t uuid[16] = {0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0,
                                     0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6};
    struct connstat_key key = text_key("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), untouched = key;

    (void)state;
    assert_memory_equal(key.bytes, uuid, 16);
    assert_true(same_key(key, text_key("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6")));
    assert_memory_equal(text_key("sixteen bytes ok").bytes, "sixteen bytes ok", 16);
    assert_memory_equal(text_key("lobby").bytes, "lobby\0\0\0\0\0\0\0\0\0\0\0", 16);

    assert_int_equal(connstat_key_text("seventeen bytes !", &key), -EMSGSIZE);
    assert_int_equal(connstat_key_text("f81d4fae-7dec-11d0-a765-00a0c91e6bfg", &key), -EMSGSIZE);
    assert_int_equal(connstat_key_text("f81d4fae07dec-11d0-a765-00a0c91e6bf6", &key), -EMSGSIZE);
    assert_int_equal(connstat_key_text("f81d4fae-7dec-11d0-a765-00a0c91e6bf6 ", &key), -EMSGSIZE);
    assert_int_equal(connstat_key_text("f81d4fae-7dec-11d0-a765-00a0c91e6bf", &key), -EMSGSIZE);
    assert_int_equal(connstat_key_text(NULL, &key), -EINVAL);
    assert_int_equal(connstat_key_text("x", NULL), -EINVAL);
    assert_true(same_key(key, untouched));
}

/* A number, a text and a UUID that are written alike are different keys. */
static void test_keys_of_different_kinds_differ(void **state)
{
    const struct connstat_key keys[] = {
        connstat_key_u64(0),
        connstat_key_u64(1),
        connstat_key_u64(42),
        connstat_key_u64(0x2a00000000000000),
        connstat_key_u64(0x3432000000000000), /* begins like the text "42" */
        connstat_key_u64(0x6161616161616161),
        connstat_key_u64(UINT64_MAX),
        text_key(""),
        text_key("0"),
        text_key("1"),
        text_key("42"),
        text_key("aaaaaaaa"),
        text_key("00000000-0000-0000-0000-000000000001"),
        text_key("ffffffff-ffff-ffff-ffff-ffffffffffff"),
        text_key("0000002a-0000-4000-8000-000000000000"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(keys); i++)
        for (size_t k = 0; k < i; k++)
            assert_false(same_key(keys[i], keys[k]));
}

static void test_encode_and_decode(void **state)
{
    const struct connstat_field fields[] = {
        connstat_text("addr", "10.0.0.7"), connstat_int("user_id", -42),
        connstat_bool("authenticated", true), connstat_float("rtt_ms", 12.5)};
    struct connstat_field got[4];
    uint8_t encoded[128];
    char scratch[129];
    int size = connstat_encode(fields, 4, encoded, sizeof(encoded));

    (void)state;
    assert_true(size > 0 && size < 96);
    for (int less = 0; less < size; less++)
        assert_int_equal(connstat_encode(fields, 4, encoded, (size_t)less), -EMSGSIZE);
    assert_int_equal(connstat_encode(fields, 4, NULL, 0), -EMSGSIZE);
    assert_int_equal(connstat_encode(fields, 4, NULL, 10), -EINVAL);
    assert_int_equal(connstat_encode(NULL, 1, encoded, sizeof(encoded)), -EINVAL);
    assert_int_equal(connstat_encode(fields, 4, encoded, (size_t)size), size);

    assert_int_equal(connstat_decode(encoded, (size_t)size, scratch, got, 4), 4);
    assert_string_equal(got[0].name, "addr");
    assert_string_equal(got[0].value.text, "10.0.0.7");
    assert_int_equal(got[1].value.integer, -42);
    assert_true(got[2].value.boolean);
    assert_true(got[3].value.real == 12.5);
    assert_int_equal(connstat_decode(encoded, (size_t)size, scratch, got, 3), -EMSGSIZE);
    assert_int_equal(connstat_decode(encoded, (size_t)size - 1, scratch, got, 4), -EINVAL);
    assert_int_equal(connstat_decode(NULL, 3, scratch, got, 4), -EINVAL);
    assert_int_equal(connstat_decode(NULL, 0, NULL, NULL, 0), 0);
    assert_int_equal(connstat_decode("\xa2\x61k\xf4\x61k\xf4", 7, scratch, got, 4), -EINVAL);
}

static void test_version(void **state)
{
    char numbers[32];

    (void)state;
    snprintf(numbers, sizeof(numbers), "%d.%d.%d", CONNSTAT_VERSION_MAJOR, CONNSTAT_VERSION_MINOR,
             CONNSTAT_VERSION_PATCH);
    assert_string_equal(CONNSTAT_VERSION, numbers);
    assert_string_equal(connstat_version(), CONNSTAT_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format_uptime),
        cmocka_unit_test(test_format_uptime_in_little_room),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_keys_of_different_kinds_differ),
        cmocka_unit_test(test_encode_and_decode),
        cmocka_unit_test(test_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
