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
            (fields[i].type == CONNSTAT_SLICE && !metadata_slice_is_text(fields[i].value.slice)))
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
