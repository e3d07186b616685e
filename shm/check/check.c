/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "check/check.h"

#include "growth.h"
#include "keys/index.h"
#include "records/record.h"
#include "records/shard.h"
#include "records/tally.h"
#include "slots/slot.h"
#include "slots/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void check_report(struct check *check, const char *format, ...)
{
    char message[256];
    va_list arguments;

    check->violations++;
    if (check->report == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    check->report(message, check->arg);
}

/* ---- slots ---------------------------------------------------------------------------------- */

/* Says in words what is wrong with a slot that has this word; NULL if nothing is. */
static const char *fault_of(const struct segment *s, uint32_t type, uint32_t slot, uint64_t word)
{
    uint64_t taken = atomic_load_explicit(&segment_taken(s, type)[slot / 64], memory_order_relaxed);
    bool marked = taken >> slot % 64 & 1;
    uint32_t owner = slot_owner(word), chunk = slot / CHUNK_SLOTS;
    enum slot_state state = slot_state(word);

    if (state == SLOT_FREE)
        return marked ? "is free, but marked taken: it is lost" : NULL;
    if (owner >= s->geometry.record_count)
        return "is owned by no valid record";
    if (!marked && (slot_is_entry(word) || state == SLOT_PARKED))
        return "is in use, but not marked taken";
    if (!(atomic_load_explicit(&segment_touched(s, owner, type)[chunk / 64],
                               memory_order_relaxed) >>
              chunk % 64 &
          1))
        return "is not in what its owner touched: no sweep would find it";
    if (record_state(atomic_load_explicit(&segment_record(s, owner)->word, memory_order_relaxed)) ==
        RECORD_FREE)
        return "is owned by a record that is free: it is lost";
    return NULL;
}

static const char *fault_of_entry(const struct table *t, uint32_t slot, uint64_t *buffer,
                                  const struct check *check)
{
    uint64_t key[2];
    struct copy copy = {.key = key};
    uint32_t length =
        stamp_length(atomic_load_explicit(&table_payload(t, slot)->stamp, memory_order_relaxed));

    if (length > t->metadata_bytes && (length < STAMP_UPDATED || length > STAMP_ARRIVING))
        return "has metadata longer than its room";
    if (table_read(t, slot, &copy, buffer) && check->validate(buffer, copy.length) < 0)
        return "has metadata that is no map";
    return NULL;
}

static void check_slot(const struct table *t, uint32_t slot, uint64_t *buffer, struct check *check)
{
    const struct segment *s = t->segment;
    _Atomic uint64_t *word = &t->words[slot];

    for (int round = 0; round < 8; round++) {
        /* acquire, with the release of who stored the word: its bits in the taken and the touched map
         * were set before. Weaker, a good slot could be seen without them, and be reported. */
        uint64_t seen = atomic_load_explicit(word, memory_order_acquire);
        const char *fault = fault_of(s, t->type, slot, seen);

        if (fault == NULL && slot_is_entry(seen))
            fault = fault_of_entry(t, slot, buffer, check);
        if (fault == NULL)
            return;
        if (slot_unchanged(word, seen)) {
            check_report(check, "%s slot %u %s (word %#llx)", s->geometry.shape.types[t->type].name,
                         slot, fault, (unsigned long long)seen);
            return;
        }
    }
}

int check_slots(const struct segment *s, struct check *check)
{
    uint64_t *buffer = malloc(s->geometry.shape.metadata_bytes + 16);

    if (buffer == NULL)
        return -ENOMEM;
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++) {
        uint32_t capacity = segment_capacity(s, t), maximum = s->geometry.types[t].maximum;
        uint32_t last = s->geometry.types[t].map_words - 1;
        struct table table = table_of(s, NULL, t);

        for (uint32_t slot = 0; slot < capacity; slot++)
            check_slot(&table, slot, buffer, check);
        if (maximum % 64 != 0 &&
            atomic_load_explicit(&segment_taken(s, t)[last], memory_order_relaxed) >> maximum % 64)
            check_report(check, "%s: the taken map has slots beyond the last",
                         s->geometry.shape.types[t].name);
    }
    free(buffer);
    return 0;
}

/* ---- growth --------------------------------------------------------------------------------- */

/* Lines are written in order, each only where there is none: before one that is written there is none
 * that is not. From the last to the first, because others may write lines meanwhile. */
void check_growth_log(const struct segment *s, struct check *check)
{
    bool written = false;

    for (uint32_t i = growth_lines(&s->geometry); i-- > 0;) {
        /* acquire, with the exchange in append (lib/file/mapping.c): who wrote a line had seen the one
         * before it. Weaker, the later one could be seen without it, and be reported. */
        uint64_t word = atomic_load_explicit(&segment_growth_log(s)[i], memory_order_acquire);

        if (word == 0 && written) {
            check_report(check, "the growth log has a line behind its end");
            return;
        }
        written |= word != 0;
    }
}

/* ---- records -------------------------------------------------------------------------------- */

static bool is_in_live_map(const struct segment *s, uint32_t index)
{
    return live_members(s, index / 32) >> index % 32 & 1;
}

