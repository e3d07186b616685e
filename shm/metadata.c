/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Encoding is on the way of every registration: what is usual (texts below 24 bytes, ASCII, small
 * integers, few fields) takes no call but strlen.
 */
#include "metadata.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "utf8.h"

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

enum { /* initial bytes: major type in the upper three bits */
       CBOR_UNSIGNED = 0x00,
       CBOR_NEGATIVE = 0x20,
       CBOR_TEXT = 0x60,
       CBOR_MAP = 0xA0,
       CBOR_FALSE = 0xF4,
       CBOR_TRUE = 0xF5,
       CBOR_HALF = 0xF9,
       CBOR_SINGLE = 0xFA,
       CBOR_DOUBLE = 0xFB,
};

enum { CBOR_MAJOR = 0xE0, CBOR_INFO = 0x1F, CBOR_INLINE = 24 };

/* ---- Writing ------------------------------------------------------------------------------ *
 *
 * Each function takes where it may write and where the room ends, and returns where it came to, or
 * NULL: all by value, since a cursor in memory would put a store and a load between any two items.
 */

/* A head whose argument stands in 1, 2, 4 or 8 bytes behind the initial byte, big-endian. */
static __attribute__((noinline)) uint8_t *put_wide(uint8_t *at, const uint8_t *end, uint8_t major,
                                                   uint64_t value)
{
    unsigned power = (value > UINT8_MAX) + (value > UINT16_MAX) + (value > UINT32_MAX);
    size_t bytes = (size_t)1 << power;
    uint64_t big = __builtin_bswap64(value) >> (64 - 8 * bytes);

    if (UNLIKELY((size_t)(end - at) <= bytes))
        return NULL;
    *at = (uint8_t)(major | (CBOR_INLINE + power));
    if (LIKELY(end - at > 8))
        memcpy(at + 1, &big, 8); /* a fixed size; what is too much lies in the room left */
    else
        memcpy(at + 1, &big, bytes);
    return at + 1 + bytes;
}

static inline uint8_t *put_byte(uint8_t *at, const uint8_t *end, uint8_t byte)
{
    if (UNLIKELY(at == end))
        return NULL;
    *at = byte;
    return at + 1;
}

static inline uint8_t *put_head(uint8_t *at, const uint8_t *end, uint8_t major, uint64_t value)
{
    return value < CBOR_INLINE ? put_byte(at, end, (uint8_t)(major | value))
                               : put_wide(at, end, major, value);
}

/* Copies size bytes, none of them 0, and tells whether all were ASCII. The last word overlaps the
 * one before it, so that no byte is copied by itself. */
static inline bool copy_ascii(uint8_t *to, const char *from, size_t size)
{
    uint64_t all;

    if (size >= 8) {
        uint64_t first = utf8_load8(from), last = utf8_load8(from + size - 8);

        all = first | last;
        memcpy(to, &first, 8);
        for (size_t i = 8; i + 8 < size; i += 8) {
            uint64_t word = utf8_load8(from + i);

            all |= word;
            memcpy(to + i, &word, 8);
        }
        memcpy(to + size - 8, &last, 8);
    } else if (size >= 4) {
        uint32_t first = utf8_load4(from), last = utf8_load4(from + size - 4);

        all = first | last;
        memcpy(to, &first, 4);
        memcpy(to + size - 4, &last, 4);
    } else if (size > 0) {
        uint8_t first = (uint8_t)from[0], middle = (uint8_t)from[size / 2];
        uint8_t last = (uint8_t)from[size - 1];

        all = first | middle | last;
        to[0] = first;
        to[size / 2] = middle;
        to[size - 1] = last;
    } else {
        return true;
    }
    return (all & UTF8_HIGHS) == 0;
}

static inline uint8_t *put_text(uint8_t *at, const uint8_t *end, const char *text)
{
    size_t size = strlen(text);

    if (UNLIKELY(size >= (size_t)(end - at)))
        return NULL;
    if (LIKELY(size < CBOR_INLINE)) {
        *at++ = (uint8_t)(CBOR_TEXT | size);
    } else {
        at = put_wide(at, end, CBOR_TEXT, size);
        if (!at || size > (size_t)(end - at))
            return NULL;
    }
    if (UNLIKELY(!copy_ascii(at, text, size)) && !utf8_valid_slow(at, size))
        return NULL;
    return at + size;
}

