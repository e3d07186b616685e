/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a slot holds, and how the content of a living entry is replaced.
 *
 * As registered, the stamp is time and length, and the room holds the metadata. The content of an
 * entry that was updated or moved stands behind a head in the room, and the stamp says so:
 *
 *   stamp                       content
 *   time 48 | length 16         the metadata, at the begin of the room
 *   version 48 | UPDATED        room: head, then moved if the head says so, then the metadata
 *   spare 16, use 32 | COPIED   in that spare: head, moved, metadata; the room is being written
 *   type 6, slot 24, generation 18 | ARRIVING
 *                               as UPDATED; an entry once the slot that it moves from says CLAIMED
 *
 * head: time of the registration 48, moved 1, length 15. moved: the number of the move. The forms are lengths that no metadata has, so who reads an entry that was never
 * updated pays nothing for them but a second look at the stamp.
 *
 * Guarantees
 *   - A reader takes the old content or the new, whole, also while the one who updates is stopped,
 *     or after it was killed, at any instruction. Each look that fails means that another update
 *     has been completed.
 *   - Nobody waits: who updates holds the slot's word UPDATING; a second one is refused.
 * Who may call
 *   - content_read, content_replace, content_arrive: who holds the slot UPDATING, or CLAIMED.
 *   - payload_touch: any thread of the owner, any time; one that comes too late is ignored, since
 *     it names another generation.
 */
#ifndef SHM_PAYLOAD_H
#define SHM_PAYLOAD_H

#include "slots/slot.h"

#include <string.h>

#define STAMP_SHIFT 20 /* time in units of 2^20 ns, about a millisecond */

enum stamp_form { STAMP_UPDATED = 0x8000, STAMP_COPIED = 0x8001, STAMP_ARRIVING = 0x8002 };
static_assert((unsigned)STAMP_UPDATED > MAX_METADATA, "no length is a form");
#define STAMP_GENERATION UINT64_C(0x3ffff) /* so much of a generation has room in a stamp */

static inline uint64_t stamp_make(uint64_t now_ns, uint32_t length)
{
    return now_ns >> STAMP_SHIFT << 16 | length;
}

static inline int64_t stamp_time_ns(uint64_t stamp)
{
    return (int64_t)(stamp >> 16 << STAMP_SHIFT);
}

static inline uint32_t stamp_length(uint64_t stamp)
{
    return (uint32_t)(stamp & 0xffff);
}

/* ---- the last activity ---------------------------------------------------------------------- */

static inline void payload_touch(struct payload *payload, uint64_t now_ns, uint64_t word)
{
    /* relaxed: a time for itself. A store that comes late names a generation that has gone. */
    atomic_store_explicit(&payload->active,
                          stamp_make(now_ns, (uint32_t)slot_generation(word) & 0xffff),
                          memory_order_relaxed);
}

/* Was the entry that has this generation touched? */
static inline bool payload_was_touched(const struct payload *payload, uint64_t generation)
{
    return (uint16_t)atomic_load_explicit(&payload->active, memory_order_relaxed) ==
           (uint16_t)generation;
}

/* When; it may be earlier than the registration, if the clock was set back. */
static inline int64_t payload_active_ns(const struct payload *payload)
{
    return stamp_time_ns(atomic_load_explicit(&payload->active, memory_order_relaxed));
}

/* ---- metadata in words ---------------------------------------------------------------------- */

static inline uint64_t payload_word(const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, 8);
    return word;
}

/* The last size % 8 bytes, the rest of the word 0. Nothing outside of bytes is read. */
static inline uint64_t payload_tail(const uint8_t *bytes, uint32_t size)
{
    uint64_t word = 0;

    if (likely(size >= 8))
        return payload_word(bytes + size - 8) >> (64 - 8 * (size % 8));
    for (uint32_t i = 0; i < size; i++)
        word |= (uint64_t)bytes[i] << 8 * i;
    return word;
}

static inline void payload_store(_Atomic uint64_t *to, const uint8_t *bytes, uint32_t size)
{
    const uint8_t *from = bytes;

    for (uint32_t pairs = size / 16; pairs != 0; pairs--, from += 16, to += 2) {
        atomic_store_explicit(&to[0], payload_word(from), memory_order_relaxed);
        atomic_store_explicit(&to[1], payload_word(from + 8), memory_order_relaxed);
    }
    if (size & 8)
        atomic_store_explicit(to++, payload_word(from), memory_order_relaxed);
    if (size & 7)
        atomic_store_explicit(to, payload_tail(bytes, size), memory_order_relaxed);
}

/* Two words at a time into to, which has room for them; one word behind from may be read. */
static inline void payload_load(const _Atomic uint64_t *from, uint32_t size, uint64_t *to)
{
    for (const uint64_t *end = to + (size + 7) / 8; to < end; to += 2, from += 2) {
        to[0] = atomic_load_explicit(&from[0], memory_order_relaxed);
        to[1] = atomic_load_explicit(&from[1], memory_order_relaxed);
    }
}

