/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "entry/own.h"

#include "entry/register.h"
#include "keys/index.h"
#include "os/identity.h"
#include "process/uncancelled.h"

#include <errno.h>

/* Does the record belong to the worker that the seat belongs to: is it the worker's own record, or that
 * of one of its threads? The seat is asked, not the attachment: another thread may have left and joined
 * anew since this seat was taken, and then the attachment names another worker. */
static bool is_ours(const struct seat *seat, uint32_t owner)
{
    const struct record *record = segment_record(seat->attachment->segment, owner);
    uint64_t word = atomic_load_explicit(&record->word, memory_order_acquire);

    if (owner == seat->process_record)
        return word == seat->process_word;
    return record_state(word) == RECORD_ALIVE &&
           record_pid(word) == record_pid(seat->process_word) &&
           (uint32_t)atomic_load_explicit(&record->thread, memory_order_relaxed) ==
               seat->process_record + 1u;
}

/* Does the owner of an entry live no more? So it does not either if it is this process: then it is a record
 * that connstat_leave is just giving up. */
static bool owner_is_gone(const struct segment *s, uint32_t owner)
{
    struct identity identity;
    uint64_t word;

    if (owner >= s->geometry.shape.max_workers)
        return true;
    word = atomic_load_explicit(&segment_record(s, owner)->word, memory_order_acquire);
    if (record_state(word) != RECORD_ALIVE || !record_identity(s, owner, word, &identity))
        return true;
    if (identity_is_self(&identity))
        return true;
    return identity_is_dead(&identity, false);
}

/* This thread's seat, made anew if need be: a thread that never registered may unregister what another
 * thread of its process has registered. NULL: the process is no worker, so it owns no entry, and does not
 * join to find that out. */
static struct seat *seat_if_joined(struct attachment *a)
{
    struct seat *seat = seat_of(a);

    if (seat != NULL || atomic_load_explicit(a->membership, memory_order_acquire) == 0)
        return seat;
    return seat_take(a, &seat) == 0 ? seat : NULL;
}

int entry_search(struct attachment *a, connstat_id id, struct own_entry *entry)
{
    UNCANCELLED;
    const struct segment *s = a->segment;
    struct id_parts parts;
    uint32_t owner;

    if (a->read_only)
        return -EROFS;
    if (!attachment_parse_id(a, id, &parts))
        return -ENOENT;
    entry->seat = seat_if_joined(a);
    entry->word =
        atomic_load_explicit(&segment_words(s, parts.type)[parts.slot], memory_order_relaxed);
    owner = slot_owner(entry->word);
    if (!slot_is_entry(entry->word) || !id_matches(s, &parts, entry->word))
        return -ENOENT;
    if (entry->seat == NULL ||
        (owner != entry->seat->owner &&
         (owner >= s->geometry.shape.max_workers || !is_ours(entry->seat, owner))))
        return owner_is_gone(s, owner) ? -ENOENT : -EPERM;
    entry->type = parts.type;
    entry->slot = parts.slot;
    entry->lane = &entry->seat->lanes[parts.type];
    entry->lane->capacity = segment_capacity(s, parts.type);
    return 0;
}

struct shard_type *entry_shared_counters(const struct own_entry *entry)
{
    const struct segment *s = entry->seat->attachment->segment;
    uint32_t owner = slot_owner(entry->word);

    /* The flag says that the shared shard is used, and is set before anything is counted there. relaxed:
     * whoever learns of the change to this entry, in whatever way, learns of the flag in the same way; a
     * reader that learns of neither is as right as one that came a moment earlier. */
    atomic_fetch_or_explicit(&segment_record(s, owner)->flags, RECORD_SHARED, memory_order_relaxed);
    return &shard_types(segment_shard(s, shard_index_shared(owner)))[entry->type];
}

void entry_give_back(const struct own_entry *entry)
{
    const struct segment *s = entry->seat->attachment->segment;
    uint64_t releasing = slot_become(entry->word, SLOT_RELEASING);

    if (slot_owner(entry->word) == entry->seat->owner) {
        register_give_back(entry->seat, entry->type, entry->slot, releasing);
        return;
    }
    if ((releasing & SLOT_KEYED) && key_index_is_ready(s, entry->type))
        index_remove(s, entry->type, entry->slot);
    slot_free(own_entry_word(entry), entry->lane->taken, entry->slot, releasing);
}
