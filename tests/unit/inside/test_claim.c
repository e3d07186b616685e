/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Finding a free slot: wherever the search begins, the only one that is free is found, and only that.
 */
#include "harness.h"

#include "records/claim.h"
#include "slots/slot.h"
#include "worker/handle.h"

enum { CAPACITY = 150, OWNER = 0 }; /* two words of the taken map and a part of a third */

static void test_the_only_free_slot(void **state)
{
    connstat_t *cs = create_segment(CAPACITY);
    const struct segment *s = atomic_load(&cs->attachment)->segment;
    _Atomic uint64_t *taken = segment_taken(s, 0), *words = segment_words(s, 0);
    uint64_t as = slot_word(SLOT_CLAIMED, OWNER, 0);
    struct claim claim;

    (void)state;
    for (uint32_t slot = 0; slot < CAPACITY; slot++)
        taken_set(taken, slot);
    for (uint32_t from = 0; from < CAPACITY; from++) {
        uint32_t hand = from;

        assert_int_equal(claim_find(s, 0, as, &hand, &claim), -ENOSPC);
        assert_int_equal(hand, from);
        for (uint32_t slot = 0; slot < CAPACITY; slot++) {
            hand = from;
            taken_clear(taken, slot);
            assert_int_equal(claim_find(s, 0, as, &hand, &claim), 0);
            assert_int_equal(claim.slot, slot);
            assert_int_equal(hand, slot);
            atomic_store(&words[slot], 0);
        }
    }
    connstat_close(cs);
}

/* Others have claimed slots, and have not marked them taken yet: they are passed by. */
static void test_slots_that_others_claim(void **state)
{
    connstat_t *cs = create_segment(CAPACITY);
    const struct segment *s = atomic_load(&cs->attachment)->segment;
    uint64_t as = slot_word(SLOT_CLAIMED, OWNER, 0);
    struct claim claim;

    (void)state;
    for (uint32_t slot = 0; slot < CAPACITY; slot++) {
        uint32_t hand = 0;

        assert_int_equal(claim_find(s, 0, as, &hand, &claim), 0);
        assert_int_equal(claim.slot, slot);
        taken_clear(segment_taken(s, 0), slot);
    }
    assert_int_equal(claim_find(s, 0, as, &(uint32_t){0}, &claim), -ENOSPC);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_the_only_free_slot),
                                       TEST(test_slots_that_others_claim)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
