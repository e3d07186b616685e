/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Where everything lies in a segment. The numbers here were worked out from FORMAT.md alone. Processes
 * with different versions of the library share a segment as long as its layout version is the same, so
 * whoever has to change a number here has to make LAYOUT_VERSION one more.
 */
#include "harness.h"

#include "geometry.h"
#include "keys/index.h"

enum { PARTS = 12, OF_TYPE = 6, TYPES = 3 };

static const struct known {
    uint32_t max_workers, metadata_bytes, page_bytes, type_count;
    uint64_t parts[PARTS];
    struct {
        uint32_t capacity, maximum;
        uint64_t at[OF_TYPE];
    } types[TYPES];
} known[] = {
    {.max_workers = 1,
     .metadata_bytes = 1,
     .page_bytes = 4096,
     .type_count = 1,
     .parts = {4096, 6272, 6336, 6400, 6656, 43776, 43968, 68544, 75456, 94208, 94208, 110592},
     .types = {{1, 1, {94016, 94080, 94144, 5, 94208, 98304}}}},
    {.max_workers = 33,
     .metadata_bytes = 100,
     .page_bytes = 4096,
     .type_count = 3,
     .parts = {4096, 10368, 10432, 10560, 11328, 79296, 80896, 109568, 116480, 270336, 401408,
               8925184},
     .types = {{100, 100, {184448, 184512, 185344, 29, 270336, 274432}},
               {700, 40000, {197376, 6950912, 2097152, 10007, 7274496, 7917568}},
               {513, 513, {202432, 202560, 206720, 137, 8888320, 8900608}}}},
    {.max_workers = 1024,
     .metadata_bytes = 96,
     .page_bytes = 4096,
     .type_count = 2,
     .parts = {4096, 137216, 137472, 137600, 138112, 586624, 861184, 887808, 894720, 3444736,
               5472256, 178941952},
     .types = {{16384, 1048576, {1343232, 123731968, 4194304, 262151, 134217728, 153092096}},
               {16384, 16384, {1474304, 1476352, 1607424, 4111, 178270208, 178536448}}}},
    {.max_workers = 64,
     .metadata_bytes = 40,
     .page_bytes = 65536,
     .type_count = 2,
     .parts = {4096, 14336, 14400, 14528, 15040, 94912, 96192, 122816, 129728, 196608, 1245184,
               2097152},
     .types = {{64, 64, {182976, 183040, 183552, 23, 196608, 262144}},
               {9000, 9001, {187200, 1376256, 458752, 2267, 1507328, 1703936}}}},
};

static struct shape shape_of(const struct known *k)
{
    struct shape shape = {.type_count = k->type_count,
                          .max_workers = k->max_workers,
                          .metadata_bytes = k->metadata_bytes,
                          .page_bytes = k->page_bytes};

    for (uint32_t t = 0; t < k->type_count; t++) {
        shape.types[t].name[0] = (char)('a' + t);
        shape.types[t].capacity = k->types[t].capacity;
        shape.types[t].maximum = k->types[t].maximum;
    }
    return shape;
}

static void test_where_everything_lies(void **state)
{
    (void)state;
    assert_int_equal(LAYOUT_VERSION, 3);
    for (size_t i = 0; i < COUNT(known); i++) {
        struct shape shape = shape_of(&known[i]);
        struct geometry g;

        assert_int_equal(geometry_compute(&g, &shape), 0);
        const uint64_t parts[PARTS] = {g.records, g.live_map, g.refusals,   g.growth_log,
                                       g.shards,  g.touched,  g.obituaries, g.cluster,
                                       g.spares,  g.fixed,    g.size,       g.reserved};
        for (size_t part = 0; part < PARTS; part++)
            assert_int_equal(parts[part], known[i].parts[part]);
        for (uint32_t t = 0; t < shape.type_count; t++) {
            const struct type_geometry *type = &g.types[t];
            const uint64_t at[OF_TYPE] = {type->map,         type->words,
                                          type->payloads,    type->key_bucket_count,
                                          type->key_buckets, type->key_slots};

            assert_int_equal(type->grows, known[i].types[t].maximum > known[i].types[t].capacity);
            for (size_t part = 0; part < OF_TYPE; part++)
                assert_int_equal(at[part], known[i].types[t].at[part]);
        }
    }
}

/* ---- bits of an id ---------------------------------------------------------------------------- */

