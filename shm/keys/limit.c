/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A limit on a key. Registrations race for its last places; each decides for itself, in five steps:
 *
 *   1. It enters its cell, and its slot's word becomes PENDING: from now on it is a rival of
 *      others.
 *   2. It fences.
 *   3. It looks at the other cells of its key (a survey). Before it stand the entries that live,
 *      and the PENDING ones whose cells come earlier in the order of the index.
 *   4. If these fill the limit, it withdraws.
 *   5. Otherwise it aborts PENDING ones with later cells, the last one first, until all that are
 *      left fit the limit. Then it goes LIVE by an exchange, which fails if somebody aborted it.
 *
 * Why there is never one too many: of two that race, one at least sees the other, because of the
 * fence. Why no place stays empty for the race alone: the last ones are aborted first. So where
 * somebody was refused, those who live, those who left meanwhile and those who died are together as
 * many as the limit (tests/model).
 *
 * A survey is no snapshot: it may count one entry, which leaves, and then another, which came after
 * that; the two never stood together. So a registration withdraws only when two surveys in a row
 * found the same entries in the way: between the two surveys all of them stood at once. One that
 * finds others each time withdraws after SURVEYS of them.
 *
 * The table may have grown, and some of the others have slots that this process has not mapped.
 * Their cells are in the one index that there is, so they are never missed: who finds one of them
 * decides nothing until it has followed the growth log (INDEX_BEHIND).
 */
#include "keys/index.h"

#include "slots/slot.h"

#define SURVEYS 8u /* bounded: nobody's registration waits for those of others to hold still */

struct field {
    uint32_t standing;    /* how many stand before us */
    uint64_t digest;      /* of the slots and generations of those */
    uint32_t count;       /* how many undecided ones stand after us */
    struct rival *rivals; /* these, in the order of their cells; room for PENDING_MAX */
};

static uint64_t digest_of(uint32_t slot, uint64_t word)
{
    uint64_t mixed = ((uint64_t)slot << 40) ^ slot_become(word, SLOT_LIVE);

    mixed = (mixed ^ mixed >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return mixed ^ mixed >> 29;
}

/* Sorts one candidate into the field. If its word changes at each look, it is taken to stand before us:
 * then we may be refused without need, but there is never one entry too many. */
static inline void judge(const struct segment *s, const struct index_walk *walk,
                         const struct candidate *candidate, uint64_t where, struct field *field)
{
    const _Atomic uint64_t *word = &walk->words[candidate->slot];
    uint64_t seen = 0, record;

    for (int round = 0; round < 8; round++) {
        enum slot_state state;
        bool ours, alive;

        seen = atomic_load_explicit(word, memory_order_acquire);
        state = slot_state(seen);
        if ((!slot_is_entry(seen) && state != SLOT_PENDING) || !(seen & SLOT_KEYED) ||
            slot_owner(seen) >= s->geometry.shape.max_workers)
            return;
        /* Looked at after the word. If the word is the same below, then this is the cell that the
         * entry was entered with, and this is its key. */
        ours = index_still_names(walk, candidate) &&
               key_slot_has(&walk->key_slots[candidate->slot], walk->key);
        atomic_thread_fence(memory_order_acquire);
        alive = record_visible(s, NULL, slot_owner(seen), &record);
        /* LIVE and UPDATING count as the same word, because an entry that is updated lives on. PENDING
         * and ABORTED do not. */
        if (slot_is_entry(seen)
                ? slot_is_other(atomic_load_explicit(word, memory_order_relaxed), seen)
                : atomic_load_explicit(word, memory_order_relaxed) != seen)
            continue;
        if (!ours || !alive)
            return;
        if (state == SLOT_PENDING && candidate->where > where && field->count < PENDING_MAX) {
            field->rivals[field->count++] = (struct rival){candidate->slot, seen};
            return;
        }
        break;
    }
    field->standing++;
    field->digest += digest_of(candidate->slot, seen);
}

/* Looks at all cells of the key but ours, and fills the field. False: a cell names a slot that this
 * process does not know, so the field is not complete. */
static bool survey(const struct segment *s, uint32_t type, const struct key_hash *hash,
                   const struct contender *me, struct field *field)
{
    struct candidate candidates[INDEX_BATCH];
    struct index_walk walk;
    uint32_t count;

    field->standing = 0;
    field->digest = 0;
    field->count = 0;
    index_walk_begin(&walk, s, type, hash);
    while (!index_walk_ended(&walk)) {
        count = index_walk_next(&walk, candidates);
        for (uint32_t i = 0; i < count; i++)
            if (candidates[i].slot != me->slot)
                judge(s, &walk, &candidates[i], me->where, field);
    }
    return !walk.behind;
}

/* Abort those after us until the rest fits the limit. False: so many of them went live first that
 * the limit is reached without us. */
static bool make_room(const struct segment *s, uint32_t type, struct field *field, uint32_t limit)
{
    for (uint32_t left = field->count; left > 0; left--) {
        struct rival *rival = &field->rivals[left - 1];
        uint64_t seen = rival->word;

        if ((uint64_t)field->standing + 1 + left <= limit)
            return true;
        /* acq_rel: its owner's exchange to LIVE and ours meet in one order */
        if (!atomic_compare_exchange_strong_explicit(&segment_words(s, type)[rival->slot], &seen,
                                                     slot_become(seen, SLOT_ABORTED),
                                                     memory_order_acq_rel, memory_order_acquire) &&
            !slot_is_other(seen, slot_become(rival->word, SLOT_LIVE)) && slot_is_entry(seen) &&
            ++field->standing >= limit)
            return false; /* (any other word: the rival withdrew, and its slot may have another key) */
    }
    return true;
}

/* How many cells of this key belong to slots that this thread has parked? They are nobody's entry.
 *
 * Relaxed is enough. Somebody may take one of these slots for this very key (a thief). Then either
 *   1. it took the slot before our fence in index_decide: we see another word, and count its cell;
 *      or
 *   2. it took it after that fence: then it sees our cell, and counts us. */
static uint32_t parked_alike(const struct segment *s, uint32_t type, const struct key_hash *hash,
                             const struct parked *parked)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < PARKED_SLOTS; i++) {
        uint32_t slot = parked[i].slot;

        count += (parked[i].word & SLOT_KEYED) &&
                 key_slot_has(segment_key_slot(s, type, slot), hash->key) &&
                 atomic_load_explicit(&segment_words(s, type)[slot], memory_order_relaxed) ==
                     parked[i].word;
    }
    return count;
}