static inline uint8_t *put_double(uint8_t *at, const uint8_t *end, double real)
{
    uint64_t bits;

    if (end - at < 9)
        return NULL;
    memcpy(&bits, &real, sizeof(bits));
    bits = __builtin_bswap64(bits);
    *at = CBOR_DOUBLE;
    memcpy(at + 1, &bits, sizeof(bits));
    return at + 9;
}

static inline uint8_t *put_value(uint8_t *at, const uint8_t *end,
                                 const struct connstat_field *field)
{
    int64_t integer = field->value.integer;

    switch (field->type) {
    case CONNSTAT_TEXT:
        return LIKELY(field->value.text != NULL) ? put_text(at, end, field->value.text) : NULL;
    case CONNSTAT_INT:
        return put_head(at, end, integer < 0 ? CBOR_NEGATIVE : CBOR_UNSIGNED,
                        (uint64_t)(integer < 0 ? ~integer : integer));
    case CONNSTAT_BOOL:
        return put_byte(at, end, field->value.boolean ? CBOR_TRUE : CBOR_FALSE);
    case CONNSTAT_FLOAT:
        return put_double(at, end, field->value.real);
    }
    return NULL;
}

/* A name has two bytes at least, its NUL included: comparing both at once decides nearly always. */
static inline bool named_before(const struct connstat_field *fields, size_t i)
{
    const char *name = fields[i].name;
    uint16_t start, other;

    memcpy(&start, name, 2);
    for (size_t k = 0; k < i; k++) {
        memcpy(&other, fields[k].name, 2);
        if (UNLIKELY(other == start) && strcmp(fields[k].name, name) == 0)
            return true;
    }
    return false;
}

static bool valid_text(const char *text)
{
    return text && utf8_valid((const uint8_t *)text, strlen(text));
}

/* Why an encoding came to nothing: a field that could not be encoded anywhere, else the room. */
static __attribute__((cold, noinline)) int refusal(const struct connstat_field *fields,
                                                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!valid_text(fields[i].name) || !*fields[i].name || named_before(fields, i))
            return -EINVAL;
        if (fields[i].type > CONNSTAT_FLOAT ||
            (fields[i].type == CONNSTAT_TEXT && !valid_text(fields[i].value.text)))
            return -EINVAL;
    }
    return -EMSGSIZE;
}

int metadata_encode(const struct connstat_field *fields, size_t count, void *buf, size_t size)
{
    uint8_t *at = buf;
    const uint8_t *end;

    if (UNLIKELY(!fields && count > 0))
        return -EINVAL;
    if (UNLIKELY(size == 0))
        return refusal(fields, count);
    end = at + (size < INT_MAX ? size : INT_MAX); /* what the result can tell */
    at = put_head(at, end, CBOR_MAP, count);
    for (size_t i = 0; i < count && LIKELY(at != NULL); i++) {
        const char *name = fields[i].name;

        if (UNLIKELY(!name || !*name || named_before(fields, i)))
            return -EINVAL;
        at = put_text(at, end, name);
        if (LIKELY(at != NULL))
            at = put_value(at, end, &fields[i]);
    }
    return LIKELY(at != NULL) ? (int)(at - (uint8_t *)buf) : refusal(fields, count);
}

/* ---- Reading ------------------------------------------------------------------------------ *
 *
 * By value as well: each function takes where it reads and where the bytes end, and returns where
 * it came to, or NULL.
 */

struct head {
    const uint8_t *at; /* behind the head; NULL: no head */
    uint64_t value;
};

static inline uint64_t load_big(const uint8_t *from, size_t bytes)
{
    uint64_t big = 0;

    memcpy((uint8_t *)&big + 8 - bytes, from, bytes);
    return __builtin_bswap64(big);
}

/* The argument of the head that begins at `at`, where a byte is. */
static inline struct head get_head(const uint8_t *at, const uint8_t *end)
{
    uint8_t info = *at & CBOR_INFO;
    size_t behind = (size_t)(end - at) - 1;

    if (LIKELY(info < CBOR_INLINE))
        return (struct head){at + 1, info};
    if (info == 24 && behind >= 1)
        return (struct head){at + 2, at[1]};
    if (info == 25 && behind >= 2)
        return (struct head){at + 3, load_big(at + 1, 2)};
    if (info == 26 && behind >= 4)
        return (struct head){at + 5, load_big(at + 1, 4)};
    if (info == 27 && behind >= 8)
        return (struct head){at + 9, load_big(at + 1, 8)};
    return (struct head){NULL, 0};
}

