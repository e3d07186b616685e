/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The metadata codec on its own: the examples of RFC 8949, every refusal, every edge of a length.
 */
#include "metadata/metadata.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Exactly as many bytes as asked for, with an unreadable page behind them. */
static uint8_t *guarded(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size + page - 1) / page * page;
    uint8_t *map =
        mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(map, MAP_FAILED);
    assert_int_equal(mprotect(map + whole, page, PROT_NONE), 0);
    return map + whole - size;
}

static void unguard(uint8_t *bytes, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size + page - 1) / page * page;

    munmap(bytes + size - whole, whole + page);
}

static int validate(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = guarded(size ? size : 1) + (size ? 0 : 1);
    int result;

    memcpy(copy, bytes, size);
    result = metadata_validate(copy, size);
    unguard(copy - (size ? 0 : 1), size ? size : 1);
    return result;
}

static size_t unhex(const char *hex, uint8_t *bytes)
{
    size_t size = strlen(hex) / 2;

    for (size_t i = 0; i < size; i++)
        assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &bytes[i]), 1);
    return size;
}

/* {"k": VALUE} from the hexadecimal digits of VALUE. */
static size_t wrap(const char *hex, uint8_t *bytes)
{
    memcpy(bytes, "\xa1\x61k", 3);
    return 3 + unhex(hex, bytes + 3);
}

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

/* Appendix A, as far as its values are ours. */
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
        /* not the shortest form, but well-formed */
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

        assert_int_equal(validate(bytes, size), 0);
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
    assert_int_equal(validate(bytes, size), 0);
    assert_int_equal(metadata_decode(bytes, size, got, 4), -EMSGSIZE);
    assert_int_equal(metadata_decode(bytes, size, got, 5), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(got[i].name, five[i].name);
        assert_same_value(&got[i], &five[i]);
    }
    assert_int_equal(metadata_encode(NULL, 0, bytes, sizeof(bytes)), 1);
    assert_int_equal(bytes[0], 0xa0);
    assert_int_equal(metadata_encode(NULL, 0, NULL, 0), -EMSGSIZE);
    assert_int_equal(validate(bytes, 1), 0);
    assert_int_equal(metadata_decode(bytes, 1, NULL, 0), 0);
    assert_int_equal(metadata_validate(NULL, 0), 0);
    assert_int_equal(metadata_decode(NULL, 0, NULL, 0), 0);
}

static void test_bytes_that_are_no_metadata(void **state)
{
    static const char *const values[] = {
        "1bffffffffffffffff",
        "1b8000000000000000",
        "3bffffffffffffffff",
        "3b8000000000000000",
        "c249010000000000000000",
        "f6",
        "f7",
        "f0",
        "f8ff",
        "f818",
        "ff",
        "40",
        "4401020304",
        "80",
        "83010203",
        "a0",
        "c11a514b67b0",
        "7f657374726561646d696e67ff",
        "5f42010243030405ff",
        "9fff",
        "bfff",
        "1c",
        "1d",
        "1e",
        "1f",
        "3c",
        "7c",
        "fc",
        "fd",
        "fe",
        "18",
        "1900",
        "1a000000",
        "1b00000000000000",
        "61",
        "6261",
        "78",
        "7801",
        "7bffffffffffffffff",
        "f9",
        "f900",
        "fa000000",
        "fb00000000000000",
        "0000",
        "f5f5",
        "6100",
        "63610062",
        "68000000000000000000",
        "",
    };
    static const char *const maps[] = {
        "00",
        "60",
        "80",
        "c0a0",
        "bf61610161629f0203ffff",
        "bf6346756ef563416d7421ff",
        "b8",
        "b900",
        "bbffffffffffffffff",
        "ba00ffffff",
        "bb0000000000000001",
        "a1",
        "a2616101",
        "a161",
        "a16161",
        "a10000",
        "a201020304",
        "a1f500",
        "a14161f5",
        "a16000",
        "a26161016161f5",
        "a0a0",
        "a000",
        "a16161016162",
        "a2616101616202f5",
        "ac6161f5",
    };
    uint8_t bytes[64];

    (void)state;
    for (size_t i = 0; i < COUNT(values) + COUNT(maps); i++) {
        struct connstat_field got[4];
        bool value = i < COUNT(values);
        size_t size = value ? wrap(values[i], bytes) : unhex(maps[i - COUNT(values)], bytes);
        bool twice = !value && strcmp(maps[i - COUNT(values)], "a26161016161f5") == 0;

        if (validate(bytes, size) != -EINVAL)
            fail_msg("taken: %s", value ? values[i] : maps[i - COUNT(values)]);
        assert_int_equal(metadata_decode(bytes, size, got, 4), twice ? 2 : -EINVAL);
    }
}

