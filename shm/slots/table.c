/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "slots/table.h"

#include "slots/moving.h"

struct table table_of(const struct segment *s, const struct hidden *hidden, uint32_t type)
{
    return (struct table){
        .segment = s,
        .hidden = hidden,
        .words = segment_words(s, type),
        .payloads = (uint8_t *)segment_payload(s, type, 0),
        .records = segment_record(s, 0),
        .type = type,
        .capacity = segment_capacity(s, type),
        .payload_bytes = s->geometry.payload_bytes,
        .metadata_bytes = s->geometry.shape.metadata_bytes,
        .max_workers = s->geometry.shape.max_workers,
        .moves = UINT64_MAX,
    };
}

bool table_copy_key(const struct table *t, uint32_t slot, uint64_t copied[2])
{
    const struct key_slot *key = segment_key_slot(t->segment, t->type, slot);

    /* A keyed word without an index is damage; the memory may not be there. */
    if (!key_index_is_ready(t->segment, t->type))
        return false;
    copied[0] = atomic_load_explicit(&key->key[0], memory_order_relaxed);
    copied[1] = atomic_load_explicit(&key->key[1], memory_order_relaxed);
    return true;
}

/* ---- entries that are updated --------------------------------------------------------------- */

/* Where one look finds an entry's content, and what must be the same when it has been copied. */
struct place {
    const _Atomic uint64_t *metadata;
    uint64_t head, moved;
    uint32_t room;                  /* bytes for metadata there */
    const _Atomic uint64_t *unless; /* if this word is no longer `was`, the content has changed */
    uint64_t was;
};

static bool find_in_room(const struct table *t, const struct payload *payload, struct place *place)
{
    uint32_t room = t->payload_bytes - (uint32_t)sizeof(struct payload);
    uint32_t before;

    if (room < 8)
        return false;
    place->head = atomic_load_explicit(&payload->room[0], memory_order_relaxed);
    before = content_before(place->head);
    if (8 * before > room)
        return false;
    if (before == 2)
        place->moved = atomic_load_explicit(&payload->room[1], memory_order_relaxed);
    place->metadata = payload->room + before;
    place->room = room - 8 * before;
    return true;
}

static bool find_in_spare(const struct table *t, uint64_t stamp, struct place *place)
{
    uint32_t index = stamp_spare(stamp);
    const struct spare *spare;

    if (index >= t->segment->geometry.shard_count)
        return false;
    spare = segment_spare(t->segment, index);
    place->was = atomic_load_explicit(&spare->sequence, memory_order_relaxed);
    place->head = atomic_load_explicit(&spare->head, memory_order_relaxed);
    if (place->head & HEAD_MOVED)
        place->moved = atomic_load_explicit(&spare->moved, memory_order_relaxed);
    place->metadata = spare->metadata;
    place->room = t->metadata_bytes;
    place->unless = &spare->sequence;
    /* The spare has been used again since the stamp was written. That counts as a change during the
     * look: `was` becomes a value that the sequence does not have. */
    if ((uint32_t)place->was != stamp_use(stamp))
        place->was = ~place->was;
    return true;
}

static bool find_content(const struct table *t, const struct payload *payload, uint64_t seen,
                         struct place *place)
{
    /* acquire: with the release of content_replace: what the stamp leads to is written */
    uint64_t stamp = atomic_load_explicit(&payload->stamp, memory_order_acquire);

    *place = (struct place){.unless = &payload->stamp, .was = stamp};
    switch (stamp_length(stamp)) {
    case STAMP_UPDATED:
        return find_in_room(t, payload, place);
    case STAMP_COPIED:
        return find_in_spare(t, stamp, place);
    case STAMP_ARRIVING:
        return content_has_arrived(t->segment, stamp, slot_owner(seen)) &&
               find_in_room(t, payload, place);
    default:
        *place = (struct place){.metadata = payload->room,
                                .head = stamp,
                                .room = t->metadata_bytes,
                                .unless = place->unless,
                                .was = place->was};
        return true;
    }
}

static enum read_result look_closely(const struct table *t, uint32_t slot, struct copy *copy,
                                     uint64_t *metadata)
{
    const struct payload *payload = table_payload(t, slot);
    _Atomic uint64_t *word = &t->words[slot];
    /* acquire: as in table_look */
    uint64_t seen = atomic_load_explicit(word, memory_order_acquire);
    bool found, whole, visible;
    struct place place;

    copy->payload = payload;
    copy->word = slot_become(seen, SLOT_LIVE);
    if (!slot_is_entry(seen) || slot_owner(seen) >= t->max_workers)
        return READ_NONE;
    found = find_content(t, payload, seen, &place);
    whole = found && head_length(place.head) <= place.room &&
            head_length(place.head) <= t->metadata_bytes;
    copy->stamp = place.head;
    copy->length = whole ? head_length(place.head) : 0;
    payload_load(place.metadata, copy->length, metadata);
    if (seen & SLOT_KEYED)
        whole &= table_copy_key(t, slot, copy->key);
    /* Partners: the release fences of save, content_replace and slot_begin_payload. */
    atomic_thread_fence(memory_order_acquire);
    visible = record_visible(t->segment, t->hidden, slot_owner(seen), &copy->record);
    /* This is compared also where no content was found. An entry that was ARRIVING may have arrived
     * before we looked at its old slot, and that slot may have been given to another entry by then; so
     * content_has_arrived said no. */
    if (slot_is_other(atomic_load_explicit(word, memory_order_relaxed), seen) ||
        atomic_load_explicit(place.unless, memory_order_relaxed) != place.was)
        return READ_CHANGED;
    if (place.moved > t->moves || arrivals_have(t->arrivals, t->type, slot, seen))
        return READ_NONE;
    return whole && visible ? READ_ENTRY : READ_NONE;
}

#define HANDS 5      /* looks at a slot that changes hands each time */
#define LOOKS 100000 /* looks at an entry that is updated each time: some milliseconds of them */

bool table_read_closely(const struct table *t, uint32_t slot, struct copy *copy, uint64_t *metadata)
{
    uint32_t hands = 0;
    uint64_t last = 0;

    for (uint32_t looks = 0; looks < LOOKS && hands < HANDS; looks++) {
        enum read_result result = look_closely(t, slot, copy, metadata);

        if (result != READ_CHANGED)
            return result == READ_ENTRY;
        hands += slot_is_other(copy->word, last);
        last = copy->word;
    }
    return false;
}
