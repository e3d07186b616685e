/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A registration under a limit, called A, stops in the middle of its decision; meanwhile its rivals
 * change what A has seen. The source of the limit is included here, with hooks in the two functions
 * by which it reads the index: a hook does what the rival does at that moment.
 */
#include "harness.h"

#include "keys/index.h"
#include "worker/handle.h"

#include <string.h>

enum { SLOT_D = 9, SLOT_E, SLOT_A, SLOT_B, OWNER = 0 };

static void (*before_walk)(void), (*after_walk)(void);
static void (*before_rival)(void); /* called when A is about to look at B's slot */

static uint32_t hooked_walk_next(struct index_walk *walk, struct candidate *candidates)
{
    uint32_t count = index_walk_next(walk, candidates);
    void (*hook)(void) = count > 0 ? before_walk : after_walk;

    if (hook != NULL)
        hook();
    return count;
}

static bool hooked_still_names(const struct index_walk *walk, const struct candidate *candidate)
{
    if (before_rival != NULL && candidate->slot == SLOT_B)
        before_rival();
    return index_still_names(walk, candidate);
}

enum index_verdict decide(const struct segment *s, uint32_t type, const struct key_hash *hash,
                          const struct contender *me);
#define index_walk_next   hooked_walk_next
#define index_still_names hooked_still_names
#define index_decide      decide
#include "keys/limit.c" /* NOLINT(bugprone-suspicious-include) */
#undef index_walk_next
#undef index_still_names
#undef index_decide

static struct rival rivals[PENDING_MAX];

static const struct segment *segment;
static struct key_hash contested, other;
static uint64_t word_b, where_b;
static struct parked parked[PARKED_SLOTS];

#define CONTENDER(s, w, at, l)                                                                     \
    (&(struct contender){.slot = (s),                                                              \
                         .limit = (l),                                                             \
                         .word = (w),                                                              \
                         .where = (at),                                                            \
                         .parked = parked,                                                         \
                         .rivals = rivals})

static void insert(uint32_t slot, const struct key_hash *hash, uint64_t *where)
{
    struct room room =
        index_find_room(segment, 0, slot, hash, index_place(segment_key_slot(segment, 0, slot)));

    assert_int_equal(index_insert(segment, 0, slot, hash, &room, where), 0);
}

static uint64_t enter(uint32_t slot, enum slot_state state, const struct key_hash *hash,
                      uint64_t *where)
{
    _Atomic uint64_t *word = &segment_words(segment, 0)[slot];
    uint64_t claimed = 0;

    assert_true(
        slot_claim(word, atomic_load(word), slot_word(state, OWNER, 0) | SLOT_KEYED, &claimed));
    if (where != NULL) {
        index_set_key(segment_key_slot(segment, 0, slot), hash);
        insert(slot, hash, where);
    }
    return claimed;
}

static void leave(uint32_t slot, uint64_t word)
{
    uint64_t releasing = slot_become(word, SLOT_RELEASING);

    atomic_store(&segment_words(segment, 0)[slot], releasing);
    index_remove(segment, 0, slot);
    slot_free(&segment_words(segment, 0)[slot], segment_taken(segment, 0), slot, releasing);
}

static void b_gives_up(void)
{
    before_walk = after_walk = NULL;
    assert_int_equal(index_decide(segment, 0, &contested, CONTENDER(SLOT_B, word_b, where_b, 1)),
                     INDEX_WITHDRAWS);
    leave(SLOT_B, word_b);
}

/* A has seen that B is PENDING. Now B withdraws because of A, and its slot becomes a LIVE entry of
 * another key. */
static void b_lives_elsewhere(void)
{
    b_gives_up();
    word_b = enter(SLOT_B, SLOT_CLAIMED, &other, &where_b);
    slot_publish(&segment_words(segment, 0)[SLOT_B], word_b);
}

/* A has seen B's cell. Now B withdraws because of A, and claims its slot anew for another key, which
 * it has not written yet: the old key still stands in the slot. */
