/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A thread stands in the middle of an update: the segment says what it would say then.
 */
#include "harness.h"

#include "records/resume.h"
#include "slots/payload.h"
#include "worker/handle.h"

#include <stdatomic.h>

static const struct connstat_field old_map[] = {
    {.name = "what", .type = CONNSTAT_TEXT, .value.text = "as it was"}};
static const struct connstat_field new_map[] = {
    {.name = "what", .type = CONNSTAT_TEXT, .value.text = "another"}};

static const struct segment *segment_of(connstat_t *cs)
{
    return atomic_load(&cs->attachment)->segment;
}

/* The first slot of a type that holds an entry. */
static uint32_t slot_of(const struct segment *s, uint32_t type)
{
    uint32_t slot = 0;

    while (!slot_is_entry(atomic_load(&segment_words(s, type)[slot])))
        assert_true(++slot < s->geometry.types[type].capacity);
    return slot;
}

struct shown {
    uint8_t encoded[512];
    size_t size;
    int64_t started;
};

static int show(const struct connstat_entry *entry, void *arg)
{
    struct shown *shown = arg;

    memcpy(shown->encoded, entry->encoded, entry->encoded_size);
    shown->size = entry->encoded_size;
    shown->started = entry->started_at_ns;
    return 0;
}

static struct shown shows(connstat_t *cs, connstat_id id, const struct connstat_field *map)
{
    struct shown shown = {.size = 0};
    uint8_t encoded[512];
    int size = connstat_encode(map, 1, encoded, sizeof(encoded));

    assert_int_equal(connstat_get(cs, id, show, &shown), 0);
    assert_int_equal(shown.size, size);
    assert_memory_equal(shown.encoded, encoded, size);
    return shown;
}

/* ---- another one comes ---------------------------------------------------------------------- */

static void test_busy(void **state)
{
    connstat_t *cs = create_segment(4);
    const struct segment *s = segment_of(cs);
    struct connstat_totals before, after;
    _Atomic uint64_t *word;
    uint8_t encoded[64];
    connstat_id id, same, others[4];
    int size = connstat_encode(new_map, 1, encoded, sizeof(encoded));

    (void)state;
    assert_int_equal(connstat_register(cs, 0, old_map, 1, &id), 0);
    same = id;
    word = &segment_words(s, 0)[slot_of(s, 0)];
    assert_int_equal(connstat_totals(cs, &before), 0);
    atomic_store(word, slot_become(atomic_load(word), SLOT_UPDATING));

    assert_int_equal(connstat_update(cs, id, new_map, 1), -EBUSY);
    assert_int_equal(connstat_update_encoded(cs, id, encoded, (size_t)size), -EBUSY);
    assert_int_equal(connstat_move(cs, &id, 1, new_map, 1), -EBUSY);
    assert_int_equal(connstat_move(cs, &id, 1, NULL, 0), -EBUSY);
    assert_true(id == same);
    shows(cs, id, old_map);
    assert_int_equal(connstat_touch(cs, id), 0);
    assert_int_equal(connstat_totals(cs, &after), 0);
    assert_memory_equal(&before, &after, sizeof(before));
    for (int i = 0; i < 4; i++) /* nor has a refused move kept a slot */
        assert_int_equal(connstat_register(cs, 1, NULL, 0, &others[i]), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(connstat_unregister(cs, others[i]), 0);

    atomic_store(word, slot_become(atomic_load(word), SLOT_LIVE));
    assert_int_equal(connstat_update(cs, id, new_map, 1), 0);
    shows(cs, id, new_map);
    assert_int_equal(connstat_move(cs, &id, 1, old_map, 1), 0);
    shows(cs, id, old_map);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

/* An entry that is taken out then is gone at once; whoever updates it gives its slot back. */
static void test_taken_out(void **state)
{
    connstat_t *cs = create_segment(4);
    const struct segment *s = segment_of(cs);
    _Atomic uint64_t *word;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, old_map, 1, &id), 0);
    word = &segment_words(s, 0)[slot_of(s, 0)];
    atomic_store(word, slot_become(atomic_load(word), SLOT_UPDATING));
    assert_int_equal(connstat_unregister(cs, id), 0);
    assert_int_equal(connstat_count(cs, 0), 0);
    assert_int_equal(connstat_for_each(cs, 0, show, &(struct shown){.size = 0}), 0);
    assert_int_equal(slot_state(atomic_load(word)), SLOT_RELEASING);
    assert_int_equal(connstat_update(cs, id, new_map, 1), -ENOENT);
    assert_int_equal(connstat_unregister(cs, id), -ENOENT);
    connstat_close(cs);
}

/* ---- it never goes on ----------------------------------------------------------------------- */

enum { SPARE = 3 };

