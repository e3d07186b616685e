/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The metadata codec against libcbor, both ways: whatever either writes, the other reads the same;
 * whatever bytes come, both take them or both refuse them. Built with -fsanitize=fuzzer it is a
 * libFuzzer target; built without, it makes its own inputs from a fixed seed:
 *
 *   fuzz_metadata [ROUNDS [SEED]]
 */
#include "metadata/known_layout.h"
#include "metadata/known_names.h"
#include "metadata/known_shape.h"
#include "metadata/metadata.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

enum { MOST_BYTES = 4096 };

static void give_up(const char *what, const uint8_t *bytes, size_t size)
{
    fprintf(stderr, "fuzz_metadata: %s, bytes:", what);
    for (size_t i = 0; i < size; i++)
        fprintf(stderr, " %02x", bytes[i]);
    fprintf(stderr, "\n");
    abort();
}

static bool same_value(const struct connstat_field *a, const struct connstat_field *b)
{
    if (a->type != b->type || strcmp(a->name, b->name) != 0)
        return false;
    switch (a->type) {
    case CONNSTAT_TEXT:
        return strcmp(a->value.text, b->value.text) == 0;
    case CONNSTAT_INT:
        return a->value.integer == b->value.integer;
    case CONNSTAT_BOOL:
        return a->value.boolean == b->value.boolean;
    case CONNSTAT_FLOAT:
        return (isnan(a->value.real) && isnan(b->value.real)) ||
               (a->value.real == b->value.real &&
                !signbit(a->value.real) == !signbit(b->value.real));
    case CONNSTAT_SLICE: /* never read back */
        break;
    }
    return false;
}

static bool same_fields(const struct connstat_field *a, const struct connstat_field *b,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!same_value(&a[i], &b[i]))
            return false;
    return true;
}

static struct metadata_shapes learnt; /* from what was right before */
static struct metadata_calls called;  /* the same, of fields */

/* Whatever is remembered, the same answer as without. */
static void check_alike(const struct connstat_field *fields, size_t count, size_t size,
                        int expected, const uint8_t *bytes)
{
    uint8_t *again = malloc(size + ENCODE_SLACK);

    for (int times = 0; times < 5; times++) { /* learnt in one of them */
        int written = metadata_encode_alike(&called, fields, count, again, size);

        if (written != expected || (written > 0 && memcmp(again, bytes, (size_t)written) != 0))
            give_up("wrote otherwise by what was learnt", bytes,
                    expected > 0 ? (size_t)expected : 0);
    }
    free(again);
}

static struct metadata_layouts listed; /* and of what was decoded */

/* Beside the bytes, and by what was learnt, as in place. */
static void check_beside(const uint8_t *data, size_t size, const struct connstat_field *fields,
                         int count)
{
    static struct connstat_field got[ORACLE_FIELDS];
    uint8_t *bytes = malloc(size + DECODE_SLACK), *scratch = malloc(size + DECODE_SLACK);
    int beside, alike;

    memcpy(bytes, data, size);
    memset(bytes + size, 0, DECODE_SLACK);
    beside = metadata_decode_beside(bytes, size, scratch, got, ORACLE_FIELDS);
    if (beside != count || (count > 0 && !same_fields(got, fields, (size_t)count)))
        give_up("read otherwise beside the bytes", data, size);
    for (int times = 0; times < 3; times++) {
        listed.rest = 0;
        alike = metadata_decode_alike(&listed, bytes, size, scratch, got, ORACLE_FIELDS);
        if (alike != count || (count > 0 && !same_fields(got, fields, (size_t)count)))
            give_up("read otherwise by what was learnt", data, size);
    }
    free(bytes);
    free(scratch);
}

/* Bytes from anywhere: the same verdict, the same fields, and our own spelling of them is read back
 * the same. In blocks of exactly their size, for a sanitizer to see a step too far. */
static void check_bytes(const uint8_t *data, size_t size)
{
    static struct oracle oracle;
    static struct connstat_field fields[ORACLE_FIELDS];
    static uint8_t again[2 * MOST_BYTES];
    uint8_t *bytes = malloc(size + 1);
    bool good = oracle_read(&oracle, data, size);
    int count, written;

    memcpy(bytes, data, size);
    if ((metadata_validate(bytes, size) == 0) != good)
        give_up(good ? "refused what libcbor reads" : "took what libcbor does not", data, size);
    if ((metadata_validate_alike(&learnt, bytes, size) == 0) != good)
        give_up("judged otherwise by what was learnt", data, size);
    count = metadata_decode(bytes, size, fields, ORACLE_FIELDS);
    if (good && (count != (int)oracle.count || !same_fields(fields, oracle.fields, oracle.count)))
        give_up("read something else than libcbor", data, size);
    check_beside(data, size, fields, count);
    if (good) {
        written = metadata_encode(fields, (size_t)count, again, sizeof(again));
        if (written < 0 || !oracle_read(&oracle, again, (size_t)written) ||
            !same_fields(fields, oracle.fields, (size_t)count))
            give_up("wrote something else than was read", data, size);
        check_alike(fields, (size_t)count, sizeof(again), written, again);
    }
    free(bytes);
}

