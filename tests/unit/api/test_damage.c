/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Damaged segments: files cut at any length, with a wrong value in each part of the header, or with
 * bits flipped anywhere. Opening such a file must succeed or return one of its errors; and of one that
 * opens, all that reads must come to an end.
 *
 *   test_damage FLIPS      how many files with flipped bits are tried
 */
#include "harness.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { CAPACITY = 40, BATCH = 1000, ENOUGH = 100000 };

static long flips = 2000;

/* ---- A segment with something of everything ------------------------------------------------- */

struct image {
    uint8_t *bytes;
    size_t size;
};

static void populate(connstat_t *cs)
{
    struct connstat_field fields[] = {connstat_int("user_id", 1), connstat_text("addr", "10.0.0.7"),
                                      connstat_bool("authenticated", true),
                                      connstat_float("rtt_ms", 1.5)};
    connstat_id id;

    CHECK(connstat_join(cs, "worker") == 0);
    for (int i = 0; i < 90; i++) {
        fields[0].value.integer = i;
        CHECK(connstat_register(cs, i % 9, fields, (size_t)i % 5, &id) == 0);
        if (i % 7 == 0)
            CHECK(connstat_unregister(cs, id) == 0);
        CHECK(connstat_register_key(cs, i % 9, connstat_key_u64((uint64_t)i % 5), 0, fields, 2,
                                    &id) == 0);
    }
}

static void populate_and_wait(struct child *self, void *arg)
{
    connstat_t *cs;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    populate(cs);
    CHECK(write(self->says, ".", 1) == 1);
    for (;;) /* until it is killed */
        pause();
}

/* Makes a segment with a living worker, a dead one that was swept, and a dead one that was not. */
static struct image make_image(struct child *alive)
{
    connstat_t *cs = create_segment(CAPACITY);
    struct child dead;
    struct image image;
    struct stat status;
    int fd;

    for (int i = 0; i < 2; i++) {
        dead = child_start(populate_and_wait, NULL);
        child_reached(&dead);
        child_kill(&dead);
        if (i == 0)
            assert_int_equal(connstat_reap(cs), 1);
    }
    *alive = child_start(populate_and_wait, NULL);
    child_reached(alive);
    connstat_close(cs);
    fd = open(segment_path("test"), O_RDONLY);
    assert_int_equal(fstat(fd, &status), 0);
    image.size = (size_t)status.st_size;
    image.bytes = malloc(image.size);
    assert_int_equal(read(fd, image.bytes, image.size), image.size);
    close(fd);
    return image;
}

/* ---- Everything that reads, and what writes, on whatever opens ------------------------------ */

static int look_at_entry(const struct connstat_entry *entry, void *arg)
{
    size_t *visits = arg;
    uint64_t sum = (uint64_t)entry->pid + (uint64_t)entry->started_at_ns;

    for (size_t i = 0; i < entry->metadata_count; i++) {
        sum += strlen(entry->metadata[i].name);
        if (entry->metadata[i].type == CONNSTAT_TEXT)
            sum += strlen(entry->metadata[i].value.text);
    }
    for (size_t i = 0; i < entry->encoded_size; i++)
        sum += ((const uint8_t *)entry->encoded)[i];
    if (entry->key)
        sum += entry->key->bytes[0];
    CHECK(entry->id != 0 && entry->type >= 0 && entry->type < CONNSTAT_MAX_TYPES);
    *(volatile uint64_t *)&sum;
    return ++*visits > ENOUGH;
}

static int look_at_worker(const struct connstat_worker *worker, void *arg)
{
    size_t *visits = arg;

    CHECK(strlen(worker->label) < CONNSTAT_LABEL_BYTES);
    return ++*visits > ENOUGH;
}

static int look_at_death(const struct connstat_death *death, void *arg)
{
    size_t *visits = arg;

    CHECK(strlen(death->label) < CONNSTAT_LABEL_BYTES);
    return ++*visits > ENOUGH;
}

static void hear_message(const char *message, void *arg)
{
    *(size_t *)arg += strlen(message) > 0;
}

static void read_all(connstat_t *cs)
{
    struct connstat_cluster_counts cluster;
    struct connstat_cluster_info cluster_info;
    struct connstat_counts counts;
    struct connstat_totals totals;
    struct connstat_info info;
    size_t visits = 0;
    int types = connstat_type_count(cs);

    CHECK(types >= 0 && types <= CONNSTAT_MAX_TYPES);
    for (int type = 0; type < types; type++) {
        const char *name = connstat_type_name(cs, type);

        CHECK(name && strlen(name) < 32);
        CHECK((int64_t)connstat_count(cs, type) <= connstat_type_capacity(cs, type));
    }
    CHECK(connstat_counts(cs, &counts) == 0);
    CHECK(connstat_cluster_counts(cs, &cluster) == 0);
    CHECK(connstat_cluster_info(cs, &cluster_info) <= 0);
    CHECK(connstat_totals(cs, &totals) == 0);
    CHECK(connstat_info(cs, &info) <= 0);
    CHECK(connstat_for_each(cs, CONNSTAT_ANY_TYPE, look_at_entry, &visits) <= ENOUGH);
    CHECK(connstat_for_each_encoded(cs, 0, look_at_entry, &visits) <= ENOUGH);
    CHECK(connstat_for_each_worker(cs, look_at_worker, &visits) <= ENOUGH);
    CHECK(connstat_for_each_death(cs, look_at_death, &visits) <= ENOUGH);
    connstat_count_key(cs, 0, connstat_key_u64(1));
    CHECK(connstat_for_each_key(cs, 0, connstat_key_u64(1), look_at_entry, &visits) <= ENOUGH);
    connstat_check(cs, hear_message, &visits);
    CHECK(connstat_reap(cs) <= ENOUGH);
    CHECK(connstat_for_each(cs, CONNSTAT_ANY_TYPE, look_at_entry, &visits) <= ENOUGH);
}

