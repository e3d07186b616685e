/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "records/record.h"

#include "records/fate.h"
#include "records/shard.h"

#include <errno.h>
#include <string.h>

/* ---- the live map --------------------------------------------------------------------------- */

/* The version above the 32 members grows with each change, so that an exchange fails that was
 * prepared before another change, by one who slept meanwhile. */
static uint64_t live_map_next(uint64_t word, uint64_t members)
{
    return ((word | LIVE_MEMBERS) + 1) | members;
}

void live_map_set(const struct segment *s, uint32_t index)
{
    _Atomic uint64_t *word = &segment_live_map(s)[index / 32];
    uint64_t seen = atomic_load_explicit(word, memory_order_relaxed);
    uint64_t next;

    /* acq_rel: release, with live_members and live_map_clear, which so see the claim of the record
     * that comes before it; acquire, to stay in one order with the clearing that it undoes */
    do
        next = live_map_next(seen, (seen & LIVE_MEMBERS) | UINT64_C(1) << index % 32);
    while (!atomic_compare_exchange_weak_explicit(word, &seen, next, memory_order_acq_rel,
                                                  memory_order_relaxed));
}

/* Clear a record's bit, unless somebody has the record. The map's word is read first, the record
 * second. A joiner claims the record before it sets the bit, so either we see its claim, or it set
 * the bit after we read the map's word, and our exchange fails by the version. */
static void live_map_clear(const struct segment *s, uint32_t index)
{
    _Atomic uint64_t *word = &segment_live_map(s)[index / 32];
    uint64_t bit = UINT64_C(1) << index % 32;
    uint64_t seen = atomic_load_explicit(word, memory_order_acquire);

    while (seen & bit) {
        uint64_t record =
            atomic_load_explicit(&segment_record(s, index)->word, memory_order_relaxed);

        if (record_state(record) != RECORD_FREE)
            return;
        if (atomic_compare_exchange_weak_explicit(word, &seen,
                                                  live_map_next(seen, seen & LIVE_MEMBERS & ~bit),
                                                  memory_order_acq_rel, memory_order_acquire))
            return;
    }
}

/* ---- joining -------------------------------------------------------------------------------- */

/* Take a record that is free: JOINING from now on. locked: we have its life lock. */
static bool take_free(const struct segment *s, uint32_t index, const struct identity *identity,
                      bool locked, uint64_t *word)
{
    struct record *record = segment_record(s, index);
    uint64_t seen = atomic_load_explicit(&record->word, memory_order_relaxed);
    uint64_t next;

    if (record_state(seen) != RECORD_FREE)
        return false;
    next = record_word(RECORD_JOINING, identity->pid,
                       locked ? identity->tag : record_tag_unlocked(identity->pid_namespace),
                       record_incarnation(seen) + 1);
    /* acquire: with record_release: the last holder's sweep is done */
    if (!atomic_compare_exchange_strong_explicit(&record->word, &seen, next, memory_order_acquire,
                                                 memory_order_relaxed))
        return false;
    /* Partner: the acquire fences of record_identity and of add_crew (tally.c), each before a second look
     * at the word. Who read something that is written from here on sees then that the record has changed
     * hands. Weaker, it could take that for the last holder's. */
    atomic_thread_fence(memory_order_release);
    *word = next;
    return true;
}

static void write_identity(const struct segment *s, uint32_t index, const struct identity *identity,
                           int64_t now_ns)
{
    struct record *record = segment_record(s, index);
    uint64_t thread =
        identity->tid == 0 ? 0 : (uint64_t)identity->tid << 32 | (identity->process_index + 1);

    /* relaxed, but for the flags: the exchange to ALIVE releases all of it, and until then nobody
     * goes by anything but the word */
    atomic_store_explicit(&record->pidfd_inode, identity->pidfd_inode, memory_order_relaxed);
    atomic_store_explicit(&record->start_time, identity->start_time, memory_order_relaxed);
    atomic_store_explicit(&record->pid_namespace, identity->pid_namespace, memory_order_relaxed);
    atomic_store_explicit(&record->joined_at_ns, now_ns, memory_order_relaxed);
    atomic_store_explicit(&record->died_at_ns, 0, memory_order_relaxed);
    atomic_store_explicit(&record->thread, thread, memory_order_relaxed);
    atomic_store_explicit(&record->program, identity->program, memory_order_relaxed);
    atomic_store_explicit(&record->execution, identity->execution, memory_order_relaxed);
    /* release, both: with record_has_left's acquire: who sees that its last holder is no longer
     * "left" sees what it left settled; else totals would show that as lost for a moment */
    atomic_store_explicit(&record->flags, 0, memory_order_release);
    atomic_store_explicit(&record->exit_status, 0, memory_order_release);
    atomic_store_explicit(&record->extra, 0, memory_order_relaxed);
}

