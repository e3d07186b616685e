/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Registering under a key, and finding by one.
 */
#include "entry/fill.h"
#include "entry/register.h"
#include "entry/visit.h"
#include "keys/index.h"
#include "metadata/metadata.h"
#include "process/uncancelled.h"
#include "reaping/reap.h"
#include "records/shard.h"
#include "worker/handle.h"

#include <errno.h>

/* ---- registering ---------------------------------------------------------------------------- */

struct wish {
    struct seat *seat;
    struct lane *lane;
    uint32_t type, limit;
    struct key_hash hash;
    const uint8_t *encoded;
    uint32_t size;
};

/* Undo a registration that may not live. A store is enough: a rival that wants to abort us
 * meanwhile finds another word, and its exchange fails. */
static void withdraw(const struct wish *wish, const struct claim *claim)
{
    uint64_t releasing = slot_become(claim->word, SLOT_RELEASING);

    atomic_store_explicit(&wish->lane->words[claim->slot], releasing, memory_order_release);
    register_give_back(wish->seat, wish->type, claim->slot, releasing);
}

/* Decides again after INDEX_BEHIND: some cells of the key name slots that this process had not mapped. It may
 * have to do so once for each time that the table grows meanwhile, at most GROWTH_LINES times in a
 * segment that is not damaged. */
static seldom enum index_verdict decide_again(const struct wish *wish, const struct contender *me)
{
    struct attachment *a = wish->seat->attachment;
    enum index_verdict verdict = INDEX_BEHIND;

    for (uint32_t i = 0; verdict == INDEX_BEHIND && i < GROWTH_LINES; i++) {
        if (mapping_keep_up(&a->mapping) < 0)
            break;
        verdict = index_decide(a->segment, wish->type, &wish->hash, me);
    }
    return verdict;
}

/* Under a limit. The key is written and the cell is in place; from PENDING on this registration is
 * a rival of others, in the order of their cells. */
static enum index_verdict decide(const struct wish *wish, const struct claim *claim, uint64_t where)
{
    struct contender me = {.slot = claim->slot,
                           .limit = wish->limit,
                           .word = slot_become(claim->word, SLOT_PENDING),
                           .where = where,
                           .parked = wish->lane->parked,
                           .rivals = seat_rivals(wish->seat)};

    enum index_verdict verdict;

    /* release, with the acquire of a rival's survey: a rival that reads PENDING here sees our key and our
     * cell */
    atomic_store_explicit(&wish->lane->words[claim->slot], me.word, memory_order_release);
    verdict = index_decide(wish->seat->attachment->segment, wish->type, &wish->hash, &me);
    return likely(verdict != INDEX_BEHIND) ? verdict : decide_again(wish, &me);
}

/* Makes it an entry, and counts it. Without a limit it is counted before it can be seen, as all registrations
 * are. Under a limit it is counted afterwards: it may be refused, and must not have been counted then. */
static inline int go_live(const struct wish *wish, const struct claim *claim, uint64_t where)
{
    _Atomic uint64_t *opened = &wish->lane->counters->opened;
    enum index_verdict verdict;

    if (likely(wish->limit == 0)) {
        counter_add(opened, wish->seat->sole_writer);
        slot_publish(&wish->lane->words[claim->slot], claim->word);
        return 0;
    }
    verdict = decide(wish, claim, where);
    if (unlikely(verdict !=
                 INDEX_GOES_LIVE)) /* INDEX_BEHIND: no memory to map what has to be counted */
        return verdict == INDEX_WITHDRAWS ? -EDQUOT : -ENOSPC;
    counter_add(opened, wish->seat->sole_writer);
    return 0;
}

