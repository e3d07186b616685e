/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "slots/payload.h"

bool content_read(const struct segment *s, const struct payload *payload, struct content *content)
{
    uint32_t room = s->geometry.payload_bytes - (uint32_t)sizeof(struct payload);
    /* relaxed, as all here: who holds the slot has acquired what was written to it */
    uint64_t stamp = atomic_load_explicit(&payload->stamp, memory_order_relaxed);
    uint32_t before;

    if (stamp_length(stamp) <= s->geometry.shape.metadata_bytes) {
        *content = (struct content){.head = stamp, .metadata = payload->room};
        return true;
    }
    if (stamp_length(stamp) != STAMP_UPDATED || room < 8)
        return false;
    content->version = stamp >> 16;
    content->head = atomic_load_explicit(&payload->room[0], memory_order_relaxed);
    before = content_before(content->head);
    if (room < 8 * before || head_length(content->head) > room - 8 * before)
        return false;
    content->moved =
        before == 2 ? atomic_load_explicit(&payload->room[1], memory_order_relaxed) : 0;
    content->metadata = payload->room + before;
    return true;
}

/* Copies an entry's content into the spare. Returns the number of this use of the spare. */
static uint32_t save(struct spare *spare, const struct content *content)
{
    uint32_t words = (head_length(content->head) + 7) / 8;
    uint64_t use = atomic_load_explicit(&spare->sequence, memory_order_relaxed) + 1;

    atomic_store_explicit(&spare->sequence, use, memory_order_relaxed);
    /* Partner: the acquire fence of a reader between its copy of this spare and its second look at
     * the sequence. Weaker, it could take this content for that of an earlier use. */
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&spare->head, content->head, memory_order_relaxed);
    atomic_store_explicit(&spare->moved, content->moved, memory_order_relaxed);
    atomic_store_explicit(&spare->version, content->version, memory_order_relaxed);
    for (uint32_t i = 0; i < words; i++)
        atomic_store_explicit(&spare->metadata[i],
                              atomic_load_explicit(&content->metadata[i], memory_order_relaxed),
                              memory_order_relaxed);
    return (uint32_t)use;
}

static void write_room(struct payload *payload, uint64_t head, uint64_t moved,
                       const uint8_t *metadata, uint32_t size)
{
    head = head_make(head, size);
    atomic_store_explicit(&payload->room[0], head, memory_order_relaxed);
    if (head & HEAD_MOVED)
        atomic_store_explicit(&payload->room[1], moved, memory_order_relaxed);
    payload_store(payload->room + content_before(head), metadata, size);
}

void content_replace(const struct segment *s, struct payload *payload, const struct content *old,
                     uint32_t spare, const uint8_t *metadata, uint32_t size)
{
    uint32_t use = save(segment_spare(s, spare), old);

    /* release: with the acquire of a reader: the spare is whole. Weaker, it could read one that is
     * not. */
    atomic_store_explicit(&payload->stamp, stamp_copied(spare, use), memory_order_release);
    /* Partner: the acquire fence of a reader between its copy of the room and its second look at
     * the stamp. Weaker, it could take parts of the new content for the old. */
    atomic_thread_fence(memory_order_release);
    write_room(payload, old->head, old->moved, metadata, size);
    /* release: with the acquire of a reader: the room is whole */
    atomic_store_explicit(&payload->stamp, (old->version + 1) << 16 | STAMP_UPDATED,
                          memory_order_release);
}

/* Copies what a spare holds back into the room, and makes the stamp say so. A reader that came to the room
 * by an earlier stamp finds that the stamp has changed, and looks again. A reader that came to the spare
 * still finds the content there. */
static void write_back(const struct segment *s, struct payload *payload, const struct spare *spare)
{
    uint64_t head = atomic_load_explicit(&spare->head, memory_order_relaxed);
    uint64_t version = atomic_load_explicit(&spare->version, memory_order_relaxed) + 1;
    uint64_t stamp = version << 16 | STAMP_UPDATED;
    uint32_t words = (head_length(head) + 7) / 8, before = content_before(head);

    if (!content_fits(s, head, head_length(head))) {
        /* The room has no space for a head in front of this metadata, so the content goes back in the
         * form in which it was registered: a stamp of time and length, and no head. The stamp that it
         * had then must not come back: a reader that began under it would not notice that the room
         * held something else meanwhile. So the new stamp says a millisecond later. */
        before = 0;
        stamp = head + (UINT64_C(1) << 16);
    } else {
        atomic_store_explicit(&payload->room[0], head, memory_order_relaxed);
        if (before == 2)
            atomic_store_explicit(&payload->room[1],
                                  atomic_load_explicit(&spare->moved, memory_order_relaxed),
                                  memory_order_relaxed);
    }
    for (uint32_t i = 0; i < words; i++)
        atomic_store_explicit(&payload->room[before + i],
                              atomic_load_explicit(&spare->metadata[i], memory_order_relaxed),
                              memory_order_relaxed);
    /* release: with the acquire of a reader: the room is whole */
    atomic_store_explicit(&payload->stamp, stamp, memory_order_release);
}

bool content_restore(const struct segment *s, struct payload *payload)
{
    uint64_t stamp = atomic_load_explicit(&payload->stamp, memory_order_relaxed);
    uint32_t index = stamp_spare(stamp);
    const struct spare *spare;
    uint64_t head;

    if (stamp_length(stamp) != STAMP_COPIED)
        return stamp_length(stamp) <= s->geometry.shape.metadata_bytes ||
               stamp_length(stamp) == STAMP_UPDATED;
    if (index >= s->geometry.shard_count)
        return false;
    spare = segment_spare(s, index);
    head = atomic_load_explicit(&spare->head, memory_order_relaxed);
    if ((uint32_t)atomic_load_explicit(&spare->sequence, memory_order_relaxed) !=
            stamp_use(stamp) ||
        !(head & HEAD_MOVED ? content_fits(s, head, head_length(head))
                            : head_length(head) <= s->geometry.shape.metadata_bytes))
        return false;
    write_back(s, payload, spare);
    return true;
}

bool content_has_arrived(const struct segment *s, uint64_t stamp, uint32_t owner)
{
    uint32_t type = stamp_from_type(stamp), slot = stamp_from_slot(stamp);
    uint64_t from;

    /* The old slot is one that this process does not know. So it was taken after the caller's look had
     * begun, and the entry did not live during all of that look. */
    if (type >= s->geometry.shape.type_count || slot >= segment_capacity(s, type))
        return false;
    /* acquire: with the release of the exchange that made it CLAIMED */
    from = atomic_load_explicit(&segment_words(s, type)[slot], memory_order_acquire);
    return slot_state(from) == SLOT_CLAIMED && slot_owner(from) == owner &&
           (slot_generation(from) & STAMP_GENERATION) == stamp_from_generation(stamp);
}

void content_arrive(struct payload *payload, const struct origin *from, uint64_t head,
                    const uint8_t *metadata, uint32_t size)
{
    slot_begin_payload();
    atomic_store_explicit(&payload->stamp,
                          stamp_arriving(from->type, from->slot, slot_generation(from->word)),
                          memory_order_relaxed);
    write_room(payload, head | HEAD_MOVED, 0, metadata, size);
}