void check_records(const struct segment *s, struct check *check)
{
    for (uint32_t i = 0; i < s->geometry.record_count; i++) {
        _Atomic uint64_t *record = &segment_record(s, i)->word;
        uint64_t word = atomic_load_explicit(record, memory_order_acquire);

        if (record_state(word) > RECORD_BURIED)
            check_report(check, "record %u has no valid state (word %#llx)", i,
                         (unsigned long long)word);
        else if (record_state(word) == RECORD_ALIVE && i < s->geometry.shape.max_workers &&
                 !is_in_live_map(s, i) && slot_unchanged(record, word))
            check_report(check, "worker %u lives, but is not counted", record_pid(word));
    }
    for (uint32_t n = 0; n < EXTRA_SHARDS; n++) {
        _Atomic uint64_t *owner = &segment_shard(s, shard_index_extra(s, n))->owner;
        uint64_t word = atomic_load_explicit(owner, memory_order_acquire);
        uint64_t holder;

        if (shard_state(word) == SHARD_FREE)
            continue;
        holder = shard_record(word) < s->geometry.record_count
                     ? atomic_load_explicit(&segment_record(s, shard_record(word))->word,
                                            memory_order_relaxed)
                     : 0;
        if ((record_state(holder) == RECORD_FREE ||
             record_incarnation(holder) != shard_incarnation(word)) &&
            slot_unchanged(owner, word))
            check_report(check, "counter shard %u is held by nobody: it is lost", n);
    }
}

/* ---- counters ------------------------------------------------------------------------------- */

struct count {
    uint64_t word, opened, closed;
    int64_t live, found;
};

static void read_counters(const struct segment *s, uint32_t record, struct count *count)
{
    struct worker_tally tally;

    count->word = atomic_load_explicit(&segment_record(s, record)->word, memory_order_acquire);
    tally_record(s, record, &tally);
    count->opened = tally.opened;
    count->closed = tally.closed;
    count->live = 0;
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++)
        count->live += tally.live[t];
}

static void count_slots(const struct segment *s, struct count *counts)
{
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++)
        for (uint32_t slot = 0; slot < segment_capacity(s, t); slot++) {
            uint64_t word = atomic_load_explicit(&segment_words(s, t)[slot], memory_order_acquire);

            if (slot_is_entry(word) && slot_owner(word) < s->geometry.shape.max_workers)
                counts[slot_owner(word)].found++;
        }
}

int check_counters(const struct segment *s, uint8_t *suspects)
{
    uint32_t workers = s->geometry.shape.max_workers;
    struct count *counts = calloc(workers, sizeof(*counts));

    if (counts == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < workers; i++)
        read_counters(s, i, &counts[i]);
    count_slots(s, counts);
    for (uint32_t i = 0; i < workers; i++) {
        struct count now;

        read_counters(s, i, &now);
        if (record_state(now.word) == RECORD_ALIVE && now.word == counts[i].word &&
            now.opened == counts[i].opened && now.closed == counts[i].closed &&
            now.live != counts[i].found)
            suspects[i]++;
        else
            suspects[i] = 0;
    }
    free(counts);
    return 0;
}

/* ---- mending -------------------------------------------------------------------------------- */

static bool needs_mending(const struct segment *s, uint32_t type, uint32_t slot, uint64_t word)
{
    uint64_t taken = atomic_load_explicit(&segment_taken(s, type)[slot / 64], memory_order_relaxed);

    if (slot_state(word) == SLOT_FREE)
        return taken >> slot % 64 & 1;
    return slot_owner(word) >= s->geometry.record_count ||
           record_state(atomic_load_explicit(&segment_record(s, slot_owner(word))->word,
                                             memory_order_relaxed)) == RECORD_FREE;
}

/* Empties a slot that needs mending; returns how many were mended, 0 or 1. It adopts the slot first,
 * as a sweeper does. Without that, somebody could take the slot between our look and the moment when
 * we clear its bit in the taken map, and an entry whose bit is clear is in no list. */
static int mend_slot(const struct segment *s, uint32_t type, uint32_t slot, uint32_t me)
{
    _Atomic uint64_t *word = &segment_words(s, type)[slot];
    /* acquire, with the release that stored FREE: its bit in the taken map was cleared before.
     * Weaker, a slot that is in order could be counted as mended. */
    uint64_t seen = atomic_load_explicit(word, memory_order_acquire);
    uint64_t mine = slot_adopted(seen, me);

    if (!needs_mending(s, type, slot, seen))
        return 0;
    slot_touch(segment_touched(s, me, type), slot);
    if (!slot_retract(word, seen, mine))
        return 0;
    if ((mine & SLOT_KEYED) && key_index_is_ready(s, type))
        index_remove(s, type, slot);
    slot_free(word, segment_taken(s, type), slot, mine);
    return 1;
}

int check_mend(const struct segment *s, uint32_t me)
{
    int mended = 0;

    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++)
        for (uint32_t slot = 0; slot < segment_capacity(s, t); slot++)
            mended += mend_slot(s, t, slot, me);
    for (uint32_t i = 0; i < s->geometry.shape.max_workers; i++)
        if (record_state(atomic_load_explicit(&segment_record(s, i)->word, memory_order_relaxed)) ==
                RECORD_ALIVE &&
            !is_in_live_map(s, i)) {
            live_map_set(s, i);
            mended++;
        }
    return mended;
}
