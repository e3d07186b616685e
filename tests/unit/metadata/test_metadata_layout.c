/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Decoding beside the bytes, and by what was remembered of others, answers as metadata_decode does:
 * over maps of many and of few shapes, whole, changed in a byte or two, and cut.
 */
#include "metadata/known_layout.h"
#include "metadata/metadata.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 150000, MAX_FIELDS = 5, BYTES = 400, MAX_GOT = BYTES / 3 };

static struct metadata_layouts *layouts;
static uint64_t hits;

static uint64_t random_state = 88172645463325252u;

static uint32_t random_below(uint32_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state >> 32) * bound >> 32);
}

static void assert_same(const struct connstat_field *got, const struct connstat_field *want)
{
    assert_string_equal(got->name, want->name);
    assert_int_equal(got->type, want->type);
    if (want->type == CONNSTAT_TEXT)
        assert_string_equal(got->value.text, want->value.text);
    else if (want->type == CONNSTAT_BOOL)
        assert_int_equal(got->value.boolean, want->value.boolean);
    else
        assert_memory_equal(&got->value, &want->value, sizeof(want->value));
}

typedef int (*decode_fn)(const uint8_t *bytes, size_t size, uint8_t *scratch,
                         struct connstat_field *fields, size_t max);

static int decode_alike(const uint8_t *bytes, size_t size, uint8_t *scratch,
                        struct connstat_field *fields, size_t max)
{
    int trust = layouts->trust, count;

    layouts->rest = 0; /* lets it try what it learnt at each call, not now and then */
    count = metadata_decode_alike(layouts, bytes, size, scratch, fields, max);
    hits += layouts->trust >= trust && size >= BLOCK;
    return count;
}

/* Fills the bytes behind a map with anything, or with what could be taken for more pairs of it. */
static void fill_slack(uint8_t *slack)
{
    uint32_t phase = random_below(3);

    memset(slack, (int)random_below(256), DECODE_SLACK);
    for (size_t i = 0; phase > 0 && i < DECODE_SLACK; i++)
        slack[i] = (uint8_t)("\x61k\x05"[(i + phase) % 3]);
}

/* Decodes both ways and compares. The bytes lie in memory of their own, so that a sanitizer sees a
 * step beyond them. */
static void check(decode_fn decode, const uint8_t *bytes, size_t size, size_t max)
{
    struct connstat_field want[MAX_GOT], got[MAX_GOT];
    uint8_t *in_place = malloc(size + 1), *scratch = malloc(size + DECODE_SLACK);
    uint8_t *room = malloc(size + DECODE_SLACK);
    int count;

    memcpy(in_place, bytes, size);
    memcpy(room, bytes, size);
    fill_slack(room + size);
    count = metadata_decode(in_place, size, want, max);
    assert_int_equal(decode(room, size, scratch, got, max), count);
    assert_memory_equal(room, bytes, size);
    for (int i = 0; i < count; i++)
        assert_same(&got[i], &want[i]);
    free(in_place);
    free(scratch);
    free(room);
}

static void check_both(const uint8_t *bytes, size_t size, size_t max)
{
    check(metadata_decode_beside, bytes, size, max);
    check(decode_alike, bytes, size, max);
}

static struct connstat_field random_field(const char *name)
{
    static const char *const texts[] = {
        "",
        "a",
        "10.0.0.7",
        "192.168.100.7",
        "\xc3\xa9t\xc3\xa9",
        "sixteen bytes ok",
        "seventeen bytes !",
        "abcdefghijklmnopqrstuvwx",
        "thirty-two bytes, as it happens.",
        "thirty-three bytes, as it happens",
        "a text of more than thirty-two bytes, and then some: \xe6\xb0\xb4 \xf0\x90\x85\x91",
    };

    switch (random_below(5)) {
    case 0:
        return connstat_int(name, (int64_t)random_state >> random_below(64));
    case 1:
        return connstat_bool(name, random_below(2));
    case 2:
        return connstat_float(name, random_below(100) / 8.0);
    default:
        return connstat_text(name, texts[random_below(sizeof(texts) / sizeof(texts[0]))]);
    }
}

/* Makes a map of one of a few kinds, so that shapes come again and are learnt. Returns its size. */
static size_t random_map(uint8_t *bytes)
{
    static const char *const names[MAX_FIELDS] = {"addr", "user_id", "page", "authenticated",
                                                  "a name of 22 characters"};
    struct connstat_field fields[MAX_FIELDS];
    uint32_t count = random_below(MAX_FIELDS + 1), first = random_below(2);
    int size;

    for (uint32_t i = 0; i < count; i++)
        fields[i] = random_field(names[(first + i) % MAX_FIELDS]);
    if (random_below(3) > 0) { /* the usual one */
        fields[0] = connstat_text("addr", random_below(4) ? "192.168.100.7" : "192.168.10.77");
        fields[1] = connstat_int("user_id", 1000000 + random_below(1000000));
        fields[2] = connstat_bool("authenticated", random_below(2));
        count = 3;
    }
    size = metadata_encode(fields, count, bytes, BYTES);
    assert_true(size > 0);
    return (size_t)size;
}

/* Changes a byte, mostly to one that differs by 1: what is nearly right is the likeliest to be taken
 * for right. */
static void change(uint8_t *byte)
{
    *byte = (uint8_t)(random_below(4) == 0 ? random_below(256) : *byte + 2 * random_below(2) - 1);
}