static void test_bits_of_an_id(void **state)
{
    static const struct {
        uint32_t types, maximum, slot_bits, generation_bits;
    } cases[] = {
        {1, 1, 0, SLOT_GENERATION_BITS},
        {1, 3, 2, SLOT_GENERATION_BITS},
        {1, 4, 2, SLOT_GENERATION_BITS},
        {1, 5, 3, SLOT_GENERATION_BITS},
        {1, 65536, 16, 45},
        {3, MAX_CAPACITY, 24, 36},
        {63, MAX_CAPACITY, 24, 32},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct shape shape = {.type_count = cases[i].types,
                              .max_workers = 1,
                              .metadata_bytes = 96,
                              .page_bytes = LEAST_PAGE};
        struct geometry g;

        for (uint32_t t = 0; t < shape.type_count; t++) {
            snprintf(shape.types[t].name, NAME_BYTES, "t%u", t);
            shape.types[t].capacity = shape.types[t].maximum = 1;
        }
        shape.types[0].maximum = cases[i].maximum;
        assert_int_equal(geometry_compute(&g, &shape), 0);
        assert_int_equal(g.slot_bits, cases[i].slot_bits);
        assert_int_equal(g.generation_bits, cases[i].generation_bits);
    }
}

/* ---- shapes that no segment has --------------------------------------------------------------- */

static struct shape largest_shape(void)
{
    struct shape shape = {.type_count = 2,
                          .max_workers = MAX_WORKERS,
                          .metadata_bytes = MAX_METADATA,
                          .page_bytes = LARGEST_PAGE,
                          .flags = HEADER_GROWS_BY_HAND};

    /* A name has 31 bytes at most, and each of them may be a letter, a digit or _. */
    memcpy(shape.types[0].name, "abcdefghijklmnopqrstuvwxyz_0123", 31);
    memcpy(shape.types[1].name, "z9a", 3);
    shape.types[0].kind = 1;
    for (uint32_t t = 0; t < 2; t++)
        shape.types[t].capacity = shape.types[t].maximum = MAX_CAPACITY;
    return shape;
}

#define REFUSED(change)                                                                            \
    do {                                                                                           \
        struct shape shape = largest_shape();                                                      \
        struct geometry g;                                                                         \
        change;                                                                                    \
        assert_int_equal(geometry_compute(&g, &shape), -EINVAL);                                   \
    } while (0)

static void test_shapes_that_are_refused(void **state)
{
    struct shape largest = largest_shape();
    struct geometry whole;

    (void)state;
    assert_int_equal(geometry_compute(&whole, &largest), 0);
    REFUSED(shape.type_count = 0);
    REFUSED(shape.type_count = MAX_TYPES + 1);
    REFUSED(shape.max_workers = 0);
    REFUSED(shape.max_workers++);
    REFUSED(shape.metadata_bytes = 0);
    REFUSED(shape.metadata_bytes++);
    REFUSED(shape.page_bytes *= 2);
    REFUSED(shape.page_bytes = LEAST_PAGE / 2);
    REFUSED(shape.page_bytes = 3 * LEAST_PAGE);
    REFUSED(shape.flags |= HEADER_GROWS_BY_HAND << 1);
    REFUSED(shape.types[1].kind = 2);
    REFUSED(shape.types[1].capacity = 0);
    REFUSED(shape.types[1].maximum--);
    REFUSED(shape.types[1].capacity++; shape.types[1].maximum++);
    REFUSED(shape.types[1].reserved = 1);
    REFUSED(memset(shape.types[1].name, 0, NAME_BYTES));
    REFUSED(memset(shape.types[1].name, 'a', NAME_BYTES));
    REFUSED(shape.types[1].name[NAME_BYTES - 1] = 'a');
    REFUSED(memcpy(shape.types[1].name, shape.types[0].name, NAME_BYTES));
    for (const char *wrong = "`{/:^AZ- \xff"; *wrong != '\0'; wrong++)
        REFUSED(shape.types[1].name[1] = *wrong);
}

/* ---- what all programs that share a segment must compute alike --------------------------------- */

/* The numbers were computed from FORMAT.md alone. */
static void test_numbers_that_all_share(void **state)
{
    static const uint32_t strides[][3] = {/* home, buckets, stride */
                                          {0, 11, 1},          {1, 11, 7},
                                          {7, 11, 4},          {5000, 10007, 1701},
                                          {9999, 10007, 7223}, {8388592, 8388593, 8160291}};
    static uint8_t bytes[sizeof(struct header)] __attribute__((aligned(64)));

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(7 * i);
    assert_int_equal(sizeof(bytes), 4096);
    assert_true(header_checksum((const struct header *)(const void *)bytes) ==
                UINT64_C(0x0c29a6c2bbbc9be5));
    for (size_t i = 0; i < COUNT(strides); i++)
        assert_int_equal(index_stride(strides[i][0], strides[i][1]), strides[i][2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_where_everything_lies),
        TEST(test_bits_of_an_id),
        TEST(test_shapes_that_are_refused),
        TEST(test_numbers_that_all_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