/* True if all entries and all PENDING registrations of the key fit the limit together, us included:
 * then it does not matter who comes first. Counted in three ways, the cheap one first: cells that
 * look like it, which may be too many; the same without those that this thread has parked; and
 * slots whose words and keys are looked at. INDEX_WITHDRAWS: perhaps not. */
static enum index_verdict has_room(const struct segment *s, uint32_t type,
                                   const struct key_hash *hash, const struct contender *me)
{
    uint64_t cells = index_cells(s, type, hash), contenders;
    bool behind;

    if (likely(cells <= me->limit) || cells - parked_alike(s, type, hash, me->parked) <= me->limit)
        return INDEX_GOES_LIVE;
    contenders = index_contenders(s, type, hash, &behind);
    if (unlikely(behind))
        return INDEX_BEHIND;
    return contenders <= me->limit ? INDEX_GOES_LIVE : INDEX_WITHDRAWS;
}

/* Is there a place for us? If so, as many of those after us as have no place are aborted. */
static enum index_verdict find_place(const struct segment *s, uint32_t type,
                                     const struct key_hash *hash, const struct contender *me)
{
    enum index_verdict verdict = has_room(s, type, hash, me);
    uint64_t in_the_way = 0;
    struct field field = {.rivals = me->rivals};

    if (likely(verdict != INDEX_WITHDRAWS))
        return verdict;
    for (uint32_t i = 0; i < SURVEYS; i++) {
        if (!survey(s, type, hash, me, &field))
            return INDEX_BEHIND;
        if (field.standing < me->limit) {
            if (make_room(s, type, &field, me->limit))
                return INDEX_GOES_LIVE;
            field.digest = 0; /* some went live during make_room: this survey has not all of them */
        } else if (field.digest == in_the_way) {
            return INDEX_WITHDRAWS;
        }
        in_the_way = field.digest;
    }
    return INDEX_WITHDRAWS;
}

enum index_verdict index_decide(const struct segment *s, uint32_t type, const struct key_hash *hash,
                                const struct contender *me)
{
    uint64_t word = me->word;
    enum index_verdict verdict;

    /* seq_cst: our cell and reach before our look at the others'. Weaker, two could miss each
     * other, and both go live. */
    atomic_thread_fence(memory_order_seq_cst);
    verdict = find_place(s, type, hash, me);
    if (verdict != INDEX_GOES_LIVE)
        return verdict;
    /* release: as slot_publish; it fails only if we were aborted */
    return atomic_compare_exchange_strong_explicit(&segment_words(s, type)[me->slot], &word,
                                                   slot_become(word, SLOT_LIVE),
                                                   memory_order_acq_rel, memory_order_acquire)
               ? INDEX_GOES_LIVE
               : INDEX_WITHDRAWS;
}
