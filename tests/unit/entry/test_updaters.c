/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Threads that update one entry at once, beside one that reads it: each look shows one map, whole.
 */
#include "harness.h"

#include <pthread.h>
#include <stdatomic.h>

static connstat_t *shared_cs;
static connstat_id shared_id;

enum { WRITERS = 3, ROUNDS = 20000 };
static _Atomic uint64_t done_updates, busy;
static _Atomic bool stop;

/* Makes metadata that shows whether it is whole: n stands in it three times, and its length depends
 * on n. */
static size_t make_map(uint32_t n, struct connstat_field fields[3], char text[32])
{
    memset(text, 'a' + (int)(n % 26), n % 24);
    text[n % 24] = '\0';
    fields[0] = connstat_int("a", n);
    fields[1] = connstat_text("t", text);
    fields[2] = connstat_int("b", n);
    return 3;
}

static int is_whole(const struct connstat_entry *entry, void *arg)
{
    struct connstat_field fields[3];
    uint8_t encoded[96];
    char text[32];

    if (entry->metadata_count == 3) {
        size_t count = make_map((uint32_t)entry->metadata[0].value.integer, fields, text);
        int size = connstat_encode(fields, count, encoded, sizeof(encoded));

        *(size_t *)arg += entry->encoded_size == (size_t)size &&
                          memcmp(entry->encoded, encoded, (size_t)size) == 0;
    }
    return 0;
}

static void *write_maps(void *arg)
{
    uint32_t n = (uint32_t)(uintptr_t)arg * 1000000;

    for (int i = 0; i < ROUNDS; i++) {
        struct connstat_field fields[3];
        char text[32];
        size_t count = make_map(++n, fields, text);
        int error = connstat_update(shared_cs, shared_id, fields, count);

        if (error == 0)
            atomic_fetch_add(&done_updates, 1);
        else if (error == -EBUSY)
            atomic_fetch_add(&busy, 1);
        else
            fail_msg("update: %d", error);
    }
    return NULL;
}

static void *read_maps(void *arg)
{
    connstat_t *reader = open_segment(CONNSTAT_READ_ONLY);
    size_t rounds = 0, whole = 0;

    (void)arg;
    while (!atomic_load(&stop)) {
        rounds++;
        assert_int_equal(connstat_for_each(reader, 0, is_whole, &whole), 1);
        assert_int_equal(whole, rounds);
    }
    connstat_close(reader);
    return NULL;
}

static void test_writers_and_readers(void **state)
{
    struct connstat_field fields[3];
    pthread_t writers[WRITERS], reader;
    char text[32];
    size_t whole = 0;

    (void)state;
    shared_cs = create_segment(8);
    assert_int_equal(connstat_register(shared_cs, 0, fields, make_map(1, fields, text), &shared_id),
                     0);
    assert_int_equal(pthread_create(&reader, NULL, read_maps, NULL), 0);
    for (uintptr_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, write_maps, (void *)(i + 1)), 0);
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    atomic_store(&stop, true);
    pthread_join(reader, NULL);
    assert_true(atomic_load(&done_updates) > 0);
    assert_int_equal(atomic_load(&done_updates) + atomic_load(&busy), WRITERS * ROUNDS);
    assert_int_equal(connstat_get(shared_cs, shared_id, is_whole, &whole), 0);
    assert_int_equal(whole, 1);
    assert_int_equal(connstat_check(shared_cs, NULL, NULL), 0);
    connstat_close(shared_cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_writers_and_readers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
