/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The metadata of a slot as bytes: one CBOR map (RFC 8949) of definite length, with distinct,
 * non-empty text keys and values that are texts, integers (of int64_t), booleans or floats. Texts
 * are UTF-8 without U+0000, which a C string could not give back. No bytes at all also mean no
 * metadata.
 *
 * It is written in the shortest form, but floats as doubles, and read in any form of definite length.
 * Bytes may come from an enemy: whatever they hold, nothing outside of them is read, nothing recurses,
 * and the work is bounded by their number. All functions are pure: any thread may call them any time.
 *
 * Encoding, checking and decoding each have a quicker way for maps that are like earlier ones
 * (known_names.h, known_shape.h, known_layout.h). lib/README.md says what that brings.
 */
#ifndef LIB_METADATA_H
#define LIB_METADATA_H

#include <connstat.h>

/* Encodes fields. Returns bytes written; -EINVAL NULL fields with a count, no name, a name given twice,
 * a text that is NULL or not UTF-8, a slice with a NUL, an unknown type; -EMSGSIZE does not fit. On
 * failure buf holds anything. */
int metadata_encode(const struct connstat_field *fields, size_t count, void *buf, size_t size);

/* Are these bytes such a map? Returns 0, or -EINVAL: they are not. */
int metadata_validate(const void *bytes, size_t size);

/* Decodes in place. Texts point into `bytes` and are terminated there: so size + 1 bytes must be
 * writable, and the map is destroyed. It does not look for a name given twice; metadata_validate did
 * when the bytes were let in, and it does no harm.
 *
 * Returns fields written; -EINVAL no such map; -EMSGSIZE more than max fields. */
int metadata_decode(uint8_t *bytes, size_t size, struct connstat_field *fields, size_t max);

enum { DECODE_SLACK = 32 };

/* Decodes bytes that stay as they are: texts point into scratch, which lies elsewhere. Both must have
 * DECODE_SLACK bytes behind `size`; those of `bytes` may be read, those of `scratch` written, too. */
int metadata_decode_beside(const uint8_t *bytes, size_t size, uint8_t *scratch,
                           struct connstat_field *fields, size_t max);

#endif