#ifdef CONNSTAT_LIBFUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > MOST_BYTES)
        return 0;
    check_bytes(data, size);
    /* Halves of one size: what is learnt from the one is tried on the other. */
    memset(&learnt, 0, sizeof(learnt));
    check_bytes(data, size / 2);
    check_bytes(data + size - size / 2, size / 2);
    return 0;
}

#else

static uint64_t state;

static uint64_t any_bits(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * UINT64_C(0x2545F4914F6CDD1D);
}

static uint64_t any(uint64_t below)
{
    return (any_bits() >> 11) % below;
}

static char *any_text(char **room, size_t longest)
{
    static const char *const letters[] = {
        "a", "Z", "_", " ", "\x7f", "\xc3\xbc", "\xe6\xb0\xb4", "\xf0\x90\x85\x91"};
    char *text = *room, *at = text;
    uint64_t kinds = any(2) ? 4 : sizeof(letters) / sizeof(letters[0]);

    for (size_t length = any(longest + 1); length > 0; length--)
        at = stpcpy(at, letters[any(kinds)]);
    *at = 0;
    *room = at + 1;
    return text;
}

static double any_double(void)
{
    uint64_t bits = any_bits();
    double real;

    if (any(2))
        return (double)any(4096) - 2048;
    memcpy(&real, &bits, sizeof(real));
    return any(2) ? (double)(float)real : real;
}

static struct connstat_field any_field(char **room, size_t number)
{
    char *name = *room;

    *room += sprintf(name, "%zu", number);
    any_text(room, any(10) ? 12 : 60);
    switch (any(4)) {
    case 0:
        return connstat_text(name, any_text(room, any(10) ? 20 : 200));
    case 1:
        return connstat_int(name, (int64_t)any_bits() >> any(64));
    case 2:
        return connstat_bool(name, any(2));
    default:
        return connstat_float(name, any_double());
    }
}

/* A map from fields: written by each, read by the other. Returns our bytes of it. */
static size_t check_fields(uint8_t *bytes, size_t size)
{
    static char texts[1 << 16];
    static struct oracle oracle;
    struct connstat_field fields[40], got[40];
    uint8_t theirs[MOST_BYTES + 1];
    char *room = texts;
    size_t count = any(10) ? any(6) : any(40), length;
    int written;

    for (size_t i = 0; i < count; i++)
        fields[i] = any_field(&room, i);
    size = any(4) ? size : any(200);
    written = metadata_encode(fields, count, bytes, size);
    check_alike(fields, count, size, written, bytes);
    length = oracle_write(fields, count, (unsigned)any(1000), theirs, MOST_BYTES);
    if (written < 0)
        return 0; /* more than fits */
    if (!oracle_read(&oracle, bytes, (size_t)written) || oracle.count != count ||
        !same_fields(fields, oracle.fields, count))
        give_up("libcbor does not read what we wrote", bytes, (size_t)written);
    if (length > 0 && (metadata_validate(theirs, length) != 0 ||
                       metadata_decode(theirs, length, got, count) != (int)count ||
                       !same_fields(fields, got, count)))
        give_up("we do not read what libcbor wrote", theirs, length);
    return (size_t)written;
}

static void mutate(uint8_t *bytes, size_t *size)
{
    for (uint64_t times = 1 + any(4); times > 0 && *size > 0; times--) {
        size_t at = any(*size);

        switch (any(5)) {
        case 0:
            bytes[at] ^= (uint8_t)(1 << any(8));
            break;
        case 1:
            bytes[at] = (uint8_t)any(256);
            break;
        case 2:
            *size = at;
            break;
        case 3:
            memmove(bytes + at, bytes + at + 1, *size - at - 1);
            --*size;
            break;
        case 4:
            bytes[at] = (uint8_t)(bytes[at] & 0xE0) | (uint8_t)(24 + any(8));
            break;
        }
    }
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? atol(argv[1]) : 300000;
    uint8_t bytes[MOST_BYTES];

    state = argc > 2 ? strtoull(argv[2], NULL, 0) : 20240229;
    for (long i = 0; i < rounds; i++) {
        size_t size = check_fields(bytes, sizeof(bytes));

        memset(&learnt, 0, sizeof(learnt));
        check_bytes(bytes, size);
        mutate(bytes, &size);
        check_bytes(bytes, size);
        size = any(12);
        for (size_t k = 0; k < size; k++)
            bytes[k] = (uint8_t)any(256);
        if (size > 0)
            bytes[0] = (uint8_t)(0xA0 + any(4));
        check_bytes(bytes, size);
    }
    printf("%ld rounds\n", rounds);
    return 0;
}

#endif