static void forget_touched(const struct segment *s, uint32_t index)
{
    _Atomic uint64_t *touched = segment_touched(s, index, 0);

    for (uint32_t i = 0; i < s->geometry.touched_words; i++)
        atomic_store_explicit(&touched[i], 0, memory_order_relaxed);
}

static bool try_join(const struct segment *s, uint32_t index, const struct identity *identity,
                     struct record_hold hold, bool share, const char *label, int64_t now_ns,
                     uint64_t *word)
{
    struct record *record = segment_record(s, index);
    uint64_t joining;
    int held;

    if (record_state(atomic_load_explicit(&record->word, memory_order_relaxed)) != RECORD_FREE)
        return false;
    /* We take the life lock before we claim the record. A record that is JOINING is judged in every
     * namespace; without the lock we might be called dead, and go on writing to a record that has
     * another holder by then. */
    held = hold.take(hold.arg, index);
    if (held == -EAGAIN && !share)
        return false;
    if (!take_free(s, index, identity, held == 0, &joining)) {
        hold.give(hold.arg, index);
        return false;
    }
    shard_settle_record(s, index);
    forget_touched(s, index);
    write_identity(s, index, identity, now_ns);
    record_set_label(record, label);
    /* If we did not get the lock we try once more: another joiner may have held it only for the moment in
     * which it tried for this record. relaxed: the exchange to ALIVE releases the flag, as all of the
     * identity. */
    if (held == 0 || hold.take(hold.arg, index) == 0)
        atomic_fetch_or_explicit(&record->flags, RECORD_LOCKED, memory_order_relaxed);
    if (index < s->geometry.shape.max_workers)
        live_map_set(s, index);
    *word = record_become(joining, RECORD_ALIVE);
    /* release: with record_is's acquire: whoever sees ALIVE sees the identity, and settled
     * counters. The exchange fails if somebody judged us dead meanwhile; then the record is no
     * longer ours. */
    if (atomic_compare_exchange_strong_explicit(&record->word, &joining, *word,
                                                memory_order_release, memory_order_relaxed))
        return true;
    hold.give(hold.arg, index);
    return false;
}

int record_join(const struct segment *s, enum record_kind kind, const struct identity *identity,
                struct record_hold hold, const char *label, int64_t now_ns, uint32_t *index,
                uint64_t *word)
{
    uint32_t workers = s->geometry.shape.max_workers;
    uint32_t first = kind == RECORD_WORKER ? 0 : workers;
    uint32_t end = kind == RECORD_WORKER ? workers : s->geometry.record_count;

    /* Two rounds. If somebody else has the lock of a free record, he is about to claim that record. We could
     * be quicker, but would then live without a lock; so the first round leaves such records alone, and
     * only the second one, if there is no other record, takes them. */
    for (uint32_t n = 0; n < 2 * (end - first); n++) {
        uint32_t i = first + n % (end - first);

        if (!try_join(s, i, identity, hold, n >= end - first, label, now_ns, word))
            continue;
        *index = i;
        if (kind == RECORD_WORKER)
            atomic_fetch_add_explicit(&segment_header(s)->workers_joined, 1, memory_order_relaxed);
        /* release: whoever sees the new number sees the record */
        atomic_fetch_add_explicit(&segment_header(s)->joins, 1, memory_order_release);
        return 0;
    }
    return -EUSERS;
}

/* What fits of a label, its terminator too: whole characters of UTF-8. */
static size_t label_length(const char *label)
{
    size_t length = strnlen(label, 8 * LABEL_WORDS - 1);

    if (label[length] != '\0')
        while (length > 0 && ((uint8_t)label[length] & 0xC0) == 0x80)
            length--;
    return length;
}

