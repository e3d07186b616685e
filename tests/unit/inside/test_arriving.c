/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * An entry that is about to become one of another type: it is there once the slot that it comes
 * from says that it has left, and no other word of that slot will do.
 */
#include "growing.h"

#include "records/record.h"
#include "slots/payload.h"
#include "slots/table.h"
#include "worker/handle.h"

enum { OWNER = 0, TO = 5, GENERATION = 5 };

static const struct segment *segment;

static _Atomic uint64_t *word_of(uint32_t type, uint32_t slot)
{
    return &segment_words(segment, type)[slot];
}

static bool is_there(void)
{
    struct table table = table_of(segment, NULL, 1);
    uint64_t metadata[64];
    struct copy copy;

    if (!table_read(&table, TO, &copy, metadata))
        return false;
    assert_int_equal(copy.length, 1);
    assert_int_equal((uint8_t)metadata[0], 0xa0);
    return true;
}

/* Move an entry from this slot of type 0, up to the moment before it has left it. */
static void bring(uint32_t from)
{
    static const uint8_t empty_map[8] = {0xa0};
    struct payload *payload = segment_payload(segment, 1, TO);
    struct origin origin = {.type = 0, .slot = from, .word = slot_word(SLOT_UPDATING, OWNER, 9)};

    atomic_store(word_of(0, from), origin.word);
    atomic_store(word_of(1, TO), slot_word(SLOT_CLAIMED, OWNER, GENERATION));
    content_arrive(payload, &origin, stamp_make(UINT64_C(1) << 40, 1), empty_map, 1);
    content_number(payload, 1);
    atomic_store(word_of(1, TO), slot_word(SLOT_UPDATING, OWNER, GENERATION));
}

static void test_it_arrives(void **state)
{
    static const uint32_t slots[] = {0, 1, 2, 21, 62, 63};
    connstat_t *cs = create_segment(64);
    connstat_id id;

    (void)state;
    segment = atomic_load(&cs->attachment)->segment;
    assert_int_equal(connstat_register(cs, 3, NULL, 0, &id), 0);
    assert_true(record_state(atomic_load(&segment_record(segment, OWNER)->word)) == RECORD_ALIVE);
    for (unsigned i = 0; i < COUNT(slots); i++) {
        _Atomic uint64_t *from = word_of(0, slots[i]);

        bring(slots[i]);
        assert_false(is_there());
        for (int other = SLOT_FREE; other <= SLOT_UPDATING; other++)
            if (other != SLOT_CLAIMED) {
                atomic_store(from, slot_word((enum slot_state)other, OWNER, 9));
                assert_false(is_there());
            }
        atomic_store(from, slot_word(SLOT_CLAIMED, OWNER + 1, 9));
        assert_false(is_there());
        atomic_store(from, slot_word(SLOT_CLAIMED, OWNER, 10));
        assert_false(is_there());
        atomic_store(from, slot_word(SLOT_CLAIMED, OWNER, 9));
        assert_true(is_there());
        /* It has settled: what becomes of the old slot is nobody's business. */
        content_settle(segment_payload(segment, 1, TO));
        atomic_store(from, 0);
        assert_true(is_there());
        atomic_store(word_of(1, TO), 0);
    }
    connstat_close(cs);
}

/* A damaged stamp says that it comes from where there is nothing. */
static void test_from_nowhere(void **state)
{
    connstat_t *cs = create_segment(64);
    struct payload *payload;
    connstat_id id;

    (void)state;
    segment = atomic_load(&cs->attachment)->segment;
    assert_int_equal(connstat_register(cs, 3, NULL, 0, &id), 0);
    bring(5);
    payload = segment_payload(segment, 1, TO);
    for (uint32_t type = 9; type < 64; type++) {
        atomic_store(&payload->stamp, stamp_arriving(type, 5, 9));
        assert_false(is_there());
    }
    for (uint32_t slot = 64; slot < MAX_CAPACITY; slot = 2 * slot + 1) {
        atomic_store(&payload->stamp, stamp_arriving(0, slot, 9));
        assert_false(is_there());
    }
    connstat_close(cs);
}

static int keep_id(const struct connstat_entry *entry, void *arg)
{
    *(connstat_id *)arg = entry->id;
    return 0;
}

/* The slot that it comes from is one that who asks for it has not mapped yet. */
static void test_from_what_has_grown(void **state)
{
    connstat_t *cs = create_growing(FEW, MAXIMUM), *behind = open_segment(CONNSTAT_READ_ONLY);
    connstat_id id, found = 0;

    (void)state;
    segment = atomic_load(&cs->attachment)->segment;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_resize(cs, 0, MANY), 0);
    bring(MANY - 1);
    atomic_store(word_of(0, MANY - 1), slot_word(SLOT_CLAIMED, OWNER, 9));
    atomic_store(&segment_taken(segment, 1)[0], 1u << TO); /* so that it is listed */
    id = 0;
    assert_int_equal(connstat_for_each(cs, 1, keep_id, &id), 1);
    assert_int_equal(connstat_get(behind, id, keep_id, &found), 0);
    assert_int_equal(found, id);
    connstat_close(behind);
    atomic_store(word_of(0, MANY - 1), 0);
    atomic_store(word_of(1, TO), 0);
    atomic_store(&segment_taken(segment, 1)[0], 0);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_arrives),
        TEST(test_from_nowhere),
        TEST(test_from_what_has_grown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
