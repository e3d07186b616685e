/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Whatever a thread remembers, metadata_validate_alike answers as metadata_validate does: over
 * random maps of few shapes, whole, changed in a byte or two, and cut. And it does remember.
 */
#include "metadata/known_shape.h"
#include "metadata/metadata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the same source again, which counts how often it had to validate ------------------------- */

static uint32_t validations;

static int counted_validate(const void *bytes, size_t size)
{
    validations++;
    return metadata_validate(bytes, size);
}

void learn_counted(struct metadata_shape *shape, const uint8_t *bytes, size_t size);
int validate_counted(struct metadata_shapes *shapes, const void *bytes, size_t size);
#define metadata_validate       counted_validate
#define metadata_shape_learn    learn_counted
#define metadata_validate_alike validate_counted
#include "metadata/known_shape.c" /* NOLINT(bugprone-suspicious-include) */
#undef metadata_validate
#undef metadata_shape_learn
#undef metadata_validate_alike

/* ---------------------------------------------------------------------------------------------- */

enum { ROUNDS = 400000, MAX_FIELDS = 4, BYTES = 160 };

static uint64_t random_state = 88172645463325252u;

static uint32_t random_below(uint32_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state >> 32) * bound >> 32);
}

static struct connstat_field random_field(const char *name)
{
    static const char *const texts[] = {
        "", "a", "10.0.0.7", "192.168.100.7", "\xc3\xa9t\xc3\xa9", "abcdefghijklmnopqrstuvwxyz",
    };

    switch (random_below(4)) {
    case 0:
        return connstat_int(name, random_below(UINT32_MAX) >> random_below(32));
    case 1:
        return connstat_bool(name, random_below(2));
    case 2:
        return connstat_float(name, random_below(100) / 8.0);
    default:
        return connstat_text(name, texts[random_below(6)]);
    }
}

/* Makes a map from few names, so that shapes come again. Returns its size. */
static size_t random_map(uint8_t *bytes)
{
    static const char *const names[MAX_FIELDS] = {"addr", "user_id", "page", "authenticated"};
    struct connstat_field fields[MAX_FIELDS];
    uint32_t count = random_below(MAX_FIELDS + 1);

    for (uint32_t i = 0; i < count; i++)
        fields[i] = random_field(names[i]);
    int size = metadata_encode(fields, count, bytes, BYTES);
    assert_true(size > 0);
    return (size_t)size;
}

/* Changes a byte, mostly to one that differs by 1: what is nearly right is the likeliest to be taken
 * for right. */
static void change(uint8_t *byte)
{
    *byte = (uint8_t)(random_below(4) == 0 ? random_below(256) : *byte + 2 * random_below(2) - 1);
}

static void answers_alike(void **state)
{
    struct metadata_shapes *shapes = calloc(1, sizeof(*shapes));
    uint32_t valid = 0;

    (void)state;
    assert_non_null(shapes);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint8_t bytes[BYTES];
        size_t size = random_map(bytes);

        for (uint32_t changes = random_below(4) == 0 ? 1 + random_below(2) : 0; changes > 0;
             changes--)
            change(&bytes[random_below((uint32_t)size)]);
        if (random_below(8) == 0)
            size -= random_below((uint32_t)size);

        uint8_t *exact = malloc(size); /* where a sanitizer sees what is read beyond */
        assert_non_null(exact);
        memcpy(exact, bytes, size);
        int expected = metadata_validate(exact, size);
        assert_int_equal(metadata_validate_alike(shapes, exact, size), expected);
        valid += expected == 0;
        free(exact);
    }
    assert_in_range(valid, ROUNDS / 2, ROUNDS);
    free(shapes);
}

/* A map with one text of this length. Returns its size. */
static size_t text_map(uint32_t length, char letter, uint8_t *bytes)
{
    struct connstat_field field;
    char text[BYTES] = "";
    int size;

    memset(text, letter, length);
    field = connstat_text("n", text);
    size = metadata_encode(&field, 1, bytes, BYTES);
    assert_true(size > 0);
    return (size_t)size;
}

/* For every size that is learnt: the second map of a shape is not validated item by item any more. A
 * map that has something else where the first one had text is, and so is one of another size. */
static void the_second_is_known(void **state)
{
    uint32_t sizes = 0;

    (void)state;
    for (uint32_t length = 0; length < SHAPE_MAX_BYTES; length++) {
        static struct metadata_shapes shapes;
        uint8_t bytes[BYTES];
        size_t size = text_map(length, 'a', bytes);

        if (size < SHAPE_MIN_BYTES || size > SHAPE_MAX_BYTES)
            continue;
        memset(&shapes, 0, sizeof(shapes));
        validations = 0;
        assert_int_equal(validate_counted(&shapes, bytes, size), 0);
        assert_int_equal(validations, 1);
        text_map(length, 'z', bytes);
        assert_int_equal(validate_counted(&shapes, bytes, size), 0);
        assert_int_equal(validations, 1);
        bytes[size - 1] = 0xff;
        assert_int_not_equal(validate_counted(&shapes, bytes, size), 0);
        assert_int_equal(validations, 2);
        sizes++;
    }
    assert_in_range(sizes, SHAPE_MAX_BYTES - SHAPE_MIN_BYTES, SHAPE_MAX_BYTES - SHAPE_MIN_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_alike),
                                       cmocka_unit_test(the_second_is_known)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
