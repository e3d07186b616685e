/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Writing the payload of a slot that was claimed: the stamp, then the metadata in whole words.
 */
#ifndef LIB_FILL_H
#define LIB_FILL_H

#include "os/clock.h"
#include "slots/payload.h"

static inline void fill_payload(struct payload *payload, const uint8_t *bytes, uint32_t size)
{
    slot_begin_payload();
    atomic_store_explicit(&payload->stamp, stamp_make((uint64_t)clock_coarse_ns(), size),
                          memory_order_relaxed);
    payload_store(payload->room, bytes, size);
}

#endif