static void test_maps_and_what_is_nearly_one(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint8_t bytes[BYTES];
        size_t size = random_map(bytes);

        for (uint32_t changes = random_below(4) == 0 ? 1 + random_below(2) : 0; changes > 0;
             changes--)
            change(&bytes[random_below((uint32_t)size)]);
        if (random_below(8) == 0)
            size -= random_below((uint32_t)size);
        check_both(bytes, size, random_below(8) ? MAX_GOT : random_below(MAX_FIELDS));
    }
    assert_in_range(hits, ROUNDS / 4, ROUNDS);
}

/* A map was learnt; then each of its bytes in turn takes each other value. */
static void test_each_byte_of_what_was_learnt(void **state)
{
    const struct connstat_field fields[] = {
        connstat_text("addr", "10.0.0.7"), connstat_int("user_id", 1000000),
        connstat_bool("authenticated", true), connstat_float("rtt_ms", 12.5),
        connstat_text("page", "abcdefghijklmnopqrstuvwx")};
    uint8_t bytes[BYTES];
    size_t size = (size_t)metadata_encode(fields, 5, bytes, sizeof(bytes));

    (void)state;
    for (size_t at = 0; at < size; at++)
        for (int value = 0; value < 256; value++) {
            uint8_t before = bytes[at];

            hits = 0;
            for (int i = 0; hits == 0; i++) {
                assert_in_range(i, 0, 1000);
                check(decode_alike, bytes, size, MAX_GOT);
            }
            bytes[at] = (uint8_t)value;
            check_both(bytes, size, MAX_GOT);
            bytes[at] = before;
            metadata_layouts_init(layouts);
        }
}

/* Each byte that can begin a CBOR item, where a name should be and where a value should be; the item
 * complete or cut. */
static void test_heads(void **state)
{
    (void)state;
    for (int head = 0; head < 256; head++)
        for (int next = 0; next < 256; next += 5)
            for (size_t size = 1; size < 32; size++) {
                uint8_t bytes[64];

                memset(bytes, next, sizeof(bytes));
                bytes[0] = 0xA1;
                bytes[1] = (uint8_t)head;
                check_both(bytes, size, 1);
                memcpy(bytes + 1, "\x61k", 2);
                bytes[3] = (uint8_t)head;
                check_both(bytes, size, 1);
            }
}

/* Maps that announce more pairs than they have. */
static void test_pairs_that_are_not_there(void **state)
{
    uint8_t bytes[BYTES];

    (void)state;
    for (int announced = 1; announced < 24; announced++)
        for (int there = 0; there < announced; there++)
            for (int round = 0; round < 20; round++) {
                bytes[0] = (uint8_t)(0xA0 + announced);
                for (int i = 0; i < there; i++)
                    memcpy(bytes + 1 + 3 * i, "\x61k\x05", 3);
                for (int more = 0; more < 3; more++) {
                    memcpy(bytes + 1 + 3 * there, "\x61k", 2);
                    check_both(bytes, (size_t)(1 + 3 * there + more), MAX_GOT);
                }
            }
}

/* Each list makes its layouts anew, on a stack that may hold those of an earlier list. An entry
 * without metadata must decode to no fields, whatever lies there. */
static void test_nothing_after_something(void **state)
{
    uint8_t bytes[BYTES + DECODE_SLACK] = {0}, scratch[BYTES + DECODE_SLACK];
    struct connstat_field got[MAX_GOT];
    char text[2 * BLOCK + SHAPES + 1] = "";
    struct connstat_field field = connstat_text("name", text);
    int size = 1;

    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t length = 2 * BLOCK; size % SHAPES != 0; length++) {
        text[length] = '\0';
        size = metadata_encode(&field, 1, bytes, BYTES);
        text[length] = 'x';
    }
    metadata_layouts_init(layouts);
    for (int i = 0; i < 10; i++)
        assert_int_equal(decode_alike(bytes, (size_t)size, scratch, got, MAX_GOT), 1);
    metadata_layouts_init(layouts);
    assert_int_equal(decode_alike(bytes, 0, scratch, got, MAX_GOT), 0);
}

/* Names and texts of each length with characters of several bytes across each border of a block, and
 * with bytes that are no UTF-8. */
static void test_utf8(void **state)
{
    static const char *const parts[] = {
        "\xc2\x80", "\xe6\xb0\xb4", "\xf0\x90\x85\x91", "\x80", "\xc3", "\xed\xa0\x80", "\xff", "",
    };

    (void)state;
    for (uint8_t size = 4; size < 100; size++)
        for (size_t at = 0; at + 4 <= size; at++)
            for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
                uint8_t bytes[BYTES], text[100];
                size_t part = strlen(parts[i]);

                memset(text, 't', sizeof(text));
                memcpy(text + at, parts[i], part ? part : 1);
                memcpy(bytes, "\xa1\x61k\x78", 4);
                bytes[4] = size;
                memcpy(bytes + 5, text, size);
                check_both(bytes, 5u + size, 1);
                memcpy(bytes, "\xa1\x78", 2);
                bytes[2] = size;
                memcpy(bytes + 3, text, size);
                bytes[3 + size] = 0xF5;
                check_both(bytes, 4u + size, 1);
                if (size >= 24)
                    continue;
                bytes[1] = (uint8_t)(0x60 + size);
                memcpy(bytes + 2, text, size);
                bytes[2 + size] = 0xF5;
                check_both(bytes, 3u + size, 1);
            }
}

static int set_up(void **state)
{
    (void)state;
    layouts = malloc(sizeof(*layouts));
    if (!layouts)
        return -1;
    memset(layouts, 0xA5, sizeof(*layouts));
    metadata_layouts_init(layouts);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(layouts);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_maps_and_what_is_nearly_one),
        cmocka_unit_test(test_each_byte_of_what_was_learnt),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_pairs_that_are_not_there),
        cmocka_unit_test(test_nothing_after_something),
        cmocka_unit_test(test_utf8),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
