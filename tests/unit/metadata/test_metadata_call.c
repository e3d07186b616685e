/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Whatever a thread remembers of the fields it encoded, metadata_encode_alike answers as
 * metadata_encode does: over names and texts that stand where others stood, at the end of readable
 * memory above all.
 */
#include "metadata/known_names.h"
#include "metadata/metadata.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { ROOM = 1024, LESSONS = 8 /* more than it takes to learn */ };

static struct metadata_calls *calls;

/* Encodes both ways, into rooms of each size up to one byte more than needed, and compares. Returns
 * what was answered in a room of ROOM bytes. */
static int encode(const struct connstat_field *fields, size_t count)
{
    static uint8_t want[ROOM], got[ROOM + ENCODE_SLACK];
    int whole = metadata_encode(fields, count, want, ROOM);
    size_t most = whole > 0 ? (size_t)whole + 1 : 64;

    for (size_t size = whole > 100 ? most - 4 : 0; size <= most; size++) {
        int written = metadata_encode(fields, count, want, size);
        uint8_t *exact = malloc(size + ENCODE_SLACK); /* a sanitizer sees what is written behind */

        assert_int_equal(metadata_encode_alike(calls, fields, count, exact, size), written);
        if (written > 0)
            assert_memory_equal(exact, want, (size_t)written);
        free(exact);
    }
    assert_int_equal(metadata_encode_alike(calls, fields, count, got, ROOM), whole);
    return whole;
}

static void learn(const struct connstat_field *fields, size_t count)
{
    uint8_t bytes[ROOM + ENCODE_SLACK];

    for (int i = 0; i < LESSONS; i++)
        assert_true(metadata_encode_alike(calls, fields, count, bytes, ROOM) > 0);
}

/* Can these fields be encoded by what was learnt from earlier ones? */
static bool is_learnt(const struct connstat_field *fields)
{
    uint8_t bytes[ROOM + ENCODE_SLACK];

    for (size_t i = 0; i < CALLS; i++)
        if (calls->of[i].count > 0 && metadata_encode_as(&calls->of[i], fields, bytes, ROOM) > 0)
            return true;
    return false;
}

/* Where memory ends: a page that cannot be read begins here. */
static char *page_end(void)
{
    static char *end;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (!end) {
        end = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(end, MAP_FAILED);
        end += page;
        assert_int_equal(mprotect(end, page, PROT_NONE), 0);
    }
    return end;
}

/* Names and texts of every length whose last byte is the last one that can be read. */
static void test_strings_at_the_end_of_a_page(void **state)
{
    char *end = page_end();

    (void)state;
    for (size_t size = 1; size < 300; size++) {
        char *text = end - size - 1;
        struct connstat_field fields[] = {connstat_int(text, 1), connstat_text("text", text)};

        memset(text, 'a' + (int)(size % 26), size);
        end[-1] = 0;
        learn(fields, 2);
        assert_int_equal(is_learnt(fields), size <= CALL_NAME);
        assert_true(encode(fields, 2) > 0);
    }
}

/* A name was learnt at an address; now a shorter one stands there, with nothing readable behind it.
 * Comparing it with what was learnt must not read on to the old length. */
static void test_a_name_that_became_shorter(void **state)
{
    char *end = page_end();
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    (void)state;
    for (size_t before = 2; before <= CALL_NAME; before++)
        for (size_t now = 1; now < before; now++) {
            char *name = end - now - 1;
            struct connstat_field field = connstat_bool(name, true);

            assert_int_equal(mprotect(end, page, PROT_READ | PROT_WRITE), 0);
            memset(name, 'n', before);
            name[before] = 0;
            learn(&field, 1);
            assert_true(is_learnt(&field));
            name[now] = 0;
            assert_int_equal(mprotect(end, page, PROT_NONE), 0);
            assert_int_equal(encode(&field, 1), 1 + 1 + now + 1);
        }
}

/* A caller may build its names in a buffer that it uses again. So a name that was learnt changes here
 * at each of its bytes, to each kind of byte, at each alignment. */
static void test_names_that_change(void **state)
{
    static const char *const others[] = {"x", "", "\xc3", "\xc3\xbc", "\x7f"};
    char buffer[64];

    (void)state;
    for (size_t offset = 0; offset < BLOCK; offset++)
        for (size_t size = 1; size <= CALL_NAME; size++)
            for (size_t at = 0; at <= size; at++)
                for (size_t i = 0; i < COUNT(others); i++) {
                    char *name = buffer + offset;
                    struct connstat_field fields[] = {connstat_text("a", "1"),
                                                      connstat_int(name, -1)};

                    memset(buffer, 'b', sizeof(buffer));
                    name[size] = buffer[sizeof(buffer) - 1] = 0;
                    learn(fields, 2);
                    assert_true(is_learnt(fields));
                    memcpy(name + at, others[i], *others[i] ? strlen(others[i]) : 1);
                    encode(fields, 2);
                }
}