static void test_refused_fields(void **state)
{
    const struct connstat_field refused[][2] = {
        {connstat_int(NULL, 1), connstat_int("b", 1)},
        {connstat_int("a", 1), connstat_int(NULL, 1)},
        {connstat_int("", 1), connstat_int("b", 1)},
        {connstat_int("same", 1), connstat_text("same", "x")},
        {connstat_text("a", NULL), connstat_int("b", 1)},
        {connstat_text("a", "\xff"), connstat_int("b", 1)},
        {connstat_int("\xc3", 1), connstat_int("b", 1)},
        {{.name = "a", .type = 4}, connstat_int("b", 1)},
        {{.name = "a", .type = (enum connstat_field_type) - 1}, connstat_int("b", 1)},
    };
    uint8_t bytes[64];

    (void)state;
    assert_int_equal(metadata_encode(NULL, 1, bytes, sizeof(bytes)), -EINVAL);
    for (size_t i = 0; i < COUNT(refused); i++)
        for (size_t size = 0; size <= sizeof(bytes); size++)
            assert_int_equal(metadata_encode(refused[i], 2, bytes, size), -EINVAL);
}

static void test_utf8(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } texts[] = {
        {"\x7f", true},
        {"\xc2\x80", true},
        {"\xdf\xbf", true},
        {"\xe0\xa0\x80", true},
        {"\xed\x9f\xbf", true},
        {"\xee\x80\x80", true},
        {"\xef\xbf\xbf", true},
        {"\xf0\x90\x80\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\x80", false},
        {"\xbf", false},
        {"\xc0\x80", false},
        {"\xc1\xbf", false},
        {"\xc2", false},
        {"\xc2\x7f", false},
        {"\xc2\xc0", false},
        {"\xe0\x9f\xbf", false},
        {"\xe1\x80", false},
        {"\xe1\x80\x7f", false},
        {"\xed\xa0\x80", false},
        {"\xed\xbf\xbf", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf1\x80\x80", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xfe", false},
        {"\xff", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        for (size_t before = 0; before < 20; before++)
            for (size_t after = 0; after < 20; after++) {
                size_t length = strlen(texts[i].text);
                struct connstat_field field = connstat_text("k", "");
                uint8_t bytes[96];
                char text[64];
                int want = texts[i].good ? 0 : -EINVAL, size;

                memset(text, 'x', sizeof(text));
                memcpy(text + before, texts[i].text, length);
                text[before + length + after] = 0;
                field.value.text = text;
                size = metadata_encode(&field, 1, bytes, sizeof(bytes));
                assert_int_equal(size < 0 ? size : 0, want);
                field.value.text = "";
                size = 3 + 2 + (int)(before + length + after);
                memcpy(bytes, "\xa1\x61k\x78", 4);
                bytes[4] = (uint8_t)(before + length + after);
                memcpy(bytes + 5, text, before + length + after);
                assert_int_equal(validate(bytes, (size_t)size), want);
            }
}

/* Texts and names of every length around each width of a head, in exactly the room they need. */
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
            assert_int_equal(validate(bytes, size), 0);
            assert_int_equal(validate(bytes, size - 1), -EINVAL);
            assert_int_equal(metadata_decode(bytes, size, got, 2), 2);
            assert_string_equal(got[0].name, text);
            assert_string_equal(got[1].value.text, text);
            text[length] = 'y';
            unguard(bytes, size + 1);
        }
}

/* A name given twice is found at any distance, and what only looks alike is not taken for one. */
static void test_names_given_twice(void **state)
{
    enum { MANY = 100 };
    struct connstat_field fields[MANY], got[MANY];
    char names[MANY][8];
    uint8_t bytes[2048];

    (void)state;
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "n%d", i);
        fields[i] = connstat_int(names[i], i);
    }
    for (int i = 1; i < MANY; i++) {
        int size = metadata_encode(fields, MANY, bytes, sizeof(bytes)), at = 0;

        assert_true(size > 0);
        assert_int_equal(validate(bytes, (size_t)size), 0);
        for (at = 0; memcmp(bytes + at, names[i], strlen(names[i])) != 0; at++)
            ;
        if (strlen(names[i]) == strlen(names[i / 2])) {
            memcpy(bytes + at, names[i / 2], strlen(names[i / 2]));
            assert_int_equal(validate(bytes, (size_t)size), -EINVAL);
        }
        fields[i].name = names[i / 2];
        assert_int_equal(metadata_encode(fields, MANY, bytes, sizeof(bytes)), -EINVAL);
        fields[i].name = names[i];
    }
    assert_int_equal(metadata_decode(bytes,
                                     (size_t)metadata_encode(fields, MANY, bytes, sizeof(bytes)),
                                     got, MANY),
                     MANY);
    for (int i = 0; i < MANY; i++)
        assert_string_equal(got[i].name, names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc8949_values_decode),
        cmocka_unit_test(test_rfc8949_values_encode),
        cmocka_unit_test(test_whole_maps),
        cmocka_unit_test(test_bytes_that_are_no_metadata),
        cmocka_unit_test(test_refused_fields),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_names_given_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
