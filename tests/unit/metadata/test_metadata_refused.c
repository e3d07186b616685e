/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the metadata codec refuses: bytes that are no map of metadata, fields that cannot be encoded,
 * texts that are no UTF-8, and a name given twice.
 */
#include "bytes.h"

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

        if (validate_guarded(bytes, size) != -EINVAL)
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
                assert_int_equal(validate_guarded(bytes, (size_t)size), want);
            }
}

/* A map that has a name twice is refused, however far apart the two stand; names that only look alike
 * are accepted. */
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
        assert_int_equal(validate_guarded(bytes, (size_t)size), 0);
        for (at = 0; memcmp(bytes + at, names[i], strlen(names[i])) != 0; at++)
            ;
        if (strlen(names[i]) == strlen(names[i / 2])) {
            memcpy(bytes + at, names[i / 2], strlen(names[i / 2]));
            assert_int_equal(validate_guarded(bytes, (size_t)size), -EINVAL);
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
        cmocka_unit_test(test_bytes_that_are_no_metadata),
        cmocka_unit_test(test_refused_fields),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_names_given_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
