/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Numbers, texts and JSON of the command line at their limits, and text that only a damaged
 * segment can hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <connstat.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/text.h"
#include "common/when.h"
#include "format/json.h"
#include "format/key.h"
#include "format/metadata.h"

static void test_numbers_for_people(void **state)
{
    char buf[TEXT_NUMBER_BYTES];
    (void)state;
    assert_string_equal(text_count(0, buf, sizeof(buf)), "0");
    assert_string_equal(text_count(999, buf, sizeof(buf)), "999");
    assert_string_equal(text_count(1312, buf, sizeof(buf)), "1,312");
    assert_string_equal(text_count(UINT64_MAX, buf, sizeof(buf)), "18,446,744,073,709,551,615");
    assert_string_equal(text_change(0, buf, sizeof(buf)), "0");
    assert_string_equal(text_change(1312, buf, sizeof(buf)), "+1,312");
    assert_string_equal(text_change(INT64_MIN, buf, sizeof(buf)), "-9,223,372,036,854,775,808");
    assert_string_equal(text_bytes(0, buf, sizeof(buf)), "0 B");
    assert_string_equal(text_bytes(1023, buf, sizeof(buf)), "1023 B");
    assert_string_equal(text_bytes(1536, buf, sizeof(buf)), "1.5 KiB");
    assert_string_equal(text_bytes(UINT64_MAX, buf, sizeof(buf)), "16.0 EiB");
    assert_string_equal(text_duration(-1, buf, sizeof(buf)), "0 s");
    assert_string_equal(text_duration(119.9, buf, sizeof(buf)), "119 s");
    assert_string_equal(text_duration(120, buf, sizeof(buf)), "2m 0s");
    assert_string_equal(text_duration(7500, buf, sizeof(buf)), "2h 5m");
}

static void test_times(void **state)
{
    char buf[TEXT_NUMBER_BYTES];
    (void)state;
    assert_string_equal(text_utc_time(0, buf, sizeof(buf)), "1970-01-01T00:00:00.000Z");
    assert_string_equal(text_utc_time(1500000000123999999, buf, sizeof(buf)),
                        "2017-07-14T02:40:00.123Z");
    assert_string_equal(text_utc_time(-1, buf, sizeof(buf)), "1969-12-31T23:59:59.999Z");
    text_utc_time(INT64_MAX, buf, sizeof(buf));
    text_local_time(INT64_MIN, buf, sizeof(buf));
}

static void test_numbers_from_people(void **state)
{
    uint64_t number;
    int64_t integer;
    double real;
    (void)state;
    assert_true(text_number("18446744073709551615", &number) && number == UINT64_MAX);
    for (const char **bad = (const char *[]){"", "-1", "+1", " 1", "1 ", "0x1", "1.0",
                                             "18446744073709551616", NULL};
         *bad; bad++)
        assert_false(text_number(*bad, &number));
    assert_true(text_integer("-9223372036854775808", &integer) && integer == INT64_MIN);
    assert_false(text_integer("9223372036854775808", &integer));
    assert_false(text_integer("-", &integer));
    assert_true(text_real("-1.5e3", &real) && real == -1500);
    for (const char **bad = (const char *[]){"", "nan", "inf", "0x10", "1e999", "1.5s", NULL}; *bad;
         bad++)
        assert_false(text_real(*bad, &real));
}

static void test_seconds_from_people(void **state)
{
    static const struct {
        const char *text;
        double seconds;
    } good[] = {{"0", 0},          {"90", 90},      {"1.5s", 1.5},   {"10m", 600},
                {"1h30m", 5400},   {"2d", 172800},  {"300ms", 0.3},  {"2w", 1209600},
                {"1h 30m", 5400},  {"10min", 600},  {"10 min", 600}, {"5sec", 5},
                {"150us", 150e-6}, {"1w2d", 777600}};
    double seconds;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_true(when_seconds(good[i].text, &seconds));
        assert_true(fabs(seconds - good[i].seconds) < 1e-9);
    }
    for (const char **bad = (const char *[]){"", "-1", "m", "10x", "1h30", "1..5s", "soon", "1m1h",
                                             "1h1h", "1ns", "1M", NULL};
         *bad; bad++)
        assert_false(when_seconds(*bad, &seconds));
}

static void assert_safe(const char *text, const char *expected)
{
    struct buffer buffer = {0};
    buffer_safe(&buffer, text);
    assert_string_equal(buffer.bytes, expected);
    buffer_free(&buffer);
}

static void test_safe_text(void **state)
{
    (void)state;
    assert_safe("", "");
    assert_safe("plain 日本語", "plain 日本語");
    assert_safe("\033[2J\n\r\t\a\x7f", "\\e[2J\\n\\r\\t\\u{7}\\u{7f}");
    assert_safe("\xc2\x9b", "\\u{9b}");
    assert_safe("a\\b", "a\\\\b");
    assert_safe("\xe2\x80\xae", "\\u{202e}");
    assert_safe("\xff\xc3", "\\xff\\xc3");
    assert_safe("\xc0\xaf", "\\xc0\\xaf");          /* overlong */
    assert_safe("\xed\xa0\x80", "\\xed\\xa0\\x80"); /* surrogate */
    assert_safe("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
    assert_safe("\xe6\x97", "\\xe6\\x97"); /* cut */
}

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("日本語"), 6);
    assert_int_equal(text_width("e\xcc\x81"), 1);
}