static void test_a_name_that_becomes_that_of_another(void **state)
{
    char first[8] = "user_a", second[8] = "user_b";
    struct connstat_field fields[] = {connstat_int(first, 1), connstat_int(second, 2)};

    (void)state;
    learn(fields, 2);
    assert_true(is_learnt(fields));
    fields[1].name = "another";
    assert_true(encode(fields, 2) > 0);
    fields[1].name = second;
    strcpy(second, "user_a");
    assert_int_equal(encode(fields, 2), -EINVAL);
    strcpy(second, "user_");
    assert_true(encode(fields, 2) > 0);
    fields[1].name = first;
    assert_int_equal(encode(fields, 2), -EINVAL);
    fields[1].name = NULL;
    assert_int_equal(encode(fields, 2), -EINVAL);
}

/* Texts of each length at which the head becomes wider or a block of the scan is full, with
 * characters of several bytes across each such border, and with bytes that are no UTF-8. */
static void test_texts(void **state)
{
    static const char *const parts[] = {
        "\xc2\x80", "\xe6\xb0\xb4", "\xf0\x90\x85\x91", "\x80", "\xc3", "\xed\xa0\x80", "\xff",
    };
    char text[400] = "";
    struct connstat_field fields[] = {connstat_text("name", text), connstat_text("twice", text)};

    (void)state;
    for (size_t size = 0; size < sizeof(text); size++) {
        memset(text, 't', size);
        text[size] = 0;
        learn(fields, 2);
        assert_true(encode(fields, 2) > 0);
    }
    for (size_t size = 4; size < 60; size++)
        for (size_t at = 0; at + 4 <= size; at++)
            for (size_t i = 0; i < COUNT(parts); i++) {
                memset(text, 't', size);
                text[size] = 0;
                memcpy(text + at, parts[i], strlen(parts[i]));
                assert_int_equal(encode(fields, 2) > 0, i < 3);
            }
}

/* A wrong text is refused whichever of the fields has it. */
static void test_a_wrong_text_anywhere(void **state)
{
    struct connstat_field fields[] = {connstat_text("a", "one"), connstat_text("b", "two"),
                                      connstat_text("c", "three")};

    (void)state;
    learn(fields, COUNT(fields));
    assert_true(is_learnt(fields));
    for (size_t i = 0; i < COUNT(fields); i++) {
        const char *right = fields[i].value.text;

        fields[i].value.text = "wrong \xff";
        assert_int_equal(encode(fields, COUNT(fields)), -EINVAL);
        fields[i].value.text = right;
    }
}

static void test_values_of_any_type(void **state)
{
    const struct connstat_slice slice = {"10.0.0.7", 7}, empty = {NULL, 0};
    struct connstat_field field = connstat_int("value", 0);
    const struct connstat_field others[] = {
        connstat_text("value", NULL),    connstat_text("value", ""),
        connstat_bool("value", false),   connstat_bool("value", true),
        connstat_float("value", -4.1),   connstat_slice("value", &slice),
        connstat_slice("value", &empty),
    };

    (void)state;
    learn(&field, 1);
    assert_true(is_learnt(&field));
    for (int bit = 0; bit < 64; bit++)
        for (uint64_t near = 0; near < 5; near++) {
            field.value.integer = (int64_t)((UINT64_C(1) << bit) + near - 2);
            assert_true(encode(&field, 1) > 0);
            field.value.integer = ~field.value.integer;
            assert_true(encode(&field, 1) > 0);
        }
    for (int64_t integer = -300; integer < 300; integer++) {
        field.value.integer = integer;
        assert_true(encode(&field, 1) > 0);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        field.type = others[i].type;
        field.value = others[i].value;
        assert_int_equal(encode(&field, 1) > 0, i > 0);
    }
    field.type = (enum connstat_field_type)5;
    assert_int_equal(encode(&field, 1), -EINVAL);
    field.type = (enum connstat_field_type) - 1;
    assert_int_equal(encode(&field, 1), -EINVAL);
}

static void test_any_number_of_fields(void **state)
{
    struct connstat_field fields[CALL_FIELDS + 2];
    char names[COUNT(fields)][4];

    (void)state;
    for (size_t i = 0; i < COUNT(fields); i++) {
        snprintf(names[i], sizeof(names[i]), "n%zu", i);
        fields[i] =
            i % 2 ? connstat_int(names[i], INT64_MIN) : connstat_text(names[i], "some text");
    }
    for (size_t count = 0; count <= COUNT(fields); count++) {
        learn(fields, count);
        assert_true(encode(fields, count) > 0);
    }
    assert_int_equal(encode(NULL, 0), 1);
    assert_int_equal(encode(NULL, 1), -EINVAL);
}

static int set_up(void **state)
{
    (void)state;
    calls = calloc(1, sizeof(*calls));
    return calls ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    free(calls);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings_at_the_end_of_a_page),
        cmocka_unit_test(test_a_name_that_became_shorter),
        cmocka_unit_test(test_names_that_change),
        cmocka_unit_test(test_a_name_that_becomes_that_of_another),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_a_wrong_text_anywhere),
        cmocka_unit_test(test_values_of_any_type),
        cmocka_unit_test(test_any_number_of_fields),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
