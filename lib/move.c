/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * An entry becomes one of another type: an HTTP connection that turned into a WebSocket.
 *
 * It takes a slot of the new type and leaves its old one, and one exchange does both: until then the
 * new slot is ARRIVING, which is no entry as long as the old slot says UPDATING; from then on the old
 * slot says CLAIMED, which is no entry, and makes the new one an entry. So, wherever the one who
 * moves it is stopped, it is listed once. It counts as opened in its new type before that, and as
 * closed in its old one after it, so that the totals hold wherever it is killed.
 */
#include "entry/fill.h"
#include "entry/own.h"
#include "entry/register.h"
#include "keys/index.h"
#include "metadata/known_names.h"
#include "metadata/metadata.h"
#include "process/uncancelled.h"
#include "records/shard.h"
#include "slots/moving.h"
#include "worker/handle.h"

#include <errno.h>

struct move {
    connstat_t *cs;
    struct own_entry from, to; /* to.word: as LIVE */
    struct claim claim;
    struct key_hash hash; /* where it has a key */
    uint64_t head;
    uint8_t *metadata; /* room for MAX_METADATA and ENCODE_SLACK */
    uint32_t size;
    bool keeps; /* its metadata */
};

static bool is_keyed(const struct move *move)
{
    return move->from.word & SLOT_KEYED;
}

static void count(const struct own_entry *entry, bool opened)
{
    bool own = slot_owner(entry->word) == entry->seat->owner;
    struct shard_type *counters = own ? entry->lane->counters : entry_shared_counters(entry);

    counter_add(opened ? &counters->opened : &counters->closed, own && entry->seat->sole_writer);
}

/* ---- the new slot --------------------------------------------------------------------------- */

static int prepare_key(struct move *move)
{
    struct attachment *a = move->from.seat->attachment;
    const struct key_slot *old = segment_key_slot(a->segment, move->from.type, move->from.slot);
    struct lane *lane = move->to.lane;
    uint64_t key[2];

    if (!is_keyed(move))
        return 0;
    if (lane->key_slots == NULL) {
        int error = register_reserve_index(a, move->to.type);

        if (error < 0)
            return error;
        lane->key_slots = segment_key_slot(a->segment, move->to.type, 0);
    }
    /* relaxed: as long as the entry lives, nobody changes its key. If it lives no more, the move will fail,
     * whatever was read here. */
    key[0] = atomic_load_explicit(&old->key[0], memory_order_relaxed);
    key[1] = atomic_load_explicit(&old->key[1], memory_order_relaxed);
    index_hash(a->segment, move->to.type, (const uint8_t *)key, &move->hash);
    return 0;
}

/* Claims the new slot for the record that owns the entry, which is not always this thread's record. */
static int claim_slot(struct move *move)
{
    struct seat *seat = move->to.seat;
    uint64_t as =
        slot_word(SLOT_CLAIMED, slot_owner(move->from.word), 0) | (move->from.word & SLOT_KEYED);

    if (slot_owner(move->from.word) == seat->owner)
        move->claim = register_claim(seat, move->to.lane, as);
    else
        (void)claim_find(seat->attachment->segment, move->to.type, as, &move->to.lane->hand,
                         &move->claim);
    if (move->claim.word == 0)
        return -ENOSPC;
    if (!is_keyed(move) && (move->claim.word & SLOT_KEYED))
        move->claim.word = register_without_key(seat, move->to.lane, move->claim);
    move->to.slot = move->claim.slot;
    move->to.word = slot_become(move->claim.word, SLOT_LIVE);
    return 0;
}

static void give_slot_back(const struct move *move)
{
    atomic_store_explicit(own_entry_word(&move->to), slot_become(move->to.word, SLOT_RELEASING),
                          memory_order_release);
    entry_give_back(&move->to);
}

/* Enters the new slot into the index of keys, in the steps of a registration (register_key.c). */
static int enter_key(const struct move *move)
{
    const struct segment *s = move->to.seat->attachment->segment;
    struct key_slot *key_slot = segment_key_slot(s, move->to.type, move->to.slot);
    struct room room;
    uint64_t where;

    if (!is_keyed(move))
        return 0;
    room = index_find_room(s, move->to.type, move->to.slot, &move->hash, index_place(key_slot));
    if (slot_state(move->claim.word) == SLOT_RELEASING)
        index_remove(s, move->to.type, move->to.slot);
    slot_begin_payload();
    index_set_key(key_slot, &move->hash);
    return index_insert(s, move->to.type, move->to.slot, &move->hash, &room, &where);
}

/* ---- moving --------------------------------------------------------------------------------- */

