/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a thread remembers of the fields that it has encoded. A server gives the same names over and
 * over, mostly the same string literals. A name at the same address with the same bytes as before
 * need not be checked again: it is UTF-8, not empty, and differs from the other names of its call.
 * Its encoded bytes are ready to be copied. It saves a registration a fifth of its instructions
 * (bench/README.md).
 *
 * It cannot make an encoding wrong: a name's bytes are compared each time, and where anything
 * differs, metadata_encode does the work.
 */
#ifndef LIB_KNOWN_NAMES_H
#define LIB_KNOWN_NAMES_H

#include <connstat.h>

#include "block.h"
#include "metadata/cbor.h"
#include "metadata/metadata.h"

enum {
    CALLS = 4,
    CALL_FIELDS = 8,
    CALL_NAME = BLOCK - 2, /* the longest name that is learnt: with head and NUL it fills a block */
    ENCODE_SLACK = 288,    /* so many bytes behind the room may be written to, too */
};

struct metadata_name {
    const char *name;
    uint8_t length;      /* of `item`, without its NUL */
    bool spans;          /* the name lies across the border of two aligned blocks of memory */
    uint16_t others[2];  /* a bit for each byte of `wanted` that does not belong to the name */
    uint8_t item[BLOCK]; /* the encoded name: head, name, NUL */
    uint8_t wanted[2 * BLOCK]; /* the aligned blocks in which the name and its NUL lay */
};

struct metadata_call {
    uint32_t count; /* of fields; 0: nothing learnt */
    uint32_t misses;
    struct metadata_name names[CALL_FIELDS];
};

/* What one thread remembers; all zero at first. */
struct metadata_calls {
    struct metadata_call of[CALLS]; /* the address of the first name says which */
};

/* Encodes fields that have the names of `call`. Returns how many bytes it wrote. 0: they have other
 * names, or a field is wrong; metadata_encode finds out which. */
int metadata_encode_as(const struct metadata_call *call, const struct connstat_field *fields,
                       uint8_t *buf, size_t size);

int metadata_encode_and_learn(struct metadata_call *call, const struct connstat_field *fields,
                              size_t count, uint8_t *buf, size_t size);

/* Does what metadata_encode does, and is quicker for known names. buf must have size + ENCODE_SLACK
 * bytes; what lies behind `size` means nothing. */
static inline int metadata_encode_alike(struct metadata_calls *calls,
                                        const struct connstat_field *fields, size_t count,
                                        uint8_t *buf, size_t size)
{
    struct metadata_call *call;
    uintptr_t where;
    int written;

    if (unlikely(fields == NULL || count - 1 >= CALL_FIELDS))
        return metadata_encode(fields, count, buf, size);
    where = (uintptr_t)fields[0].name;
    call = &calls->of[(where ^ where >> 4) % CALLS];
    if (likely(call->count == count)) {
        written = metadata_encode_as(call, fields, buf, size);
        if (likely(written != 0))
            return written;
    }
    return metadata_encode_and_learn(call, fields, count, buf, size);
}

#endif