void record_set_label(struct record *record, const char *label)
{
    uint64_t words[LABEL_WORDS] = {0};

    if (label != NULL)
        memcpy(words, label, label_length(label));
    for (uint32_t i = 0; i < LABEL_WORDS; i++)
        atomic_store_explicit(&record->label[i], words[i], memory_order_relaxed);
}

void record_get_label(const struct record *record, char label[8 * LABEL_WORDS])
{
    uint64_t words[LABEL_WORDS];

    for (uint32_t i = 0; i < LABEL_WORDS; i++)
        words[i] = atomic_load_explicit(&record->label[i], memory_order_relaxed);
    memcpy(label, words, sizeof(words));
    label[sizeof(words) - 1] = '\0';
}

bool record_identity(const struct segment *s, uint32_t index, uint64_t word,
                     struct identity *identity)
{
    const struct record *record = segment_record(s, index);
    uint64_t thread = atomic_load_explicit(&record->thread, memory_order_relaxed);

    identity->pid = record_pid(word);
    identity->tag = record_tag(word);
    identity->tid = (uint32_t)(thread >> 32);
    identity->process_index = (uint32_t)thread - 1;
    identity->pidfd_inode = atomic_load_explicit(&record->pidfd_inode, memory_order_relaxed);
    identity->start_time = atomic_load_explicit(&record->start_time, memory_order_relaxed);
    identity->pid_namespace = atomic_load_explicit(&record->pid_namespace, memory_order_relaxed);
    identity->program = atomic_load_explicit(&record->program, memory_order_relaxed);
    identity->execution = atomic_load_explicit(&record->execution, memory_order_relaxed);
    /* The word is read last. Partner: the release fence of take_free, before all that a next holder
     * writes: had we read any of that, the word would be another by now. */
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&record->word, memory_order_relaxed) == word;
}

/* ---- the end -------------------------------------------------------------------------------- */

/* A worker that had begun to leave is not lost: its entries count as closed (tally.c). */
static bool is_a_loss(const struct segment *s, uint32_t index, uint64_t word)
{
    return record_state(word) == RECORD_ALIVE && index < s->geometry.shape.max_workers &&
           !record_has_left(s, index, word);
}

bool record_mark_dead(const struct segment *s, uint32_t index, uint64_t word, int64_t now_ns)
{
    struct record *record = segment_record(s, index);
    bool loss = is_a_loss(s, index, word);
    uint64_t next = record_become(word, loss ? RECORD_DEAD : RECORD_BURIED);
    int64_t unset = 0;

    if (!atomic_compare_exchange_strong_explicit(&record->word, &word, next, memory_order_acq_rel,
                                                 memory_order_relaxed))
        return false;
    /* If we come late, and the record has its next holder already, this time is earlier than the moment at
     * which that one joined, and the obituary does not take it for that holder's death. */
    if (loss)
        atomic_compare_exchange_strong_explicit(&record->died_at_ns, &unset, now_ns,
                                                memory_order_relaxed, memory_order_relaxed);
    return true;
}

uint64_t record_mark_leaving(const struct segment *s, uint32_t index, uint64_t word)
{
    struct record *record = segment_record(s, index);
    uint64_t next = record_become(word, RECORD_LEAVING);

    /* The record is no longer ours: somebody has called us dead by mistake. The flag would be set for its
     * next holder. */
    if (!record_is(s, index, word))
        return 0;
    /* The flag is set before the word changes: whoever sees LEAVING counts what the record still has as
     * closed, because of the flag. */
    atomic_fetch_or_explicit(&record->flags, RECORD_LEFT, memory_order_relaxed);
    if (!atomic_compare_exchange_strong_explicit(&record->word, &word, next, memory_order_acq_rel,
                                                 memory_order_relaxed))
        return 0;
    return next;
}

void record_release(const struct segment *s, uint32_t index, uint64_t word)
{
    struct record *record = segment_record(s, index);

    /* release: with the acquire of take_free: the sweep is done before the next holder writes */
    if (atomic_compare_exchange_strong_explicit(&record->word, &word,
                                                record_become(word, RECORD_FREE),
                                                memory_order_release, memory_order_relaxed))
        live_map_clear(s, index);
}