static void b_is_claimed_anew(void)
{
    b_gives_up();
    word_b = enter(SLOT_B, SLOT_CLAIMED, &other, NULL);
}

static void run_a(void)
{
    uint64_t where_a, word_a = enter(SLOT_A, SLOT_PENDING, &contested, &where_a);

    word_b = enter(SLOT_B, SLOT_PENDING, &contested, &where_b);
    assert_true(where_a < where_b);
    assert_int_equal(decide(segment, 0, &contested, CONTENDER(SLOT_A, word_a, where_a, 1)),
                     INDEX_GOES_LIVE);
    assert_int_equal(index_count(segment, NULL, 0, &contested), 1);
}

static connstat_t *begin(void)
{
    connstat_t *cs = create_segment(64);
    struct connstat_key key = connstat_key_u64(1), second = connstat_key_u64(2);
    connstat_id id;

    segment = atomic_load(&cs->attachment)->segment;
    assert_int_equal(connstat_register_key(cs, 0, connstat_key_u64(3), 0, NULL, 0, &id), 0);
    index_hash(segment, 0, key.bytes, &contested);
    index_hash(segment, 0, second.bytes, &other);
    return cs;
}

static void test_rival_lives_under_another_key(void **state)
{
    connstat_t *cs = begin();

    (void)state;
    after_walk = b_lives_elsewhere;
    run_a();
    connstat_close(cs);
}

static void test_rival_claims_its_slot_anew(void **state)
{
    connstat_t *cs = begin();

    (void)state;
    before_walk = b_is_claimed_anew;
    run_a();
    connstat_close(cs);
}

/* Two entries may live under the key. A has counted D, which lives. Now D leaves, and B, which was
 * PENDING behind A, goes LIVE. A survey that goes on finds B, too; but D and B never lived at the
 * same moment, so A must not be refused because of these two. */
static uint64_t word_d;

static void e_takes_the_place_of_d(void)
{
    before_rival = NULL;
    leave(SLOT_D, word_d);
    slot_publish(&segment_words(segment, 0)[SLOT_B], word_b);
}

static void test_refusal_is_of_one_moment(void **state)
{
    connstat_t *cs = begin();
    uint64_t where_a, word_a;

    (void)state;
    word_d = enter(SLOT_D, SLOT_CLAIMED, &contested, &where_b);
    slot_publish(&segment_words(segment, 0)[SLOT_D], word_d);
    word_a = enter(SLOT_A, SLOT_PENDING, &contested, &where_a);
    word_b = enter(SLOT_B, SLOT_PENDING, &contested, &where_b);
    assert_true(where_a < where_b);
    before_rival = e_takes_the_place_of_d;
    assert_int_equal(decide(segment, 0, &contested, CONTENDER(SLOT_A, word_a, where_a, 2)),
                     INDEX_GOES_LIVE);
    assert_null(before_rival);
    assert_int_equal(index_count(segment, NULL, 0, &contested), 2);
    connstat_close(cs);
}

/* The entry D is replaced by another one at each look: two surveys never see the same generation,
 * though the place is taken all the time. After some surveys A must give up and withdraw. */
static void d_lives_again(void)
{
    word_d += UINT64_C(1) << SLOT_GENERATION_SHIFT;
    slot_publish(&segment_words(segment, 0)[SLOT_B], word_d);
}

static void test_one_that_never_holds_still_counts(void **state)
{
    connstat_t *cs = begin();
    uint64_t where_a, word_a;

    (void)state;
    word_d = enter(SLOT_B, SLOT_CLAIMED, &contested, &where_b);
    slot_publish(&segment_words(segment, 0)[SLOT_B], word_d);
    word_a = enter(SLOT_A, SLOT_PENDING, &contested, &where_a);
    before_rival = d_lives_again;
    assert_int_equal(decide(segment, 0, &contested, CONTENDER(SLOT_A, word_a, where_a, 1)),
                     INDEX_WITHDRAWS);
    before_rival = NULL;
    connstat_close(cs);
}

