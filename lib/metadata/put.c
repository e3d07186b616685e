/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "metadata/put.h"

/* The rare cases, in a function of their own: wide heads, and texts that fill the room to its end. */
uint8_t *metadata_put_long(uint8_t *at, const uint8_t *end, const char *text, size_t size)
{
    at = put_head(at, end, CBOR_TEXT, size);
    if (at == NULL || size > (size_t)(end - at))
        return NULL;
    return copy_ascii(at, text, size) || utf8_valid_slow(at, size) ? at + size : NULL;
}

bool metadata_slice_is_text(const struct connstat_slice *slice)
{
    return slice != NULL && (slice->data != NULL || slice->size == 0) &&
           utf8_valid((const uint8_t *)slice->data, slice->size);
}

uint8_t *metadata_put_slice(uint8_t *at, const uint8_t *end, const struct connstat_slice *slice)
{
    if (unlikely(!metadata_slice_is_text(slice)))
        return NULL;
    at = put_head(at, end, CBOR_TEXT, slice->size);
    if (unlikely(at == NULL || slice->size > (size_t)(end - at)))
        return NULL;
    if (slice->size > 0)
        memcpy(at, slice->data, slice->size);
    return at + slice->size;
}
