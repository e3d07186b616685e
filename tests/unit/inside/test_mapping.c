/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What keeps a table from growing, and what may be wrong with the log that says how it grew: refused
 * clearly, nothing changed, nobody dies. A file system that is full: test_full.c.
 */
#include "harness.h"
#include "machine.h"

#include "file/mapping.h"
#include "growth.h"
#include "worker/handle.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { FEW = 64, SOME = 5000, MAXIMUM = 1 << 20 };

static connstat_t *create_growing(uint32_t capacity, uint32_t maximum)
{
    struct connstat_type type = {"socket", CONNSTAT_CONNECTION, 0};
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs = NULL;

    config.types = &type;
    config.type_count = 1;
    config.capacity = capacity;
    config.max_capacity = maximum;
    config.max_workers = 8;
    CHECK(connstat_create(&cs, "test", &config) == 0);
    return cs;
}

static void add(connstat_t *cs, int count)
{
    connstat_id id;

    for (int i = 0; i < count; i++)
        CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
}

static const struct segment *segment_of(connstat_t *cs)
{
    return atomic_load(&cs->attachment)->segment;
}

/* ---- Limits of the process ------------------------------------------------------------------ */

static void limit(int resource, rlim_t bytes)
{
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};

    CHECK(setrlimit(resource, &limit) == 0);
}

static void has_little_address_space(struct child *self, void *arg)
{
    connstat_t *cs = (connstat_t *)1;

    (void)self;
    (void)arg;
    limit(RLIMIT_AS, 64 << 20);
    CHECK(connstat_open(&cs, "test", 0) == -ENOMEM);
    CHECK(connstat_open(&cs, "test", CONNSTAT_READ_ONLY) == -ENOMEM);
    CHECK(cs == (connstat_t *)1);
}

static void test_little_address_space(void **state)
{
    connstat_t *cs;

    (void)state;
    need_address_limit();
    cs = create_growing(FEW, MAXIMUM);
    in_child(has_little_address_space, NULL);
    connstat_close(cs);
}

static long status_kib(const char *name)
{
    FILE *status = fopen("/proc/self/status", "re");
    size_t length = strlen(name);
    char line[256];
    long kib = 0;

    CHECK(status != NULL);
    while (kib == 0 && fgets(line, sizeof(line), status) != NULL)
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            kib = strtol(line + length + 1, NULL, 10);
    fclose(status);
    CHECK(kib > 0);
    return kib;
}

/* What was opened needs no more: parts mapped into what is reserved do not count again. */
static void grows_in_its_room(struct child *self, void *arg)
{
    struct rlimit now;
    connstat_t *cs = arg;
    long kib = status_kib("VmSize");

    (void)self;
    CHECK(getrlimit(RLIMIT_AS, &now) == 0);
    limit(RLIMIT_AS, ((rlim_t)kib << 10) + (4 << 20));
    CHECK(connstat_resize(cs, 0, MAXIMUM / 2) == 0);
    add(cs, SOME);
}

static void test_growing_needs_no_address_space(void **state)
{
    connstat_t *cs = create_growing(FEW, MAXIMUM);

    (void)state;
    in_child(grows_in_its_room, cs);
    connstat_close(cs);
}

/* SIGXFSZ would kill it: nobody handles it. */
static void has_little_file_size(struct child *self, void *arg)
{
    struct stat before, after;
    connstat_t *cs = arg;
    connstat_id id;

    (void)self;
    CHECK(stat(segment_path("test"), &before) == 0);
    limit(RLIMIT_FSIZE, (rlim_t)before.st_size);
    CHECK(connstat_resize(cs, 0, SOME) == -ENOSPC);
    add(cs, FEW);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == -ENOSPC);
    CHECK(connstat_register_key(cs, 0, connstat_key_u64(1), 0, NULL, 0, &id) == -ENOSPC);
    CHECK(connstat_type_capacity(cs, 0) == FEW && connstat_type_growths(cs, 0) == 0);
    CHECK(connstat_count(cs, 0) == FEW);
    CHECK(stat(segment_path("test"), &after) == 0 && after.st_size == before.st_size);
    CHECK(connstat_check(cs, NULL, NULL) == 0);
}

static void test_little_file_size(void **state)
{
    connstat_t *cs = create_growing(FEW, MAXIMUM);

    (void)state;
    in_child(has_little_file_size, cs);
    assert_int_equal(connstat_resize(cs, 0, SOME), 0);
    connstat_close(cs);
}