static inline const uint8_t *get_text(const uint8_t *at, const uint8_t *end, const uint8_t **text,
                                      size_t *size)
{
    struct head head = get_head(at, end);

    if (UNLIKELY(!head.at || head.value > (size_t)(end - head.at)))
        return NULL;
    *text = head.at;
    *size = (size_t)head.value;
    return LIKELY(utf8_valid(*text, *size)) ? head.at + *size : NULL;
}

static inline const uint8_t *get_integer(const uint8_t *at, const uint8_t *end,
                                         struct connstat_field *field)
{
    struct head head = get_head(at, end);
    bool negative = (*at & CBOR_MAJOR) == CBOR_NEGATIVE;

    if (UNLIKELY(head.value > INT64_MAX))
        return NULL;
    field->type = CONNSTAT_INT;
    field->value.integer = negative ? ~(int64_t)head.value : (int64_t)head.value;
    return head.at;
}

/* Widens the binary16 of RFC 8949, appendix D. A subnormal is a whole number of 2^-24. */
static double half_to_double(uint16_t half)
{
    uint64_t sign = (uint64_t)(half >> 15) << 63;
    uint64_t exponent = half >> 10 & 0x1F, mantissa = half & 0x3FF;
    uint64_t bits;
    double real;

    if (exponent == 0) {
        real = (double)mantissa * 0x1p-24;
        return sign ? -real : real;
    }
    exponent = exponent == 0x1F ? 0x7FF : exponent - 15 + 1023;
    bits = sign | exponent << 52 | mantissa << 42;
    memcpy(&real, &bits, sizeof(real));
    return real;
}

static const uint8_t *get_float(const uint8_t *at, const uint8_t *end, struct connstat_field *field)
{
    struct head head = get_head(at, end);
    uint32_t bits = (uint32_t)head.value;
    float single;

    field->type = CONNSTAT_FLOAT;
    if (*at == CBOR_DOUBLE) {
        memcpy(&field->value.real, &head.value, sizeof(head.value));
    } else if (*at == CBOR_SINGLE) {
        memcpy(&single, &bits, sizeof(single));
        field->value.real = single;
    } else {
        field->value.real = half_to_double((uint16_t)bits);
    }
    return head.at;
}

static inline const uint8_t *get_value(const uint8_t *at, const uint8_t *end,
                                       struct connstat_field *field)
{
    const uint8_t *text = NULL;
    size_t size;

    switch (*at & CBOR_MAJOR) {
    case CBOR_TEXT:
        at = get_text(at, end, &text, &size);
        field->type = CONNSTAT_TEXT;
        field->value.text = (const char *)text;
        return at;
    case CBOR_UNSIGNED:
    case CBOR_NEGATIVE:
        return get_integer(at, end, field);
    }
    if (*at >= CBOR_HALF && *at <= CBOR_DOUBLE)
        return get_float(at, end, field);
    field->type = CONNSTAT_BOOL;
    field->value.boolean = *at == CBOR_TRUE;
    return *at == CBOR_TRUE || *at == CBOR_FALSE ? at + 1 : NULL;
}

/* The key of a pair, with at least one byte behind it for the value. */
static inline const uint8_t *get_key(const uint8_t *at, const uint8_t *end, const uint8_t **key,
                                     size_t *size)
{
    if (UNLIKELY(at == end || (*at & CBOR_MAJOR) != CBOR_TEXT))
        return NULL;
    at = get_text(at, end, key, size);
    return LIKELY(at && at != end && *size > 0) ? at : NULL;
}

static inline bool same(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    return a_size == b_size && a[0] == b[0] && memcmp(a, b, a_size) == 0;
}

/* Walks from the first pair to the one of that key, all of them found right already. */
static bool walk_finds(const uint8_t *at, const uint8_t *end, const uint8_t *key, size_t size)
{
    struct connstat_field field;
    const uint8_t *other;
    size_t other_size;

    while ((at = get_key(at, end, &other, &other_size)) && other != key) {
        if (same(other, other_size, key, size))
            return true;
        at = get_value(at, end, &field);
    }
    return false;
}

#define KEYS_AT_HAND 16

static inline bool valid_pairs(const uint8_t *at, const uint8_t *end, uint64_t pairs)
{
    const uint8_t *first = at, *keys[KEYS_AT_HAND];
    size_t sizes[KEYS_AT_HAND];
    struct connstat_field field;

    for (uint64_t i = 0; i < pairs; i++) {
        const uint8_t *key;
        size_t size;

        at = get_key(at, end, &key, &size);
        if (UNLIKELY(!at))
            return false;
        for (uint64_t k = 0; k < i && k < KEYS_AT_HAND; k++)
            if (UNLIKELY(same(keys[k], sizes[k], key, size)))
                return false;
        if (LIKELY(i < KEYS_AT_HAND)) {
            keys[i] = key;
            sizes[i] = size;
        } else if (walk_finds(first, end, key, size)) {
            return false;
        }
        at = get_value(at, end, &field);
        if (UNLIKELY(!at))
            return false;
    }
    return at == end;
}

