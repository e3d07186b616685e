/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Metadata as libcbor's streaming functions read and write it: what our codec is compared with.
 */
#ifndef CONNSTAT_TESTS_FUZZ_ORACLE_H
#define CONNSTAT_TESTS_FUZZ_ORACLE_H

#include <connstat.h>

enum { ORACLE_FIELDS = 512, ORACLE_TEXT = 8192 };

struct oracle {
    struct connstat_field fields[ORACLE_FIELDS];
    size_t count;
    char text[ORACLE_TEXT]; /* what the fields' texts point into */
};

/* Reads a map. False: not one of text to our four types with distinct keys, as metadata.h says. */
bool oracle_read(struct oracle *oracle, const uint8_t *bytes, size_t size);

/* Writes a map, in heads as wide as `width` (any number) makes them where the value allows.
 * Returns bytes, 0 for no room. */
size_t oracle_write(const struct connstat_field *fields, size_t count, unsigned width,
                    uint8_t *bytes, size_t size);

#endif
