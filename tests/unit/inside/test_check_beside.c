/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat_check, while a table grows in the middle of it: entries that come into slots which the
 * checker had not mapped when it began are no damage.
 */
#include "growing.h"

#include "segment.h"
#include "worker/handle.h"

static connstat_id ids[MAXIMUM + 1];

static void grows_when_told(struct child *self, void *arg)
{
    connstat_t *cs;
    connstat_id id;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register(cs, 1, NULL, 0, &id) == 0);
    child_pause(self);
    add(cs, 0, MANY, ids);
    for (uint64_t i = 0; i < 100; i++)
        CHECK(connstat_register_key(cs, 0, connstat_key_u64(i), 0, NULL, 0, &id) == 0);
    child_pause(self);
}

struct beside {
    struct child child;
    char *first_letter; /* of the name of a type; it is wrong until the check has told so */
    int reports;
};

static void grow_at_first(const char *message, void *arg)
{
    struct beside *beside = arg;

    if (beside->reports++ > 0) {
        fprintf(stderr, "check: %s\n", message);
        return;
    }
    *beside->first_letter ^= 1;
    child_go_on(&beside->child);
    child_reached(&beside->child);
}

static void test_what_comes_by_growing_is_no_damage(void **state)
{
    connstat_t *cs = create_growing(FEW, MAXIMUM);
    const struct segment *segment = atomic_load(&cs->attachment)->segment;
    struct beside beside = {.first_letter = segment_header(segment)->types[0].name};
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register_key(cs, 0, connstat_key_u64(1), 0, NULL, 0, &id), 0);
    beside.child = child_start(grows_when_told, NULL);
    child_reached(&beside.child);
    *beside.first_letter ^= 1;
    assert_int_equal(connstat_check(cs, grow_at_first, &beside), 1);
    assert_int_equal(connstat_count(cs, 0), MANY + 101);
    check_clean(cs);
    child_go_on(&beside.child);
    child_finish(&beside.child);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_comes_by_growing_is_no_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
