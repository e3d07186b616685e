/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The metadata of a slot as bytes: one CBOR map (RFC 8949) of definite length, with distinct,
 * non-empty text keys and values that are texts, integers (of int64_t), booleans or floats. Texts
 * are UTF-8 without U+0000, which a C string could not give back. No bytes at all also mean no
 * metadata.
 *
 * Written in the shortest form, floats as doubles; read in any form of definite length. Bytes are
 * taken as hostile: whatever they hold, nothing outside of them is read, nothing recurses, and the
 * work is bounded by their number. Pure functions: any thread, any time.
 */
#ifndef LIB_METADATA_H
#define LIB_METADATA_H

#include <connstat.h>

/* Returns bytes written; -EINVAL NULL fields with a count, no name, a name given twice, a text that
 * is NULL or not UTF-8, a slice with a NUL, an unknown type; -EMSGSIZE does not fit. On failure buf
 * holds anything. */
int metadata_encode(const struct connstat_field *fields, size_t count, void *buf, size_t size);

/* Returns 0; -EINVAL no such map. */
int metadata_validate(const void *bytes, size_t size);

/* Decodes in place: texts point into bytes and are terminated there, so size + 1 bytes must be
 * writable and what was in them is gone. Does not look for keys given twice: that was the duty of
 * whoever let the bytes in, and does no harm.
 *
 * Returns fields written; -EINVAL no such map; -EMSGSIZE more than max fields. */
int metadata_decode(uint8_t *bytes, size_t size, struct connstat_field *fields, size_t max);

enum { DECODE_SLACK = 32 };

/* The same of bytes that stay as they are: texts point into scratch, which lies elsewhere. Both
 * have DECODE_SLACK bytes more than size, which may be read and written, too. */
int metadata_decode_beside(const uint8_t *bytes, size_t size, uint8_t *scratch,
                           struct connstat_field *fields, size_t max);

#endif