/* ---- content -------------------------------------------------------------------------------- */

#define HEAD_MOVED  UINT64_C(0x8000)
#define HEAD_LENGTH UINT64_C(0x7fff)

static inline uint32_t head_length(uint64_t head)
{
    return (uint32_t)(head & HEAD_LENGTH);
}

static inline uint64_t head_make(uint64_t head, uint32_t length)
{
    return (head & ~HEAD_LENGTH) | length;
}

/* What a stamp says above its form: of one that is COPIED, which spare and which use of it; of one that
 * is ARRIVING, which slot the entry comes from. */

static inline uint64_t stamp_copied(uint32_t spare, uint32_t use)
{
    return (uint64_t)spare << 48 | (uint64_t)use << 16 | STAMP_COPIED;
}

static inline uint64_t stamp_arriving(uint32_t type, uint32_t slot, uint64_t generation)
{
    return (uint64_t)type << 58 | (uint64_t)slot << 34 | (generation & STAMP_GENERATION) << 16 |
           STAMP_ARRIVING;
}

static inline uint32_t stamp_spare(uint64_t stamp)
{
    return (uint32_t)(stamp >> 48);
}

static inline uint32_t stamp_use(uint64_t stamp)
{
    return (uint32_t)(stamp >> 16);
}

static inline uint32_t stamp_from_type(uint64_t stamp)
{
    return (uint32_t)(stamp >> 58);
}

static inline uint32_t stamp_from_slot(uint64_t stamp)
{
    return (uint32_t)(stamp >> 34) & (MAX_CAPACITY - 1);
}

static inline uint64_t stamp_from_generation(uint64_t stamp)
{
    return stamp >> 16 & STAMP_GENERATION;
}

/* Words of the room that stand before the metadata of an entry that was updated. */
static inline uint32_t content_before(uint64_t head)
{
    return head & HEAD_MOVED ? 2 : 1;
}

/* What an entry holds, and where. */
struct content {
    uint64_t head, moved;
    uint64_t version; /* 0: never updated */
    const _Atomic uint64_t *metadata;
};

/* Finds the content of a slot. False: the slot is damaged. */
bool content_read(const struct segment *s, const struct payload *payload, struct content *content);

/* Bytes of metadata for which there is room in an updated entry. */
static inline uint32_t content_room(const struct segment *s, uint64_t head)
{
    uint32_t bytes = s->geometry.payload_bytes - (uint32_t)sizeof(struct payload);
    uint32_t before = 8 * content_before(head);

    bytes = bytes > before ? bytes - before : 0;
    return bytes < s->geometry.shape.metadata_bytes ? bytes : s->geometry.shape.metadata_bytes;
}

/* Is there room for so much, and for what stands before it? Where the room is 8 bytes, no entry can move,
 * not even one without metadata. */
static inline bool content_fits(const struct segment *s, uint64_t head, uint32_t size)
{
    return size <= s->geometry.shape.metadata_bytes &&
           8 * content_before(head) + size <= s->geometry.payload_bytes - sizeof(struct payload);
}

/* Puts new metadata in place of old, which content_read found. size: one that fits. spare: the number
 * of a spare that the caller alone may use now. */
void content_replace(const struct segment *s, struct payload *payload, const struct content *old,
                     uint32_t spare, const uint8_t *metadata, uint32_t size);

/* Fills the new slot of an entry that moves; that slot is CLAIMED. from: the entry's old slot. */
struct origin {
    uint32_t type, slot;
    uint64_t word;
};
void content_arrive(struct payload *payload, const struct origin *from, uint64_t head,
                    const uint8_t *metadata, uint32_t size);

/* Has an entry of owner that moves arrived? Its new slot's stamp names its old slot; it has arrived if the
 * old slot's word says that it has left. */
bool content_has_arrived(const struct segment *s, uint64_t stamp, uint32_t owner);

/* Undoes what a thread was writing into a slot that is UPDATING. Called when that thread is gone for good
 * and the slot's owner lives on (after an execve). If it is cut off in the middle, it may be done
 * again. False: the slot is damaged. */
bool content_restore(const struct segment *s, struct payload *payload);

/* Writes the number of the move into an entry's new slot. */
static inline void content_number(struct payload *payload, uint64_t number)
{
    atomic_store_explicit(&payload->room[1], number, memory_order_relaxed);
}

/* Makes the stamp of an entry that has arrived say UPDATED instead of ARRIVING. */
static inline void content_settle(struct payload *payload)
{
    /* release: with the acquire of a reader: the room is written */
    atomic_store_explicit(&payload->stamp, STAMP_UPDATED, memory_order_release);
}

#endif
