/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Bytes for the tests of the metadata codec: with nothing readable behind them, so that a step too
 * far is a fault, and from hexadecimal digits.
 */
#ifndef TESTS_METADATA_BYTES_H
#define TESTS_METADATA_BYTES_H

#include "metadata/metadata.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* `size` bytes, at least 1, that end where a page begins which cannot be read. unguard gives them
 * back. */
uint8_t *guarded(size_t size);
void unguard(uint8_t *bytes, size_t size);

/* What metadata_validate says of a guarded copy of these bytes. */
int validate_guarded(const uint8_t *bytes, size_t size);

/* Writes the bytes that the digits say; returns how many. */
size_t unhex(const char *hex, uint8_t *bytes);

/* Writes the map {"k": VALUE} from the hexadecimal digits of VALUE; returns its size. */
size_t wrap(const char *hex, uint8_t *bytes);

#endif
