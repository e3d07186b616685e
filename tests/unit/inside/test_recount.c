/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * An entry that moves within the index while it is counted or listed by its key: it is met once.
 */
#include "indexed.h"

/* ---- the count's own source, with a hook where it walks the index ---------------------------- */

static void (*after_walk)(struct candidate *candidates, uint32_t *count);

static uint32_t hooked_walk_next(struct index_walk *walk, struct candidate *candidates)
{
    uint32_t count = index_walk_next(walk, candidates);

    if (after_walk != NULL && count > 0)
        after_walk(candidates, &count);
    return count;
}

uint64_t count_hooked(const struct segment *s, const struct hidden *hidden, uint32_t type,
                      const struct key_hash *hash);
uint64_t contenders_hooked(const struct segment *s, uint32_t type, const struct key_hash *hash,
                           bool *behind);
uint64_t cells_hooked(const struct segment *s, uint32_t type, const struct key_hash *hash);
#define index_walk_next  hooked_walk_next
#define index_count      count_hooked
#define index_contenders contenders_hooked
#define index_cells      cells_hooked
#include "keys/index_count.c" /* NOLINT(bugprone-suspicious-include) */
#undef index_walk_next
#undef index_count
#undef index_contenders
#undef index_cells

static struct key_hash moving;
enum { X = 9, OTHER, OWNER = 0 };

static uint64_t enter(uint32_t slot)
{
    _Atomic uint64_t *word = &segment_words(segment, 0)[slot];
    struct key_slot *key_slot = segment_key_slot(segment, 0, slot);
    uint64_t claimed = 0, where;
    struct room room;

    assert_true(slot_claim(word, atomic_load(word), slot_word(SLOT_CLAIMED, OWNER, 0) | SLOT_KEYED,
                           &claimed));
    index_set_key(key_slot, &moving);
    room = index_find_room(segment, 0, slot, &moving, index_place(key_slot));
    assert_int_equal(index_insert(segment, 0, slot, &moving, &room, &where), 0);
    slot_publish(word, claimed);
    return slot_become(claimed, SLOT_LIVE);
}

static void leave(uint32_t slot)
{
    _Atomic uint64_t *word = &segment_words(segment, 0)[slot];
    uint64_t releasing = slot_become(atomic_load(word), SLOT_RELEASING);

    atomic_store(word, releasing);
    index_remove(segment, 0, slot);
    slot_free(word, segment_taken(segment, 0), slot, releasing);
}

/* Runs in the middle of a count, which has seen X in one cell. X leaves; another entry takes that
 * cell; X comes back, in the next cell, which the count will see as well. */
static void x_moves(struct candidate *candidates, uint32_t *count)
{
    struct index_walk walk;

    after_walk = NULL;
    leave(X);
    enter(OTHER);
    enter(X);
    leave(OTHER);
    index_walk_begin(&walk, segment, 0, &moving);
    *count += index_walk_next(&walk, candidates + *count);
}

static void test_who_moves_is_counted_once(void **state)
{
    connstat_t *cs = begin(64);
    struct connstat_key key = connstat_key_u64(1);

    (void)state;
    index_hash(segment, 0, key.bytes, &moving);
    enter(X);
    assert_int_equal(count_hooked(segment, NULL, 0, &moving), 1);
    after_walk = x_moves;
    assert_int_equal(count_hooked(segment, NULL, 0, &moving), 1);
    assert_null(after_walk);
    connstat_close(cs);
}

/* The same for a list: while the first batch of candidates is visited, X moves from a cell of that
 * batch to a cell of a later one. */
enum { CHAIN_OF_MANY = 150, MARK = 7 };

struct listing {
    connstat_t *cs;
    struct connstat_key key;
    connstat_id x, last; /* `last` has its cell in the last bucket of the chain */
    int visits, of_x;
};

static _Atomic uint32_t *cell_of(uint32_t slot)
{
    uint32_t place = atomic_load(&segment_key_slot(segment, 0, slot)->cell) - 1;

    return &segment_key_buckets(segment, 0)[place_bucket(place)].cells[place_cell(place)];
}

/* Replaces an entry by one without a key in the same slot, so that its cell becomes empty. */
static connstat_id without_key(connstat_t *cs, connstat_id id)
{
    uint32_t slot = slot_of(cs, id);

    assert_int_equal(connstat_unregister(cs, id), 0);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(slot_of(cs, id), slot);
    return id;
}

static void move_x(struct listing *listing)
{
    connstat_t *cs = listing->cs;
    uint32_t slot = slot_of(cs, listing->x);
    _Atomic uint32_t *from = cell_of(slot), *to = cell_of(slot_of(cs, listing->last));
    connstat_id other, filler = listing->last;

    other = without_key(cs, listing->x);
    while (atomic_load(from) == 0) {
        assert_int_equal(connstat_register_key(cs, 0, listing->key, 0, NULL, 0, &filler), 0);
        if (cell_of(slot_of(cs, filler)) != from)
            continue;
        (void)without_key(cs, listing->last);
        break;
    }
    assert_int_equal(atomic_load(to), 0);
    while (atomic_load(to) == 0) { /* X may get a cell before `to` that is empty: then try again */
        assert_int_equal(connstat_unregister(cs, other), 0);
        assert_int_equal(connstat_register_key(cs, 0, listing->key, 0, NULL, 0, &listing->x), 0);
        assert_int_equal(slot_of(cs, listing->x), slot);
        if (atomic_load(to) == 0)
            other = without_key(cs, listing->x);
    }
    assert_ptr_equal(cell_of(slot), to);
}

static int visit(const struct connstat_entry *entry, void *arg)
{
    struct listing *listing = arg;

    if (listing->visits++ == 0)
        move_x(listing);
    listing->of_x += entry->id == listing->x;
    return 0;
}

static void test_who_moves_is_listed_once(void **state)
{
    connstat_t *cs = begin(1000);
    struct listing listing = {.cs = cs, .key = connstat_key_u64(42)};
    connstat_id ids[CHAIN_OF_MANY];
    struct key_hash hash;
    uint32_t last;

    (void)state;
    for (int i = 0; i < CHAIN_OF_MANY; i++)
        assert_int_equal(connstat_register_key(cs, 0, listing.key, 0, NULL, 0, &ids[i]), 0);
    /* X is the entry in the last cell of the key's first bucket; cells were taken in order. */
    index_hash(segment, 0, listing.key.bytes, &hash);
    last = atomic_load(&segment_key_buckets(segment, 0)[hash.home].cells[BUCKET_CELLS - 1]);
    for (int i = 0; i < CHAIN_OF_MANY; i++)
        if ((hash.tag | (slot_of(cs, ids[i]) + 1)) == last)
            listing.x = ids[i];
    listing.last = ids[CHAIN_OF_MANY - 1];
    assert_true(listing.x != 0);
    assert_true(connstat_for_each_key(cs, 0, listing.key, visit, &listing) >= CHAIN_OF_MANY - 1);
    assert_true(listing.of_x <= 1);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_who_moves_is_counted_once),
        TEST(test_who_moves_is_listed_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