static inlined int try_register(const struct wish *wish, connstat_id *id)
{
    const struct segment *s = wish->seat->attachment->segment;
    struct lane *lane = wish->lane;
    uint64_t as = slot_word(SLOT_CLAIMED, wish->seat->owner, 0) | SLOT_KEYED;
    struct claim claim = register_claim(wish->seat, lane, as);
    struct room room;
    uint64_t where;
    int error;

    if (unlikely(claim.word == 0))
        return -ENOSPC;
    room = index_find_room(s, wish->type, claim.slot, &wish->hash,
                           index_place(&lane->key_slots[claim.slot]));
    if (slot_state(claim.word) == SLOT_RELEASING)
        index_remove(s, wish->type, claim.slot);
    /* Readers copy the key as they copy the payload, and it is written first: so the fence stands
     * before it. Without that, a reader could copy the new key under the old word
     * (tests/model/key_index.c). */
    slot_begin_payload();
    index_set_key(&lane->key_slots[claim.slot], &wish->hash);
    error = index_insert(s, wish->type, claim.slot, &wish->hash, &room, &where);
    /* The payload is written after the exchange that takes the cell (in index_insert), because a locked
     * instruction waits for all stores before it. */
    fill_payload(lane_payload(wish->seat, lane, claim.slot), wish->encoded, wish->size);
    if (likely(error == 0))
        error = go_live(wish, &claim, where);
    if (unlikely(error < 0)) {
        withdraw(wish, &claim);
        return error;
    }
    *id = register_id(wish->seat, lane, &claim);
    return 0;
}

/* The limit is reached; but some of those who fill it may have died unnoticed. */
static seldom int try_again(const struct wish *wish, connstat_id *id)
{
    return reap_help(wish->seat->attachment, wish->seat) ? try_register(wish, id) : -EDQUOT;
}

/* Fetch the cell that the next parked slot has of its last entry. */
static inlined void fetch_old_cell(const struct wish *wish)
{
    const struct lane *lane = wish->lane;
    const struct parked *next = &lane->parked[lane->parked_out % PARKED_SLOTS];

    if (lane_parked(lane) > 0 && next->word & SLOT_KEYED)
        index_prefetch_cell(wish->seat->attachment->segment, wish->type,
                            &lane->key_slots[next->slot]);
}

seldom int register_reserve_index(struct attachment *a, uint32_t type)
{
    UNCANCELLED;

    return mapping_add_index(&a->mapping, type);
}

/* Before the metadata is encoded: hash the key, and fetch what entering it will write. */
static inline int prepare(struct wish *wish, struct connstat_key key)
{
    struct attachment *a = wish->seat->attachment;

    wish->lane = &wish->seat->lanes[wish->type];
    if (unlikely(wish->lane->key_slots == NULL)) {
        int error = register_reserve_index(a, wish->type);

        if (error < 0)
            return error;
        wish->lane->key_slots = segment_key_slot(a->segment, wish->type, 0);
    }
    fetch_old_cell(wish);
    index_hash(a->segment, wish->type, key.bytes, &wish->hash);
    index_prefetch(a->segment, wish->type, &wish->hash);
    return 0;
}

int connstat_register_key(connstat_t *cs, int type, struct connstat_key key, uint32_t limit,
                          const struct connstat_field *metadata, size_t count, connstat_id *id)
{
    alignas(8) uint8_t encoded[MAX_METADATA + ENCODE_SLACK];
    struct wish wish = {.type = (uint32_t)type, .limit = limit, .encoded = encoded};
    int size, error;

    if (unlikely(id == NULL))
        return -EINVAL;
    *id = 0;
    wish.seat = register_enter_at_once(cs);
    if (unlikely(wish.seat == NULL)) {
        error = register_enter(cs, type, &wish.seat);
        if (error < 0)
            return error;
    }
    if (unlikely((unsigned)type >= wish.seat->type_count))
        return register_leave_refused(wish.seat, type, -EINVAL);
    error = prepare(&wish, key);
    if (unlikely(error < 0))
        return register_leave_refused(wish.seat, type, error);
    size = metadata_encode_alike(&wish.seat->calls, metadata, count, encoded,
                                 wish.seat->metadata_bytes);
    if (unlikely(size < 0))
        return register_leave_refused(wish.seat, type, size);
    wish.size = (uint32_t)size;
    error = try_register(&wish, id);
    if (unlikely(error == -EDQUOT))
        error = try_again(&wish, id);
    if (unlikely(error < 0))
        return register_leave_refused(wish.seat, type, error);
    guard_leave();
    return 0;
}