static void write_some(connstat_t *cs)
{
    struct connstat_field field = connstat_int("n", 1);
    connstat_id ids[2 * CAPACITY] = {0};

    connstat_reap(cs);
    for (size_t i = 0; i < COUNT(ids); i++)
        connstat_register(cs, (int)i % 2, &field, 1, &ids[i]);
    for (size_t i = 0; i < COUNT(ids); i += 2)
        connstat_unregister(cs, ids[i]);
    connstat_register_key(cs, 0, connstat_key_u64(1), 3, &field, 1, ids);
    connstat_repair(cs);
}

/* Opens the segment and calls all there is on it; returns what opening it returned. */
static int exercise(bool writing)
{
    connstat_t *cs;
    int error;

    alarm(PATIENCE_S);
    error = connstat_open(&cs, "copy", writing ? 0 : CONNSTAT_READ_ONLY);
    CHECK(error == 0 || error == -EBADMSG || error == -EPROTO);
    if (error == 0) {
        read_all(cs);
        if (writing)
            write_some(cs);
        connstat_close(cs);
    }
    alarm(0);
    return error;
}

static void put_copy(const struct image *image, size_t size)
{
    int fd = open(segment_path("copy"), O_WRONLY | O_CREAT, 0640);

    CHECK(fd >= 0);
    CHECK(write(fd, image->bytes, size) == (ssize_t)size);
    CHECK(ftruncate(fd, (off_t)size) == 0);
    close(fd);
}

/* ---- The tests ------------------------------------------------------------------------------ */

static void in_image(void (*body)(struct image *image))
{
    struct child alive;
    struct image image = make_image(&alive);

    put_copy(&image, image.size);
    assert_int_equal(exercise(false), 0);
    body(&image);
    child_kill(&alive);
    free(image.bytes);
}

static void cut(struct image *image)
{
    for (size_t size = 0; size < image->size; size += size < 4096 ? 64 : 512) {
        put_copy(image, size);
        if (exercise(false) != -EBADMSG || exercise(true) != -EBADMSG)
            fail_msg("taken with %zu of %zu bytes", size, image->size);
    }
    put_copy(image, image->size - 1);
    assert_int_equal(exercise(false), -EBADMSG);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    in_image(cut);
}

struct batch {
    struct image *image;
    uint64_t seed;
};

/* Tries a batch in a child process, so that after a crash the test can say which file caused it. */
static void run_batch(child_fn body, struct batch *batch, const char *what)
{
    struct child child = child_start(body, batch);
    int status;

    assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
    close(child.hears);
    close(child.says);
    if (status != 0)
        fail_msg("status %#x: %s %llu", status, what, (unsigned long long)batch->seed);
}

/* Sets one byte of the header after the other to values that are likely to do harm. */
static void spoil_header(struct child *self, void *arg)
{
    static const uint8_t spoils[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    const struct batch *batch = arg;
    struct image *image = batch->image;

    (void)self;
    for (size_t at = batch->seed; at < batch->seed + 64; at++) {
        uint8_t right = image->bytes[at];

        for (size_t i = 0; i < 2 * COUNT(spoils); i++) {
            uint8_t wrong = i % 2 ? spoils[i / 2] : right ^ spoils[i / 2];

            if (wrong == right)
                continue;
            image->bytes[at] = wrong;
            put_copy(image, image->size);
            exercise(i % 2);
        }
        image->bytes[at] = right;
    }
}

static void each_header_byte(struct image *image)
{
    for (uint64_t at = 0; at < 4096; at += 64) {
        struct batch batch = {image, at};

        run_batch(spoil_header, &batch, "one byte of the 64 from");
    }
}

static void test_each_byte_of_the_header(void **state)
{
    (void)state;
    in_image(each_header_byte);
}

static void flip_bits(struct child *self, void *arg)
{
    const struct batch *batch = arg;
    struct image *image = batch->image;
    uint64_t random = batch->seed * 2654435761 + 1;

    (void)self;
    for (int i = 0; i < BATCH; i++) {
        size_t at[4], count = 1 + next_random(&random) % COUNT(at);
        uint8_t bit[4];

        for (size_t k = 0; k < count; k++) {
            at[k] = next_random(&random) % (next_random(&random) % 4 ? image->size : 8192);
            bit[k] = (uint8_t)(1 << next_random(&random) % 8);
            image->bytes[at[k]] ^= bit[k];
        }
        put_copy(image, image->size);
        exercise(i % 4 == 0);
        for (size_t k = 0; k < count; k++)
            image->bytes[at[k]] ^= bit[k];
    }
}

static void flipped(struct image *image)
{
    for (uint64_t done = 0; done < (uint64_t)flips; done += BATCH) {
        struct batch batch = {image, done};

        run_batch(flip_bits, &batch, "flipped bits, seed");
    }
}

static void test_flipped_bits(void **state)
{
    (void)state;
    in_image(flipped);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_cut_anywhere),
        TEST(test_each_byte_of_the_header),
        TEST(test_flipped_bits),
    };

    if (argc > 1)
        flips = atol(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
