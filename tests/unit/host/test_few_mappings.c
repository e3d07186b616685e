/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A process that may have no further mapping (vm.max_map_count) cannot follow a table that grows: it is
 * told so, keeps what it had, and leaves to others what it cannot see. And no mapping of a segment is
 * written into a core dump.
 */
#include "growing.h"

#include <sys/mman.h>

static connstat_id ids[MAXIMUM + 1];

/* ---- No further mapping --------------------------------------------------------------------- */

enum { TOO_MANY = 2000000 };

struct fillings {
    uint8_t *start;
    size_t bytes;
};

/* Maps pages of two kinds in turn until the kernel gives no more. */
static struct fillings use_all_mappings(long most)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct fillings fillings = {.bytes = 2 * (size_t)most * page};

    fillings.start =
        mmap(NULL, fillings.bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(fillings.start != MAP_FAILED);
    for (size_t at = page; at < fillings.bytes; at += 2 * page)
        if (mprotect(fillings.start + at, page, PROT_READ) < 0)
            break;
    while (mmap(NULL, page, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
        ;
    CHECK(errno == ENOMEM);
    return fillings;
}

static long most_mappings(void)
{
    FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
    long most = 0;

    if (file == NULL || fscanf(file, "%ld", &most) != 1)
        most = TOO_MANY;
    if (file != NULL)
        fclose(file);
    return most;
}

static void grows_and_waits(struct child *self, void *arg)
{
    connstat_t *cs;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    child_pause(self);
    add(cs, 0, MANY, ids);
    child_pause(self);
}

static void has_no_further_mapping(struct child *self, void *arg)
{
    connstat_t *cs = create_growing(FEW, MAXIMUM);
    struct child other = child_start(grows_and_waits, NULL);
    struct fillings fillings;
    connstat_id id, own[FEW];

    (void)self;
    child_reached(&other);
    add(cs, 0, FEW / 2, own);
    CHECK(connstat_reap(cs) == 0); /* it has its record, and watches */
    fillings = use_all_mappings(*(long *)arg);
    CHECK(connstat_resize(cs, 0, MANY) == -ENOMEM);
    CHECK(connstat_type_capacity(cs, 0) == FEW);
    child_go_on(&other);
    child_reached(&other);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == -ENOSPC); /* the other one has taken the rest */
    CHECK(connstat_count(cs, 0) == MANY + FEW / 2);
    child_kill(&other);
    /* The dead one's entries are hidden; its slots are not given up unseen. */
    CHECK(connstat_reap(cs) == 0);
    CHECK(connstat_count(cs, 0) == FEW / 2);
    for (int i = 0; i < FEW / 2; i++)
        CHECK(connstat_unregister(cs, own[i]) == 0);
    CHECK(munmap(fillings.start, fillings.bytes) == 0);
    CHECK(connstat_reap(cs) == 1);
    CHECK(connstat_resize(cs, 0, MANY) == 0);
    check_clean(cs);
    add(cs, 0, MANY, ids);
    check_numbers(cs, MANY);
}

static void test_no_further_mapping(void **state)
{
    long most = most_mappings();

    (void)state;
    if (most >= TOO_MANY)
        fprintf(stderr, "too many mappings to use them all: not tested\n");
    else
        in_child(has_no_further_mapping, &most);
}

/* ---- Core dumps ----------------------------------------------------------------------------- */

static void test_no_core_dump_has_the_segment(void **state)
{
    connstat_t *cs = create_growing(FEW, MAXIMUM);
    connstat_t *observer = open_segment(CONNSTAT_READ_ONLY); /* its mapping has the file's name */
    bool is_segment = false;
    char line[512];
    int parts = 0;
    FILE *maps;

    (void)state;
    assert_int_equal(connstat_resize(cs, 0, MANY), 0);
    assert_int_equal(connstat_type_capacity(observer, 0), MANY);
    maps = fopen("/proc/self/smaps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps) != NULL) {
        if (strstr(line, "test.connstat") != NULL)
            is_segment = true;
        if (strncmp(line, "VmFlags:", 8) == 0) {
            parts += is_segment;
            assert_true(!is_segment || strstr(line, " dd") != NULL);
            is_segment = false;
        }
    }
    fclose(maps);
    assert_true(parts >= 5); /* what does not grow; payloads and words, twice */
    connstat_close(observer);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_further_mapping),
        TEST(test_no_core_dump_has_the_segment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
