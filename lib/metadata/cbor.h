/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The part of CBOR (RFC 8949) that metadata is made of.
 */
#ifndef LIB_CBOR_H
#define LIB_CBOR_H

#include "compiler.h"

#include <stdint.h>

enum { /* initial bytes: major type in the upper three bits */
       CBOR_UNSIGNED = 0x00,
       CBOR_NEGATIVE = 0x20,
       CBOR_TEXT = 0x60,
       CBOR_MAP = 0xA0,
       CBOR_FALSE = 0xF4,
       CBOR_TRUE = 0xF5,
       CBOR_HALF = 0xF9,
       CBOR_SINGLE = 0xFA,
       CBOR_DOUBLE = 0xFB,
};

/* The lower five bits of an initial byte, its info. Below CBOR_INLINE the info itself is the argument (a
 * text's length, an integer's value); CBOR_INLINE to CBOR_INLINE + 3 say that the argument stands in the
 * 1, 2, 4 or 8 bytes behind it. */
enum { CBOR_MAJOR = 0xE0, CBOR_INFO = 0x1F, CBOR_INLINE = 24 };

/* By the initial byte of an item: how many bytes it has. 0: its length or its value has to be looked
 * at first (texts, integers of 64 bits), or no item of metadata begins so. */
extern const uint8_t metadata_item_bytes[256];

#endif
