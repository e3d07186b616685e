/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Encodes fields. Every registration does this, so usual fields (few, with ASCII texts below 256 bytes)
 * are encoded without a function call. Names that the thread gave before are encoded by known_names.c.
 */
#include "metadata/metadata.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "metadata/distinct.h"
#include "metadata/put.h"

/* The rare cases, in a function of their own: wide heads, and texts that fill the room to its end. */
uint8_t *metadata_put_long(uint8_t *at, const uint8_t *end, const char *text, size_t size)
{
    at = put_head(at, end, CBOR_TEXT, size);
    if (at == NULL || size > (size_t)(end - at))
        return NULL;
    return copy_ascii(at, text, size) || utf8_valid_slow(at, size) ? at + size : NULL;
}

static bool valid_slice(const struct connstat_slice *slice)
{
    return slice != NULL && (slice->data != NULL || slice->size == 0) &&
           utf8_valid((const uint8_t *)slice->data, slice->size);
}

uint8_t *metadata_put_slice(uint8_t *at, const uint8_t *end, const struct connstat_slice *slice)
{
    if (unlikely(!valid_slice(slice)))
        return NULL;
    at = put_head(at, end, CBOR_TEXT, slice->size);
    if (unlikely(at == NULL || slice->size > (size_t)(end - at)))
        return NULL;
    if (slice->size > 0)
        memcpy(at, slice->data, slice->size);
    return at + slice->size;
}

static bool valid_text(const char *text)
{
    return text != NULL && utf8_valid((const uint8_t *)text, strlen(text));
}

/* Why an encoding failed: -EINVAL if a field is wrong, whatever the room; else the room is too small. */
static seldom int refusal(const struct connstat_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!valid_text(fields[i].name) || *fields[i].name == 0 || named_before(fields, i))
            return -EINVAL;
        if (fields[i].type > CONNSTAT_SLICE ||
            (fields[i].type == CONNSTAT_TEXT && !valid_text(fields[i].value.text)) ||
            (fields[i].type == CONNSTAT_SLICE && !valid_slice(fields[i].value.slice)))
            return -EINVAL;
    }
    return -EMSGSIZE;
}

int metadata_encode(const struct connstat_field *fields, size_t count, void *buf, size_t size)
{
    uint8_t *at = buf;
    const uint8_t *end;

    if (unlikely(fields == NULL && count > 0))
        return -EINVAL;
    if (unlikely(size == 0))
        return refusal(fields, count);
    end = at + (size < INT_MAX ? size : INT_MAX); /* the result is an int */
    at = put_head(at, end, CBOR_MAP, count);
    for (size_t i = 0; i < count && likely(at != NULL); i++) {
        const char *name = fields[i].name;

        if (unlikely(name == NULL || *name == 0 || named_before(fields, i)))
            return -EINVAL;
        at = put_text(at, end, name);
        if (likely(at != NULL))
            at = put_value(at, end, &fields[i]);
    }
    return likely(at != NULL) ? (int)(at - (uint8_t *)buf) : refusal(fields, count);
}