/* A host that locks all its memory, now and later: what is reserved stays empty. */
static void locks_its_memory(struct child *self, void *arg)
{
    connstat_t *cs;
    long before;

    (void)self;
    (void)arg;
    if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
        return; /* not allowed here */
    before = status_kib("VmRSS");
    cs = create_growing(FEW, MAXIMUM);
    CHECK(connstat_resize(cs, 0, SOME) == 0);
    add(cs, SOME);
    /* A million slots would be 120 MiB. */
    CHECK(status_kib("VmRSS") - before < 60 << 10);
    CHECK(connstat_check(cs, NULL, NULL) == 0);
}

static void test_host_that_locks_its_memory(void **state)
{
    (void)state;
    in_child(locks_its_memory, NULL);
}

/* ---- Damage --------------------------------------------------------------------------------- */

/* Three entries: two steps of the table, an index between them. */
static connstat_t *create_grown(void)
{
    connstat_t *cs = create_growing(FEW, MAXIMUM);
    connstat_id id;

    CHECK(connstat_resize(cs, 0, SOME) == 0);
    CHECK(connstat_register_key(cs, 0, connstat_key_u64(1), 0, NULL, 0, &id) == 0);
    CHECK(connstat_resize(cs, 0, 2 * SOME) == 0);
    return cs;
}

static void flip(int fd, uint64_t offset, unsigned bit)
{
    uint64_t word;

    CHECK(pread(fd, &word, sizeof(word), (off_t)offset) == sizeof(word));
    word ^= UINT64_C(1) << bit;
    CHECK(pwrite(fd, &word, sizeof(word), (off_t)offset) == sizeof(word));
}

static void test_each_bit_of_the_log(void **state)
{
    connstat_t *cs = create_grown(), *again = NULL;
    uint64_t log = segment_of(cs)->geometry.growth_log;
    int fd = open(segment_path("test"), O_RDWR);

    (void)state;
    for (uint64_t entry = 0; entry < 5; entry++)
        for (unsigned bit = 0; bit < 64; bit++) {
            flip(fd, log + 8 * entry, bit);
            if (entry < 4) { /* whatever is there, also behind the end, is of no entry */
                assert_int_equal(connstat_open(&again, "test", 0), -EBADMSG);
                assert_int_equal(connstat_open(&again, "test", CONNSTAT_READ_ONLY), -EBADMSG);
            }
            assert_true(connstat_check(cs, NULL, NULL) > 0);
            assert_int_equal(connstat_count(cs, 0), 1);
            flip(fd, log + 8 * entry, bit);
        }
    assert_int_equal(connstat_open(&again, "test", 0), 0);
    assert_int_equal(connstat_check(again, NULL, NULL), 0);
    connstat_close(again);
    connstat_close(cs);
    close(fd);
}

/* One that lives in it meets an entry that it cannot follow: its own part goes on. */
static void test_those_who_live_with_a_damaged_log(void **state)
{
    connstat_t *cs = create_growing(FEW, MAXIMUM);
    uint64_t log = segment_of(cs)->geometry.growth_log;
    int fd = open(segment_path("test"), O_RDWR);
    connstat_id id, other;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    flip(fd, log, 5);
    assert_int_equal(connstat_resize(cs, 0, SOME), -EBADMSG);
    assert_int_equal(connstat_type_capacity(cs, 0), FEW);
    add(cs, FEW - 1);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &other), -ENOSPC);
    assert_int_equal(connstat_count(cs, 0), FEW);
    assert_true(connstat_check(cs, NULL, NULL) > 0);
    assert_int_equal(connstat_unregister(cs, id), 0);
    flip(fd, log, 5);
    assert_int_equal(connstat_resize(cs, 0, SOME), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
    close(fd);
}

/* A file cut anywhere behind what it had at first. */
static void test_cut_file(void **state)
{
    connstat_t *cs = create_grown(), *again = NULL;
    uint64_t first = segment_of(cs)->geometry.size;
    struct stat whole;

    (void)state;
    connstat_close(cs);
    assert_int_equal(stat(segment_path("test"), &whole), 0);
    for (uint64_t size = (uint64_t)whole.st_size - 1; size > first; size -= size / 50 + 1) {
        assert_int_equal(truncate(segment_path("test"), (off_t)size), 0);
        assert_int_equal(connstat_open(&again, "test", 0), -EBADMSG);
        assert_int_equal(connstat_open(&again, "test", CONNSTAT_READ_ONLY), -EBADMSG);
    }
}

