/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a thread remembers of fields that it encoded: a server gives the same names, mostly the same
 * literals, over and over. A name that stands where it stood, and reads as it read, is UTF-8, not
 * empty and unlike its neighbours still; its bytes are ready to be copied.
 *
 * Never wrong: a name is read anew each time, and what is not alike goes through metadata_encode.
 */
#ifndef CONNSTAT_SHM_METADATA_CALL_H
#define CONNSTAT_SHM_METADATA_CALL_H

#include <connstat.h>

#include "block.h"
#include "metadata/cbor.h"
#include "metadata/metadata.h"

enum {
    CALLS = 4,
    CALL_FIELDS = 8,
    CALL_NAME = BLOCK - 2, /* bytes of a name: with its head and a NUL it is a block */
    ENCODE_SLACK = 288,    /* bytes behind the room that may be written, too */
};

struct metadata_name {
    const char *name;
    uint8_t length;            /* of item, without its NUL */
    bool spans;                /* two blocks */
    uint16_t others[2];        /* a bit for each byte of wanted that is not the name's */
    uint8_t item[BLOCK];       /* head, name, NUL */
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

/* Returns bytes; 0: the fields are not alike, or it is for metadata_encode to say what is wrong. */
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

    if (unlikely(!fields || count - 1 >= CALL_FIELDS))
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