/* Two cells have the key's tag: A's own, and that of a slot which A's thread has parked. The parked
 * one counts for nothing. Once another worker has taken that slot and lives in it under the key, it
 * counts, and A is refused. */
static void test_one_s_own_parked_slot(void **state)
{
    connstat_t *cs = begin();
    _Atomic uint64_t *word;
    uint64_t where_a, word_a;

    (void)state;
    word = &segment_words(segment, 0)[SLOT_D];
    word_d = slot_become(enter(SLOT_D, SLOT_CLAIMED, &contested, &where_b), SLOT_PARKED);
    atomic_store(word, word_d);
    parked[1] = (struct parked){.word = word_d, .slot = SLOT_D};
    word_a = enter(SLOT_A, SLOT_PENDING, &contested, &where_a);
    assert_int_equal(index_cells(segment, 0, &contested), 2);
    assert_int_equal(has_room(segment, 0, &contested, CONTENDER(SLOT_A, word_a, where_a, 1)),
                     INDEX_GOES_LIVE);

    assert_true(slot_claim(word, word_d, slot_word(SLOT_CLAIMED, OWNER, 0) | SLOT_KEYED, &word_d));
    index_remove(segment, 0, SLOT_D);
    insert(SLOT_D, &contested, &where_b);
    slot_publish(word, word_d);
    assert_int_equal(index_cells(segment, 0, &contested), 2);
    assert_int_equal(decide(segment, 0, &contested, CONTENDER(SLOT_A, word_a, where_a, 1)),
                     INDEX_WITHDRAWS);
    memset(parked, 0, sizeof(parked));
    connstat_close(cs);
}

/* Both places are taken when A looks first, and none any more when it looks again. B, which is undecided
 * behind A, has the second one then: A must not abort it, though it has met B twice. */
static uint64_t words_d[2];
static int walks;

static void both_leave(void)
{
    if (++walks != 2)
        return;
    leave(SLOT_D, words_d[0]);
    leave(SLOT_E, words_d[1]);
}

static void test_none_is_aborted_for_whom_there_is_room(void **state)
{
    static const uint32_t slots[] = {SLOT_D, SLOT_E};
    connstat_t *cs = begin();
    uint64_t where_a, word_a;

    (void)state;
    for (size_t i = 0; i < COUNT(slots); i++) {
        words_d[i] = enter(slots[i], SLOT_CLAIMED, &contested, &where_b);
        slot_publish(&segment_words(segment, 0)[slots[i]], words_d[i]);
    }
    word_a = enter(SLOT_A, SLOT_PENDING, &contested, &where_a);
    word_b = enter(SLOT_B, SLOT_PENDING, &contested, &where_b);
    assert_true(where_a < where_b);
    walks = 0;
    before_walk = both_leave;
    assert_int_equal(decide(segment, 0, &contested, CONTENDER(SLOT_A, word_a, where_a, 2)),
                     INDEX_GOES_LIVE);
    before_walk = NULL;
    assert_int_equal(walks, 2);
    assert_int_equal(atomic_load(&segment_words(segment, 0)[SLOT_B]), word_b);
    connstat_close(cs);
}

/* The key's places are full and nothing changes: two surveys agree, and A is refused. */
static void test_full_is_refused(void **state)
{
    connstat_t *cs = begin();
    uint64_t where_a, word_a;

    (void)state;
    word_d = enter(SLOT_D, SLOT_CLAIMED, &contested, &where_b);
    slot_publish(&segment_words(segment, 0)[SLOT_D], word_d);
    word_a = enter(SLOT_A, SLOT_PENDING, &contested, &where_a);
    assert_int_equal(decide(segment, 0, &contested, CONTENDER(SLOT_A, word_a, where_a, 1)),
                     INDEX_WITHDRAWS);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rival_lives_under_another_key),
        TEST(test_rival_claims_its_slot_anew),
        TEST(test_refusal_is_of_one_moment),
        TEST(test_one_that_never_holds_still_counts),
        TEST(test_one_s_own_parked_slot),
        TEST(test_full_is_refused),
        TEST(test_none_is_aborted_for_whom_there_is_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