/* ---- The arithmetic ------------------------------------------------------------------------- */

static struct geometry geometry_of(uint32_t capacity, uint32_t maximum, uint32_t page)
{
    struct shape shape = {
        .type_count = 2, .max_workers = 8, .metadata_bytes = 96, .page_bytes = page};
    struct geometry g;

    for (uint32_t t = 0; t < 2; t++) {
        shape.types[t].name[0] = (char)('a' + t);
        shape.types[t].capacity = capacity;
        shape.types[t].maximum = maximum;
    }
    assert_int_equal(geometry_compute(&g, &shape), 0);
    return g;
}

/* Parts are whole pages, follow each other in the file, and fill the arrays without a gap; a table
 * comes to its maximum in so few steps that the log has room for them. */
static void check_steps(uint32_t capacity, uint32_t maximum, uint32_t page)
{
    struct geometry g = geometry_of(capacity, maximum, page);
    uint64_t words_end = g.types[1].words + growth_slots(&g, capacity) * 8;
    struct growth growth;
    struct parts parts;
    uint32_t steps = 0;

    growth_start(&g, &growth);
    while (growth.capacity[1] < maximum) {
        uint64_t end = growth.end;
        uint32_t next = growth_next(&g, &growth, 1, growth.capacity[1] + 1);

        assert_true(next > growth.capacity[1] && next <= maximum);
        assert_int_equal(
            growth_apply(&g, &growth, growth_word(&growth, GROWTH_TABLE, 1, next), &parts), 0);
        for (uint32_t i = 0; i < parts.count; i++) {
            struct part *part = &parts.part[i];

            assert_true(part->offset >= end && part->bytes > 0);
            assert_int_equal((part->at | part->offset | part->bytes) % page, 0);
            assert_true(part->at + part->bytes <= g.reserved);
            assert_true(part->bytes < HUGE_PART || (part->at - part->offset) % HUGE_PART == 0);
            end = part->offset + part->bytes;
        }
        assert_int_equal(growth.end, end);
        if (parts.count > 0) {
            assert_int_equal(parts.part[parts.count - 1].at, words_end);
            words_end += parts.part[parts.count - 1].bytes;
        }
        steps++;
    }
    assert_true(words_end - g.types[1].words >= 8 * ((uint64_t)maximum + 1));
    assert_true(steps + 1 < GROWTH_LINES);
}

static void test_steps(void **state)
{
    (void)state;
    for (uint32_t page = LEAST_PAGE; page <= LARGEST_PAGE; page *= 2) {
        check_steps(1, MAX_CAPACITY, page);
        check_steps(1, 2, page);
        check_steps(511, 513, page);
        check_steps(512, 100000, page);
        check_steps(16384, 1048576, page);
        check_steps(MAX_CAPACITY - 1, MAX_CAPACITY, page);
    }
}

/* ---- Another file of the name ----------------------------------------------------------------- */

/* The host has closed the segment's descriptor, and the name leads to a file of somebody else's. The table
 * does not grow in there; with its own file under the name again it does. */
static void test_another_file_of_the_name(void **state)
{
    connstat_t *cs = create_growing(FEW, MAXIMUM);
    char own[4096], aside[4096 + 8];
    connstat_id id;
    struct stat st;
    int fd;

    (void)state;
    add(cs, FEW);
    assert_int_equal(close(segment_of(cs)->fd), 0);
    snprintf(own, sizeof(own), "%s", segment_path("test"));
    snprintf(aside, sizeof(aside), "%s.aside", own);
    assert_int_equal(rename(own, aside), 0);
    fd = open(own, O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 1 << 24), 0);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), -ENOSPC);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 1 << 24);
    assert_int_equal(st.st_blocks, 0);
    close(fd);
    assert_int_equal(rename(aside, own), 0);
    assert_int_equal(connstat_resize(cs, 0, SOME), 0);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_count(cs, 0), FEW + 1);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_steps),
        TEST(test_little_address_space),
        TEST(test_growing_needs_no_address_space),
        TEST(test_little_file_size),
        TEST(test_host_that_locks_its_memory),
        TEST(test_each_bit_of_the_log),
        TEST(test_those_who_live_with_a_damaged_log),
        TEST(test_cut_file),
        TEST(test_another_file_of_the_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