/* Cut off an update when half the room is written. Returns the slot's payload. */
static struct payload *cut_off(const struct segment *s)
{
    uint32_t slot = slot_of(s, 0);
    struct payload *payload = segment_payload(s, 0, slot);
    uint8_t other[64];
    int size = connstat_encode(new_map, 1, other, sizeof(other));
    struct content old;

    assert_true(content_read(s, payload, &old));
    content_replace(s, payload, &old, SPARE, other, (uint32_t)size);
    atomic_store(&payload->stamp,
                 stamp_copied(SPARE, (uint32_t)atomic_load(&segment_spare(s, SPARE)->sequence)));
    return payload;
}

/* The old map is there, again where the program that restores it is cut off, too; no stamp comes
 * back that a slow reader may have seen. */
static void restores(size_t length, bool updated_before)
{
    char text[128] = "";
    const struct connstat_field map[] = {connstat_text("what", text)};
    connstat_t *cs = create_segment(4);
    const struct segment *s = segment_of(cs);
    struct payload *payload;
    uint64_t stamp;
    int64_t started;
    connstat_id id;

    memset(text, 'x', length);
    text[length] = '\0';
    assert_int_equal(connstat_register(cs, 0, map, 1, &id), 0);
    for (int i = 0; i < 5 && updated_before; i++)
        assert_int_equal(connstat_update(cs, id, map, 1), 0);
    started = shows(cs, id, map).started;
    for (int round = 0; round < 2; round++) {
        stamp = atomic_load(&segment_payload(s, 0, slot_of(s, 0))->stamp);
        payload = cut_off(s);
        shows(cs, id, map);
        assert_true(content_restore(s, payload));
        assert_true(atomic_load(&payload->stamp) != stamp);
        assert_true(shows(cs, id, map).started - started <= (round + 1) << STAMP_SHIFT);
        assert_true(content_restore(s, payload));
    }
    assert_int_equal(connstat_update(cs, id, new_map, 1), 0);
    shows(cs, id, new_map);
    connstat_close(cs);
}

static void test_restore(void **state)
{
    (void)state;
    for (size_t length = 0; length <= 88; length++) /* 96 bytes: as large as can be registered */
        restores(length, false);
    for (size_t length = 0; length <= 80; length++)
        restores(length, true);
}

/* The program is replaced there: the next one has the entry as it was. If it was moving, and its old slot
 * does not say that it has left, it is the old slot that holds the entry, and the new one is free. */
static void test_next_program(void **state)
{
    connstat_t *cs = create_segment(4);
    const struct segment *s = segment_of(cs);
    struct origin nowhere = {.type = 1, .slot = 0, .word = 0};
    uint64_t record = atomic_load(&segment_record(s, 0)->word);
    _Atomic uint64_t *word;
    connstat_id id, other;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, old_map, 1, &id), 0);
    assert_int_equal(connstat_register(cs, 0, old_map, 1, &other), 0);
    record = atomic_load(&segment_record(s, 0)->word);
    word = &segment_words(s, 0)[slot_of(s, 0)];
    (void)cut_off(s);
    atomic_store(word, slot_become(atomic_load(word), SLOT_UPDATING));
    resume_record(s, 0, record);
    assert_int_equal(slot_state(atomic_load(word)), SLOT_LIVE);
    shows(cs, id, old_map);
    assert_int_equal(connstat_update(cs, id, new_map, 1), 0);

    content_arrive(segment_payload(s, 0, slot_of(s, 0)), &nowhere, 0, NULL, 0);
    atomic_store(word, slot_become(atomic_load(word), SLOT_UPDATING));
    resume_record(s, 0, record);
    assert_int_equal(slot_state(atomic_load(word)), SLOT_FREE);
    shows(cs, other, old_map);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

/* What no undamaged slot holds is not taken for an entry. */
static void test_restore_damage(void **state)
{
    connstat_t *cs = create_segment(4);
    const struct segment *s = segment_of(cs);
    struct payload *payload;
    struct spare *spare = segment_spare(s, SPARE);
    uint64_t good, head;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, old_map, 1, &id), 0);
    payload = cut_off(s);
    good = atomic_load(&payload->stamp);
    head = atomic_load(&spare->head);
    atomic_store(&payload->stamp, good | UINT64_C(0xffff) << 48); /* no such spare */
    assert_false(content_restore(s, payload));
    atomic_store(&payload->stamp, good ^ 1 << 16); /* another use of it */
    assert_false(content_restore(s, payload));
    atomic_store(&payload->stamp, good);
    atomic_store(&spare->head, head | 0x7fff);
    assert_false(content_restore(s, payload));
    atomic_store(&spare->head, (head & ~UINT64_C(0x7fff)) | HEAD_MOVED | 81);
    assert_false(content_restore(s, payload));
    atomic_store(&payload->stamp, 0x7fff);
    assert_false(content_restore(s, payload));
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_busy),         TEST(test_taken_out),      TEST(test_restore),
        TEST(test_next_program), TEST(test_restore_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