/* Bytes of an item that is neither a text nor a 64-bit integer, whatever it holds; 0: no such. */
static const uint8_t item_bytes[256] = {
    [0x00 ... 0x17] = 1, [0x18] = 2,      [0x19] = 3,      [0x1A] = 5, /* unsigned */
    [0x20 ... 0x37] = 1, [0x38] = 2,      [0x39] = 3,      [0x3A] = 5, /* negative */
    [CBOR_FALSE] = 1,    [CBOR_TRUE] = 1, [CBOR_HALF] = 3, [CBOR_SINGLE] = 5, [CBOR_DOUBLE] = 9,
};

static inline const uint8_t *skip_usual_text(const uint8_t *at, const uint8_t *end)
{
    uint8_t size = (uint8_t)(*at++ - CBOR_TEXT);

    if (size == CBOR_INLINE && at != end)
        size = *at++;
    else if (UNLIKELY(size >= CBOR_INLINE))
        return NULL;
    if (UNLIKELY(size > end - at || !utf8_valid(at, size)))
        return NULL;
    return at + size;
}

/* True only for right pairs, but not for all of them: what is rare is left to valid_pairs. Each
 * name leaves a bit, so that names that differ are nearly always told apart at once. */
static inline bool usual_pairs(const uint8_t *at, const uint8_t *end, uint64_t pairs)
{
    uint64_t names = 0;

    for (; pairs > 0; pairs--) {
        const uint8_t *name = at, *value;
        uint64_t bit;

        if (UNLIKELY(at == end || *name <= CBOR_TEXT || *name >= CBOR_TEXT + CBOR_INLINE))
            return false;
        value = skip_usual_text(name, end);
        if (UNLIKELY(!value || value == end))
            return false;
        bit = UINT64_C(1) << ((*name * 11u + name[1] * 5u + value[-1]) & 63);
        if (UNLIKELY(names & bit))
            return false;
        names |= bit;
        if (item_bytes[*value] != 0)
            at = end - value >= item_bytes[*value] ? value + item_bytes[*value] : NULL;
        else
            at = skip_usual_text(value, end);
        if (UNLIKELY(!at))
            return false;
    }
    return at == end;
}

int metadata_validate(const void *bytes, size_t size)
{
    const uint8_t *at = bytes, *end;
    struct head map;

    if (size == 0)
        return 0;
    end = at + size;
    map = get_head(at, end);
    if (UNLIKELY((*at & CBOR_MAJOR) != CBOR_MAP || !map.at))
        return -EINVAL;
    if (LIKELY(usual_pairs(map.at, end, map.value)))
        return 0;
    return valid_pairs(map.at, end, map.value) ? 0 : -EINVAL;
}

/* A text ends where the next item's initial byte is, or the bytes end. So each initial byte becomes
 * a NUL as soon as its item was read. */
static inline const uint8_t *decode_pair(uint8_t *bytes, const uint8_t *at, const uint8_t *end,
                                         struct connstat_field *field)
{
    const uint8_t *name, *value = get_key(at, end, &name, &(size_t){0});

    if (UNLIKELY(!value))
        return NULL;
    bytes[at - bytes] = 0;
    field->name = (const char *)name;
    at = get_value(value, end, field);
    bytes[value - bytes] = 0;
    return at;
}

int metadata_decode(uint8_t *bytes, size_t size, struct connstat_field *fields, size_t max)
{
    const uint8_t *at = bytes, *end;
    struct head map;

    if (size == 0)
        return 0;
    end = at + size;
    map = get_head(at, end);
    if (UNLIKELY((*at & CBOR_MAJOR) != CBOR_MAP || !map.at))
        return -EINVAL;
    if (UNLIKELY(map.value > max || map.value > INT_MAX))
        return map.value > size / 3 ? -EINVAL : -EMSGSIZE;
    at = map.at;
    for (size_t i = 0; i < map.value && LIKELY(at != NULL); i++)
        at = decode_pair(bytes, at, end, &fields[i]);
    bytes[size] = 0;
    return LIKELY(at == end) ? (int)map.value : -EINVAL;
}
