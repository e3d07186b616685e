/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the metadata codec encodes and decodes: the examples of RFC 8949, whole maps, and texts and
 * names of every length at which their encoding changes.
 */
#include "bytes.h"

#include <math.h>

static void assert_same_value(const struct connstat_field *got, const struct connstat_field *want)
{
    assert_int_equal(got->type, want->type);
    switch (want->type) {
    case CONNSTAT_TEXT:
        assert_string_equal(got->value.text, want->value.text);
        break;
    case CONNSTAT_INT:
        assert_true(got->value.integer == want->value.integer);
        break;
    case CONNSTAT_BOOL:
        assert_int_equal(got->value.boolean, want->value.boolean);
        break;
    case CONNSTAT_FLOAT:
        if (isnan(want->value.real)) {
            assert_true(isnan(got->value.real));
        } else {
            assert_true(got->value.real == want->value.real);
            assert_int_equal(signbit(got->value.real), signbit(want->value.real));
        }
        break;
    case CONNSTAT_SLICE:
        fail_msg("a slice was read back");
    }
}

/* The examples of appendix A of RFC 8949 whose values metadata may hold. */
static void test_rfc8949_values_decode(void **state)
{
    const struct {
        const char *hex;
        struct connstat_field want;
    } examples[] = {
        {"00", connstat_int("k", 0)},
        {"01", connstat_int("k", 1)},
        {"0a", connstat_int("k", 10)},
        {"17", connstat_int("k", 23)},
        {"1818", connstat_int("k", 24)},
        {"1819", connstat_int("k", 25)},
        {"1864", connstat_int("k", 100)},
        {"1903e8", connstat_int("k", 1000)},
        {"1a000f4240", connstat_int("k", 1000000)},
        {"1b000000e8d4a51000", connstat_int("k", 1000000000000)},
        {"1b7fffffffffffffff", connstat_int("k", INT64_MAX)},
        {"20", connstat_int("k", -1)},
        {"29", connstat_int("k", -10)},
        {"3863", connstat_int("k", -100)},
        {"3903e7", connstat_int("k", -1000)},
        {"3b7fffffffffffffff", connstat_int("k", INT64_MIN)},
        {"f90000", connstat_float("k", 0.0)},
        {"f98000", connstat_float("k", -0.0)},
        {"f93c00", connstat_float("k", 1.0)},
        {"fb3ff199999999999a", connstat_float("k", 1.1)},
        {"f93e00", connstat_float("k", 1.5)},
        {"f97bff", connstat_float("k", 65504.0)},
        {"fa47c35000", connstat_float("k", 100000.0)},
        {"fa7f7fffff", connstat_float("k", 3.4028234663852886e+38)},
        {"fb7e37e43c8800759c", connstat_float("k", 1.0e+300)},
        {"f90001", connstat_float("k", 5.960464477539063e-8)},
        {"f90400", connstat_float("k", 0.00006103515625)},
        {"f9c400", connstat_float("k", -4.0)},
        {"fbc010666666666666", connstat_float("k", -4.1)},
        {"f97c00", connstat_float("k", INFINITY)},
        {"f97e00", connstat_float("k", NAN)},
        {"f9fc00", connstat_float("k", -INFINITY)},
        {"fa7f800000", connstat_float("k", INFINITY)},
        {"fa7fc00000", connstat_float("k", NAN)},
        {"faff800000", connstat_float("k", -INFINITY)},
        {"fb7ff0000000000000", connstat_float("k", INFINITY)},
        {"fb7ff8000000000000", connstat_float("k", NAN)},
        {"fbfff0000000000000", connstat_float("k", -INFINITY)},
        {"f4", connstat_bool("k", false)},
        {"f5", connstat_bool("k", true)},
        {"60", connstat_text("k", "")},
        {"6161", connstat_text("k", "a")},
        {"6449455446", connstat_text("k", "IETF")},
        {"62225c", connstat_text("k", "\"\\")},
        {"62c3bc", connstat_text("k", "\xc3\xbc")},
        {"63e6b0b4", connstat_text("k", "\xe6\xb0\xb4")},
        {"64f0908591", connstat_text("k", "\xf0\x90\x85\x91")},
        /* well-formed, though not the shortest form */
        {"1800", connstat_int("k", 0)},
        {"1b0000000000000001", connstat_int("k", 1)},
        {"780161", connstat_text("k", "a")},
        {"7b000000000000000161", connstat_text("k", "a")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct connstat_field got[1];
        uint8_t bytes[64];
        size_t size = wrap(examples[i].hex, bytes);

        assert_int_equal(validate_guarded(bytes, size), 0);
        assert_int_equal(metadata_decode(bytes, size, got, 1), 1);
        assert_string_equal(got[0].name, "k");
        assert_same_value(&got[0], &examples[i].want);
    }
}

static void test_rfc8949_values_encode(void **state)
{
    const struct {
        struct connstat_field field;
        const char *hex;
    } examples[] = {
        {connstat_int("k", 0), "00"},
        {connstat_int("k", 23), "17"},
        {connstat_int("k", 24), "1818"},
        {connstat_int("k", 255), "18ff"},
        {connstat_int("k", 256), "190100"},
        {connstat_int("k", 65535), "19ffff"},
        {connstat_int("k", 65536), "1a00010000"},
        {connstat_int("k", 1000000), "1a000f4240"},
        {connstat_int("k", 4294967295), "1affffffff"},
        {connstat_int("k", 4294967296), "1b0000000100000000"},
        {connstat_int("k", 1000000000000), "1b000000e8d4a51000"},
        {connstat_int("k", INT64_MAX), "1b7fffffffffffffff"},
        {connstat_int("k", -1), "20"},
        {connstat_int("k", -24), "37"},
        {connstat_int("k", -25), "3818"},
        {connstat_int("k", -100), "3863"},
        {connstat_int("k", -1000), "3903e7"},
        {connstat_int("k", INT64_MIN), "3b7fffffffffffffff"},
        {connstat_float("k", 1.1), "fb3ff199999999999a"},
        {connstat_float("k", 1.0), "fb3ff0000000000000"},
        {connstat_float("k", -4.1), "fbc010666666666666"},
        {connstat_bool("k", false), "f4"},
        {connstat_bool("k", true), "f5"},
        {connstat_text("k", ""), "60"},
        {connstat_text("k", "IETF"), "6449455446"},
        {connstat_text("k", "\xe6\xb0\xb4"), "63e6b0b4"},
        {connstat_text("k", "\xf0\x90\x85\x91"), "64f0908591"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        uint8_t want[64], *got;
        size_t size = wrap(examples[i].hex, want);

        got = guarded(size);
        assert_int_equal(metadata_encode(&examples[i].field, 1, got, size), size);
        assert_memory_equal(got, want, size);
        for (size_t less = 0; less < size; less++)
            assert_int_equal(metadata_encode(&examples[i].field, 1, got + size - less, less),
                             -EMSGSIZE);
        unguard(got, size);
    }
}

static void test_whole_maps(void **state)
{
    const struct connstat_field five[] = {connstat_text("a", "A"), connstat_text("b", "B"),
                                          connstat_text("c", "C"), connstat_text("d", "D"),
                                          connstat_text("e", "E")};
    struct connstat_field got[5];
    uint8_t want[64], bytes[64];
    size_t size = unhex("a56161614161626142616361436164614461656145", want);

    (void)state;
    assert_int_equal(metadata_encode(five, 5, bytes, sizeof(bytes)), size);
    assert_memory_equal(bytes, want, size);
    assert_int_equal(validate_guarded(bytes, size), 0);
    assert_int_equal(metadata_decode(bytes, size, got, 4), -EMSGSIZE);
    assert_int_equal(metadata_decode(bytes, size, got, 5), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(got[i].name, five[i].name);
        assert_same_value(&got[i], &five[i]);
    }
    assert_int_equal(metadata_encode(NULL, 0, bytes, sizeof(bytes)), 1);
    assert_int_equal(bytes[0], 0xa0);
    assert_int_equal(metadata_encode(NULL, 0, NULL, 0), -EMSGSIZE);
    assert_int_equal(validate_guarded(bytes, 1), 0);
    assert_int_equal(metadata_decode(bytes, 1, NULL, 0), 0);
    assert_int_equal(metadata_validate(NULL, 0), 0);
    assert_int_equal(metadata_decode(NULL, 0, NULL, 0), 0);
}

/* Names and texts of each length at which the head of a CBOR item becomes a byte wider, and of 20 more
 * on both sides, encoded into exactly the room they need. */
static void test_lengths(void **state)
{
    static char text[70001];
    size_t widths[] = {300, 65536 + 20};

    (void)state;
    memset(text, 'y', sizeof(text));
    for (size_t w = 0; w < COUNT(widths); w++)
        for (size_t length = w ? 65536 - 20 : 1; length < widths[w]; length++) {
            struct connstat_field fields[2] = {connstat_int(text, -1), connstat_text("t", text)};
            struct connstat_field got[2];
            size_t head = length < 24 ? 1 : length < 256 ? 2 : length < 65536 ? 3 : 5;
            size_t size = 1 + 2 * (head + length) + 1 + 2;
            uint8_t *bytes = guarded(size + 1);

            text[length] = 0;
            assert_int_equal(metadata_encode(fields, 2, bytes, size - 1), -EMSGSIZE);
            assert_int_equal(metadata_encode(fields, 2, bytes, size), size);
            assert_int_equal(validate_guarded(bytes, size), 0);
            assert_int_equal(validate_guarded(bytes, size - 1), -EINVAL);
            assert_int_equal(metadata_decode(bytes, size, got, 2), 2);
            assert_string_equal(got[0].name, text);
            assert_string_equal(got[1].value.text, text);
            text[length] = 'y';
            unguard(bytes, size + 1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc8949_values_decode),
        cmocka_unit_test(test_rfc8949_values_encode),
        cmocka_unit_test(test_whole_maps),
        cmocka_unit_test(test_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
