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
    CALL_NAME = BLOCK - 2, /* most bytes of a name: with its head and a NUL it fills a block */
    ENCODE_SLACK = 288,    /* so many bytes behind the room may be written over, too */
};

struct metadata_name {
    const char *name;
    uint8_t length;      /* of item, without its NUL */
    bool spans;          /* the name lies in two blocks of memory */
    uint16_t others[2];  /* a bit for each byte of wanted that is not the name's: any will do */
    uint8_t item[BLOCK]; /* head, name, NUL */
    uint8_t wanted[2 * BLOCK]; /* the blocks in which the name and its NUL are */
};

struct metadata_call {
    uint32_t count; /* of fields; 0: nothing learnt */
    uint32_t misses;
    struct metadata_name names[CALL_FIELDS];
};

/* A thread's; all zero at first. */
struct metadata_calls {
    struct metadata_call of[CALLS]; /* by where the first name is */
};

/* Encode fields whose names are those of call. Returns bytes written; 0: they are others, or
 * something is wrong, which metadata_encode will say. */
int metadata_encode_as(const struct metadata_call *call, const struct connstat_field *fields,
                       uint8_t *buf, size_t size);

int metadata_encode_and_learn(struct metadata_call *call, const struct connstat_field *fields,
                              size_t count, uint8_t *buf, size_t size);

/* As metadata_encode, but buf has size + ENCODE_SLACK bytes; only size of them count. */
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