/* Reads the content of the entry, which is UPDATING, so that nobody else changes it. */
static int take_content(struct move *move)
{
    const struct segment *s = move->from.seat->attachment->segment;
    struct content old;

    if (!content_read(s, own_entry_payload(&move->from), &old))
        return -EBUSY;
    move->head = old.head;
    if (move->keeps) {
        move->size = head_length(old.head);
        payload_load(old.metadata, move->size, (uint64_t *)(void *)move->metadata);
    }
    return content_fits(s, old.head | HEAD_MOVED, move->size) ? 0 : -EMSGSIZE;
}

/* Fills the new slot. It becomes an entry at the moment in which the old slot's word says CLAIMED
 * (hand_over). */
static void arrive(const struct move *move)
{
    const struct segment *s = move->to.seat->attachment->segment;
    struct payload *payload = own_entry_payload(&move->to);
    struct origin from = {move->from.type, move->from.slot, move->from.word};

    content_arrive(payload, &from, move->head, move->metadata, move->size);
    payload_touch(payload, (uint64_t)clock_coarse_ns(), move->to.word);
    count(&move->to, true);
    content_number(payload, moving_begin(s));
    /* release: with the acquire of a reader: all of this is written */
    atomic_store_explicit(own_entry_word(&move->to), slot_become(move->to.word, SLOT_UPDATING),
                          memory_order_release);
}

/* Empties both slots: another thread took the entry out before it was handed over. */
static void withdraw(const struct move *move)
{
    uint64_t updating = slot_become(move->to.word, SLOT_UPDATING);

    if (slot_retract(own_entry_word(&move->to), updating, slot_become(updating, SLOT_RELEASING)))
        count(&move->to, false);
    entry_give_back(&move->to);
    entry_give_back(&move->from);
}

static int hand_over(const struct move *move)
{
    _Atomic uint64_t *old = own_entry_word(&move->from);
    uint64_t updating = slot_become(move->from.word, SLOT_UPDATING);

    /* The move itself. acq_rel: release, with the acquire of a reader that comes from the new slot:
     * what it finds there is written; acquire, with the release of who took the entry out. */
    bool moved = slot_retract(old, updating, slot_become(updating, SLOT_CLAIMED));

    if (!moved) {
        withdraw(move);
        return -ENOENT;
    }
    content_settle(own_entry_payload(&move->to));
    (void)entry_end_update(&move->to);
    /* release: with slot_claim's acquire */
    atomic_store_explicit(old, slot_become(updating, SLOT_RELEASING), memory_order_release);
    entry_give_back(&move->from);
    count(&move->from, false);
    return 0;
}

static int move_claimed(struct move *move)
{
    int error = entry_begin_update(&move->from);

    if (error == 0) {
        error = take_content(move);
        if (error == 0)
            error = enter_key(move);
        if (error < 0 && !entry_end_update(&move->from))
            error = -ENOENT;
    }
    if (error < 0) {
        give_slot_back(move);
        return error;
    }
    arrive(move);
    return hand_over(move);
}

/* Inside a section. */
static int move_to(struct move *move, int type, connstat_id *id)
{
    struct seat *seat = move->from.seat;
    int error;

    if ((unsigned)type >= seat->type_count)
        return -EINVAL;
    move->to = (struct own_entry){.seat = seat, .lane = &seat->lanes[type], .type = (uint32_t)type};
    error = prepare_key(move);
    if (error == 0)
        error = claim_slot(move);
    if (error == 0)
        error = move_claimed(move);
    if (error == 0)
        *id = register_id(seat, move->to.lane, &move->claim);
    return error;
}

int connstat_move(connstat_t *cs, connstat_id *id, int type, const struct connstat_field *metadata,
                  size_t count)
{
    UNCANCELLED;
    alignas(16) uint8_t encoded[MAX_METADATA + ENCODE_SLACK];
    struct move move = {.cs = cs, .metadata = encoded, .keeps = metadata == NULL && count == 0};
    struct attachment *a;
    int size = 0, error;

    if (cs == NULL)
        return 0;
    if (id == NULL)
        return -EINVAL;
    if (*id == 0)
        return 0;
    a = handle_enter(cs);
    if (a == NULL)
        return -ENOTCONN;
    error = entry_find(a, *id, &move.from);
    if (error == 0 && !move.keeps)
        size = metadata_encode_alike(&move.from.seat->calls, metadata, count, encoded,
                                     move.from.seat->metadata_bytes);
    if (error == 0)
        error = size;
    move.size = size > 0 ? (uint32_t)size : 0;
    if (error >= 0)
        error = move_to(&move, type, id);
    guard_leave();
    return error;
}