/* ---- finding -------------------------------------------------------------------------------- */

static void type_range(const struct attachment *a, int type, uint32_t *first, uint32_t *end)
{
    uint32_t types = a->segment->geometry.shape.type_count;

    *first = type == CONNSTAT_ANY_TYPE ? 0 : (uint32_t)type;
    *end = type == CONNSTAT_ANY_TYPE ? types : (uint32_t)type + 1;
    if (type != CONNSTAT_ANY_TYPE && (unsigned)type >= types)
        *end = *first;
}

uint64_t connstat_count_key(connstat_t *cs, int type, struct connstat_key key)
{
    struct attachment *a = cs == NULL ? NULL : handle_enter_reader(cs);
    struct key_hash hash;
    uint32_t first, end;
    uint64_t count = 0;

    if (a == NULL)
        return 0;
    type_range(a, type, &first, &end);
    /* What cannot be mapped cannot be counted, and there is no way to say so. */
    (void)mapping_keep_up(&a->mapping);
    for (uint32_t t = first; t < end; t++) {
        if (!key_index_is_ready(a->segment, t))
            continue;
        index_hash(a->segment, t, key.bytes, &hash);
        count += index_count(a->segment, attachment_hidden(a), t, &hash);
    }
    guard_leave();
    return count;
}

static bool visit_candidate(struct visitor *v, const struct index_walk *walk,
                            const struct candidate *candidate)
{
    uint32_t slot = candidate->slot;
    struct copy copy = {.key = v->key.words};

    if (!table_read(&v->table, slot, &copy, v->encoded) || !(copy.word & SLOT_KEYED) ||
        copy.key[0] != walk->key[0] || copy.key[1] != walk->key[1])
        return true;
    /* The entry's cell must be the one that led us here. If it has another one by now, that one leads to it,
     * and it is visited there. */
    if (!index_still_names(walk, candidate) || !slot_holds_still(&v->table.words[slot], copy.word))
        return true;
    return visit_copy(v, slot, &copy);
}

static bool visit_key(struct visitor *v, struct attachment *a, uint32_t type,
                      struct connstat_key key)
{
    struct candidate candidates[INDEX_BATCH];
    struct index_walk walk;
    struct key_hash hash;
    uint32_t count;

    if (!key_index_is_ready(a->segment, type))
        return true;
    visitor_turn_to(v, a, type);
    index_hash(a->segment, type, key.bytes, &hash);
    index_walk_begin(&walk, a->segment, type, &hash);
    while (!index_walk_ended(&walk)) {
        count = index_walk_next(&walk, candidates);
        for (uint32_t i = 0; i < count; i++)
            __builtin_prefetch(v->table.payloads +
                               (uint64_t)candidates[i].slot * v->table.payload_bytes);
        for (uint32_t i = 0; i < count; i++)
            if (!visit_candidate(v, &walk, &candidates[i]))
                return false;
    }
    return true;
}

int64_t connstat_for_each_key(connstat_t *cs, int type, struct connstat_key key,
                              connstat_visit_fn visit, void *arg)
{
    struct visit_buffers buffers;
    CALL(call, cs);
    VISITOR(v);
    struct attachment *a = call.attachment;
    uint32_t first, end;
    int error;

    if (cs == NULL)
        return 0;
    if (visit == NULL)
        return -EINVAL;
    if (a == NULL)
        return -ENOTCONN;
    type_range(a, type, &first, &end);
    error = first == end ? -EINVAL : mapping_keep_up(&a->mapping);
    if (error == 0)
        error = visitor_init(&v, a, &buffers, visit, arg, true);
    if (error == 0) {
        if (type == CONNSTAT_ANY_TYPE)
            visitor_all_types(&v, a);
        for (uint32_t t = first; t < end && visit_key(&v, a, t, key); t++)
            ;
    }
    return error < 0 ? error : v.visited;
}