static void test_json(void **state)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    struct jsonw json = jsonw_start(stream);
    (void)state;
    jsonw_open(&json, NULL, '{');
    jsonw_text(&json, "a\"\\", "\n\033\xff\xe2\x80\xae\xf3\xa0\x80\x81");
    jsonw_text(&json, "none", NULL);
    jsonw_open(&json, "list", '[');
    jsonw_unsigned(&json, NULL, UINT64_MAX);
    jsonw_integer(&json, NULL, INT64_MIN);
    jsonw_real(&json, NULL, 0.1);
    jsonw_real(&json, NULL, 1.0 / 3);
    jsonw_real(&json, NULL, NAN);
    jsonw_real(&json, NULL, -INFINITY);
    jsonw_open(&json, NULL, '{');
    jsonw_close(&json);
    jsonw_close(&json);
    jsonw_bool(&json, "yes", true);
    jsonw_close(&json);
    fclose(stream);
    assert_string_equal(bytes,
                        "{\"a\\\"\\\\\":\"\\n\\u001b\\ufffd\\u202e\\udb40\\udc01\",\"none\":null,"
                        "\"list\":[18446744073709551615,-9223372036854775808,0.1,"
                        "0.3333333333333333,null,null,{}],\"yes\":true}");
    free(bytes);
}

static void test_fields(void **state)
{
    static const struct {
        const char *text;
        enum connstat_field_type type;
    } good[] = {
        {"a=1", CONNSTAT_INT},         {"a=-5", CONNSTAT_INT},
        {"a=007", CONNSTAT_TEXT},      {"a=-0", CONNSTAT_TEXT},
        {"a=+1", CONNSTAT_TEXT},       {"a=1.5", CONNSTAT_FLOAT},
        {"a=1e5", CONNSTAT_TEXT},      {"a=.5", CONNSTAT_TEXT},
        {"a=true", CONNSTAT_BOOL},     {"a=false", CONNSTAT_BOOL},
        {"a=", CONNSTAT_TEXT},         {"a=b=c", CONNSTAT_TEXT},
        {"a=10.0.0.7", CONNSTAT_TEXT}, {"a=9223372036854775808", CONNSTAT_TEXT},
        {"a=1.10", CONNSTAT_TEXT},     {"a=0049.30", CONNSTAT_TEXT},
        {"a=1.0", CONNSTAT_TEXT},      {"a=-0.25", CONNSTAT_FLOAT},
    };
    struct connstat_field field;
    char text[64];
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        strcpy(text, good[i].text);
        assert_true(field_parse(text, &field));
        assert_string_equal(field.name, "a");
        assert_int_equal(field.type, good[i].type);
    }
    assert_false(field_parse(strcpy(text, "=1"), &field));
    assert_false(field_parse(strcpy(text, "a"), &field));
}

static void test_order_of_fields(void **state)
{
    const struct connstat_field ordered[] = {
        connstat_bool("x", false),
        connstat_bool("x", true),
        connstat_float("x", NAN),
        connstat_float("x", -INFINITY),
        connstat_int("x", INT64_MIN),
        connstat_float("x", -0.5),
        connstat_int("x", 0),
        connstat_int("x", 9007199254740992),
        connstat_int("x", 9007199254740993),
        connstat_int("x", INT64_MAX),
        connstat_text("x", ""),
        connstat_text("x", "a"),
        connstat_text("x", "b"),
    };
    size_t count = sizeof(ordered) / sizeof(*ordered);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            int order = field_compare(&ordered[i], &ordered[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
        assert_true(field_compare(&ordered[i], NULL) < 0);
        assert_true(field_compare(NULL, &ordered[i]) > 0);
    }
    assert_int_equal(field_compare(NULL, NULL), 0);
}

static void test_keys(void **state)
{
    struct connstat_key key;
    char buf[KEY_BYTES];
    (void)state;
    for (const char **text =
             (const char *[]){"0", "18446744073709551615", "user:42", "text:42", "text:text:", "-1",
                              "sixteen bytes in", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", NULL};
         *text; text++) {
        assert_int_equal(key_parse(*text, &key), 0);
        assert_string_equal(key_print(&key, buf), *text);
    }
    memset(&key, 0x1b, sizeof(key));
    assert_string_equal(key_print(&key, buf), "1b1b1b1b-1b1b-1b1b-1b1b-1b1b1b1b1b1b");
    assert_true(key_parse("seventeen bytes i", &key) < 0);
    assert_true(key_parse("text:seventeen bytes i", &key) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_for_people),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_numbers_from_people),
        cmocka_unit_test(test_seconds_from_people),
        cmocka_unit_test(test_safe_text),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_order_of_fields),
        cmocka_unit_test(test_keys),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
