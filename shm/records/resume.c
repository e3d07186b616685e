/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "records/resume.h"

#include "records/record.h"
#include "records/shard.h"
#include "records/sweep.h"
#include "records/tally.h"
#include "slots/payload.h"

struct resumption {
    struct broom broom; /* for its own slots that are no entries */
    uint64_t live[MAX_TYPES];
};

/* ---- slots ---------------------------------------------------------------------------------- */

/* Completes or undoes what a thread was writing into an UPDATING slot. True: the slot holds an entry now,
 * whose content is whole. */
static bool settle_content(const struct segment *s, struct payload *payload, uint32_t owner)
{
    uint64_t stamp = atomic_load_explicit(&payload->stamp, memory_order_relaxed);

    if (stamp_length(stamp) != STAMP_ARRIVING)
        return content_restore(s, payload);
    if (!content_has_arrived(s, stamp, owner))
        return false;
    content_settle(payload);
    return true;
}

/* Settles a slot that is UPDATING. This is done for all slots before settle_slot empties any: whether an
 * entry has arrived in its new type is told by the slot that it left, so that slot must still stand. */
static void settle_entry(const struct segment *s, uint32_t type, uint32_t slot, void *arg)
{
    struct resumption *resumption = arg;
    _Atomic uint64_t *word = &segment_words(s, type)[slot];
    uint64_t seen = atomic_load_explicit(word, memory_order_relaxed);

    if (slot_state(seen) != SLOT_UPDATING || slot_owner(seen) != resumption->broom.record)
        return;
    if (settle_content(s, segment_payload(s, type, slot), resumption->broom.record))
        (void)slot_end_update(word, slot_become(seen, SLOT_LIVE));
    else
        sweep_slot(s, type, slot, &resumption->broom);
}

static void settle_slot(const struct segment *s, uint32_t type, uint32_t slot, void *arg)
{
    struct resumption *resumption = arg;
    uint64_t seen = atomic_load_explicit(&segment_words(s, type)[slot], memory_order_relaxed);

    if (slot_owner(seen) != resumption->broom.record || slot_state(seen) == SLOT_FREE ||
        slot_state(seen) == SLOT_PARKED)
        return;
    if (slot_state(seen) == SLOT_LIVE)
        resumption->live[type]++;
    else
        sweep_slot(s, type, slot, &resumption->broom);
}

/* ---- counters and spares -------------------------------------------------------------------- */

/* Makes the counters say what lives. If they say too much, because something was counted as opened and
 * never became an entry, or was taken out and not yet counted as closed, the difference is counted as
 * closed. If they say too little, it is counted as opened. */
static void settle_counters(const struct segment *s, const struct resumption *resumption)
{
    uint32_t record = resumption->broom.record;
    struct shard_type *types = shard_types(segment_shard(s, shard_index_shared(record)));
    struct worker_tally tally;

    tally_record(s, record, &tally);
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++) {
        int64_t over = tally.live[t] - (int64_t)resumption->live[t];

        if (over == 0)
            continue;
        /* relaxed: as in entry_shared_counters (lib/entry/own.c) */
        atomic_fetch_or_explicit(&segment_record(s, record)->flags, RECORD_SHARED,
                                 memory_order_relaxed);
        /* release, either: with the acquires of shard_read, as all counting */
        if (over > 0)
            atomic_fetch_add_explicit(&types[t].closed, (uint64_t)over, memory_order_release);
        else
            atomic_fetch_add_explicit(&types[t].opened, (uint64_t)-over, memory_order_release);
    }
}

static void give_spares(const struct segment *s, uint32_t record, uint64_t word)
{
    for (uint32_t i = 0; i < s->geometry.record_count; i++) {
        uint64_t held = spare_holder(record, record_incarnation(word));

        /* release: with the acquire of who takes it next: it is read by nobody any more */
        (void)atomic_compare_exchange_strong_explicit(
            &segment_spare(s, shard_index_shared(i))->holder, &held, 0, memory_order_release,
            memory_order_relaxed);
    }
}

void resume_record(const struct segment *s, uint32_t record, uint64_t word)
{
    struct resumption resumption = {.broom = {.record = record, .me = record, .word = word}};

    sweep_for_each(s, record, settle_entry, &resumption);
    sweep_for_each(s, record, settle_slot, &resumption);
    settle_counters(s, &resumption);
    give_spares(s, record, word);
}
