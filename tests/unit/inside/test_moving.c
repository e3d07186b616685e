/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A list of all types beside a move whose thread is stopped in the middle, goes on while the list
 * does, or is killed there. The steps are those of lib/move.c.
 */
#include "harness.h"

#include "records/claim.h"
#include "slots/moving.h"
#include "slots/payload.h"
#include "worker/handle.h"

struct half_move {
    const struct segment *s;
    uint64_t live; /* the old slot's word */
    struct claim claim;
};

static _Atomic uint64_t *old_word(const struct half_move *move)
{
    return &segment_words(move->s, 0)[0];
}

static _Atomic uint64_t *new_word(const struct half_move *move)
{
    return &segment_words(move->s, 1)[move->claim.slot];
}

static struct payload *new_payload(const struct half_move *move)
{
    return segment_payload(move->s, 1, move->claim.slot);
}

/* Of the only entry of type 0, which is in slot 0: up to the number, before anybody can see it. */
static void begin(struct half_move *move, connstat_t *cs)
{
    struct origin from = {.type = 0, .slot = 0};
    struct content old;
    uint32_t hand = 0;

    move->s = atomic_load(&cs->attachment)->segment;
    move->live = from.word = atomic_load(old_word(move));
    CHECK(claim_find(move->s, 1, slot_word(SLOT_CLAIMED, slot_owner(from.word), 0), &hand,
                     &move->claim) == 0);
    CHECK(slot_begin_update(old_word(move), move->live));
    CHECK(content_read(move->s, segment_payload(move->s, 0, 0), &old));
    content_arrive(new_payload(move), &from, old.head, NULL, 0);
    content_number(new_payload(move), moving_begin(move->s));
}

static void show(const struct half_move *move)
{
    atomic_store(new_word(move), slot_become(move->claim.word, SLOT_UPDATING));
}

static void exchange(const struct half_move *move)
{
    uint64_t updating = slot_become(move->live, SLOT_UPDATING);

    CHECK(slot_retract(old_word(move), updating, slot_become(updating, SLOT_CLAIMED)));
}

static void finish(const struct half_move *move)
{
    content_settle(new_payload(move));
    CHECK(slot_end_update(new_word(move), slot_become(move->claim.word, SLOT_LIVE)));
    slot_free(old_word(move), segment_taken(move->s, 0), 0,
              slot_become(move->live, SLOT_RELEASING));
}

static void whole(const struct half_move *move)
{
    show(move);
    exchange(move);
    finish(move);
}

struct visits {
    const struct half_move *move;
    void (*at_first)(const struct half_move *move);
    int count, types[2];
};

static int visit(const struct connstat_entry *entry, void *arg)
{
    struct visits *visits = arg;

    if (visits->count == 0 && visits->at_first != NULL)
        visits->at_first(visits->move);
    visits->types[visits->count++ % 2] = entry->type;
    return 0;
}

static connstat_t *create_with_entry(void)
{
    connstat_t *cs = create_segment(64);
    connstat_id id;

    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    return cs;
}

/* Stopped where the new slot cannot be seen yet, and where it can; both go on during the list. */
static void test_goes_on_during_the_list(void **state)
{
    (void)state;
    for (int shown = 0; shown < 2; shown++) {
        connstat_t *cs = create_with_entry();
        struct half_move move;
        struct visits visits = {.move = &move, .at_first = whole};

        begin(&move, cs);
        if (shown)
            show(&move);
        assert_int_equal(connstat_for_each(cs, CONNSTAT_ANY_TYPE, visit, &visits), 1);
        assert_int_equal(visits.types[0], 0);
        visits = (struct visits){.at_first = NULL};
        assert_int_equal(connstat_for_each(cs, CONNSTAT_ANY_TYPE, visit, &visits), 1);
        assert_int_equal(visits.types[0], 1);
        connstat_close(cs);
    }
}

/* Stopped after the exchange: it has moved, whatever is still to be done. */
static void test_stopped_after_the_exchange(void **state)
{
    connstat_t *cs = create_with_entry();
    struct half_move move;
    struct visits visits = {.move = &move, .at_first = finish};

    (void)state;
    begin(&move, cs);
    show(&move);
    exchange(&move);
    assert_int_equal(connstat_for_each(cs, CONNSTAT_ANY_TYPE, visit, &visits), 1);
    assert_int_equal(visits.types[0], 1);
    connstat_close(cs);
}

/* More of them than there is room for at first, as where a whole group of processes is frozen. */
static void test_many(void **state)
{
    enum { MANY = 50 };
    connstat_t *cs = create_segment(64);
    const struct segment *s = atomic_load(&cs->attachment)->segment;
    struct arrivals arrivals = {NULL, 0, 0};
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    for (uint32_t i = 0; i < MANY; i++) {
        struct origin from = {.type = 0, .slot = 0, .word = atomic_load(segment_words(s, 0))};
        struct claim claim;
        uint32_t hand = i;

        assert_int_equal(claim_find(s, 1, slot_word(SLOT_CLAIMED, 0, 0), &hand, &claim), 0);
        content_arrive(segment_payload(s, 1, claim.slot), &from, 0, NULL, 0);
    }
    assert_int_equal(arrivals_note(s, &arrivals), 0);
    assert_int_equal(arrivals.count, MANY);
    for (uint32_t slot = 0; slot < 64; slot++) {
        uint64_t word = atomic_load(&segment_words(s, 1)[slot]);

        assert_int_equal(arrivals_have(&arrivals, 1, slot, word), slot < MANY);
        assert_false(arrivals_have(&arrivals, 0, slot, word));
        assert_false(
            arrivals_have(&arrivals, 1, slot, word + (UINT64_C(1) << SLOT_GENERATION_SHIFT)));
    }
    arrivals_free(&arrivals);
    connstat_close(cs);
}

static void begin_and_die(struct child *self, void *arg)
{
    struct half_move move;
    connstat_t *cs;
    connstat_id id;

    (void)self;
    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    begin(&move, cs);
    show(&move);
    _exit(0); /* without leaving: as one that was killed */
}

static void test_killed(void **state)
{
    connstat_t *cs = create_segment(64);

    (void)state;
    in_child(begin_and_die, NULL);
    assert_true(listed(cs, CONNSTAT_ANY_TYPE) <= 1); /* not found dead yet */
    assert_true(connstat_reap(cs) >= 0);
    assert_int_equal(listed(cs, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_goes_on_during_the_list),
        TEST(test_stopped_after_the_exchange),
        TEST(test_many),
        TEST(test_killed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
