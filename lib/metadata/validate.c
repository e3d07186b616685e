/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Reads metadata. metadata_validate says whether bytes are metadata: every registration of encoded bytes
 * asks it. metadata_decode says what they hold: every entry in a list is decoded.
 */
#include "metadata/metadata.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "metadata/get.h"

/* ---- Is it a map? -------------------------------------------------------------------------- */

static inline bool same(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    return a_size == b_size && a[0] == b[0] && memcmp(a, b, a_size) == 0;
}

/* Is there a pair with this key before it? Walks from the first pair on; all of them are right. */
static bool walk_finds(const uint8_t *at, const uint8_t *end, const uint8_t *key, size_t size)
{
    struct connstat_field field;
    const uint8_t *other;
    size_t other_size;

    while ((at = get_key(at, end, &other, &other_size)) != NULL && other != key) {
        if (same(other, other_size, key, size))
            return true;
        at = get_value(at, end, &field);
    }
    return false;
}

#define KEYS_AT_HAND 16

static bool valid_pairs(const uint8_t *at, const uint8_t *end, uint64_t pairs)
{
    const uint8_t *first = at, *keys[KEYS_AT_HAND];
    size_t sizes[KEYS_AT_HAND];
    struct connstat_field field;

    for (uint64_t i = 0; i < pairs; i++) {
        const uint8_t *key;
        size_t size;

        at = get_key(at, end, &key, &size);
        if (unlikely(at == NULL))
            return false;
        for (uint64_t k = 0; k < i && k < KEYS_AT_HAND; k++)
            if (unlikely(same(keys[k], sizes[k], key, size)))
                return false;
        if (likely(i < KEYS_AT_HAND)) {
            keys[i] = key;
            sizes[i] = size;
        } else if (walk_finds(first, end, key, size)) {
            return false;
        }
        at = get_value(at, end, &field);
        if (unlikely(at == NULL))
            return false;
    }
    return at == end;
}

const uint8_t metadata_item_bytes[256] = {
    [0x00 ... 0x17] = 1, [0x18] = 2,      [0x19] = 3,      [0x1A] = 5, /* unsigned */
    [0x20 ... 0x37] = 1, [0x38] = 2,      [0x39] = 3,      [0x3A] = 5, /* negative */
    [CBOR_FALSE] = 1,    [CBOR_TRUE] = 1, [CBOR_HALF] = 3, [CBOR_SINGLE] = 5, [CBOR_DOUBLE] = 9,
};

/* Returns where the text ends whose head is at `at`. */
static inline const uint8_t *skip_text(const uint8_t *at, const uint8_t *end)
{
    uint8_t size = (uint8_t)(*at++ - CBOR_TEXT);

    if (size == CBOR_INLINE && at != end)
        size = *at++;
    else if (unlikely(size >= CBOR_INLINE))
        return NULL;
    if (unlikely(size > end - at || !utf8_valid(at, size)))
        return NULL;
    return at + size;
}

/* True if the pairs are right and usual; false leaves the decision to valid_pairs. Each name sets a bit
 * that depends on its bytes: as long as no bit is set twice, no name is given twice. */
static inline bool usual_pairs(const uint8_t *at, const uint8_t *end, uint64_t pairs)
{
    uint64_t names = 0;

    for (; pairs > 0; pairs--) {
        const uint8_t *name = at, *value;
        size_t bytes;
        unsigned bit;

        if (unlikely(at == end || *name <= CBOR_TEXT || *name >= CBOR_TEXT + CBOR_INLINE))
            return false;
        value = skip_text(name, end);
        if (unlikely(value == NULL || value == end))
            return false;
        bit = (*name * 11u + name[1] * 5u + value[-1]) & 63;
        if (unlikely(names >> bit & 1))
            return false;
        names |= UINT64_C(1) << bit;

        bytes = metadata_item_bytes[*value];
        if (bytes == 0) {
            at = skip_text(value, end);
            if (unlikely(at == NULL))
                return false;
            continue;
        }
        if (unlikely((size_t)(end - value) < bytes))
            return false;
        at = value + bytes;
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
    if (unlikely((*at & CBOR_MAJOR) != CBOR_MAP || map.at == NULL))
        return -EINVAL;
    if (likely(usual_pairs(map.at, end, map.value)))
        return 0;
    return valid_pairs(map.at, end, map.value) ? 0 : -EINVAL;
}

/* ---- What does it say? --------------------------------------------------------------------- */

/* A text ends where the next item begins, or where the bytes end. To terminate it there, the first byte
 * of each item becomes a NUL as soon as the item has been read. */
static inline const uint8_t *decode_pair(uint8_t *bytes, const uint8_t *at, const uint8_t *end,
                                         struct connstat_field *field)
{
    const uint8_t *name, *value = get_key(at, end, &name, &(size_t){0});

    if (unlikely(value == NULL))
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
    if (unlikely((*at & CBOR_MAJOR) != CBOR_MAP || map.at == NULL))
        return -EINVAL;
    if (unlikely(map.value > max || map.value > INT_MAX))
        return map.value > size / 3 ? -EINVAL : -EMSGSIZE;
    at = map.at;
    for (size_t i = 0; i < map.value && likely(at != NULL); i++)
        at = decode_pair(bytes, at, end, &fields[i]);
    bytes[size] = 0;
    return likely(at == end) ? (int)map.value : -EINVAL;
}
