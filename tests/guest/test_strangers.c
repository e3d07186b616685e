/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Looking at segments of others, again and again: who owns a file may cut it while we look, and
 * whoever has it mapped then dies of SIGBUS. And nothing that looks may leave anything behind.
 *
 * The library's own mmap and pread come through here, so that the cut happens at the worst moments.
 */
#include "harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { CAPACITY = 64, ENTRIES = 3, NOBODY = 65534 };

/* ---- the traps ------------------------------------------------------------------------------ */

static int victim = -1;          /* the stranger's own descriptor */
static bool cut_where_mapped;    /* right after a file was mapped */
static unsigned reads, cut_read; /* before this read; 0: never */
static unsigned mapped;

static void cut(void)
{
    CHECK(ftruncate(victim, 4096) == 0);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    void *base = (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);

    if (cut_where_mapped && fd >= 0) {
        mapped++;
        cut();
    }
    return base;
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
    if (victim >= 0 && ++reads == cut_read)
        cut();
    return syscall(SYS_pread64, fd, bytes, size, offset);
}

/* ---- a segment that is cut ------------------------------------------------------------------ */

static void fill(void)
{
    connstat_t *cs = create_segment(CAPACITY);
    connstat_id id;

    signal(SIGBUS, SIG_DFL); /* CMocka would go on with its tests, in a child of one */
    for (int i = 0; i < ENTRIES; i++)
        CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    /* Not closed: they live. */
    if (geteuid() == 0)
        CHECK(chown(segment_path("test"), NOBODY, NOBODY) == 0);
    victim = open(segment_path("test"), O_RDWR | O_CLOEXEC);
    CHECK(victim >= 0);
}

struct seen {
    int segments, status;
    uint64_t entries;
};

static int see(const struct connstat_segment *segment, void *arg)
{
    struct seen *seen = arg;

    seen->segments++;
    seen->status = segment->status;
    seen->entries = segment->entries;
    return 0;
}

static void look_with_trap_at_mapping(struct child *self, void *arg)
{
    struct seen seen = {0};

    (void)self;
    (void)arg;
    fill();
    cut_where_mapped = true;
    CHECK(connstat_for_each_segment(see, &seen) == 1);
    CHECK(seen.segments == 1 && seen.status == 0 && seen.entries == ENTRIES);
    CHECK(mapped == 0);
}

static void test_nothing_of_it_is_mapped(void **state)
{
    (void)state;
    in_child(look_with_trap_at_mapping, NULL);
}

static void look_with_trap_at_read(struct child *self, void *arg)
{
    struct seen seen = {0};

    (void)self;
    fill();
    cut_read = *(unsigned *)arg;
    CHECK(connstat_for_each_segment(see, &seen) == 1);
    CHECK(seen.segments == 1 && (seen.status == 0 || seen.status == -EBADMSG));
    CHECK(reads >= cut_read || seen.entries == ENTRIES);
    _exit(reads >= cut_read ? 0 : 100);
}

/* Before the first read, the second, ... until there are no more. */
static void test_cut_before_each_read(void **state)
{
    unsigned n;
    int status = 0;

    (void)state;
    for (n = 1; status == 0; n++) {
        struct child child;

        assert_int_equal(harness_setup(NULL), 0);
        child = child_start(look_with_trap_at_read, &n);
        assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
        assert_true(WIFEXITED(status));
        close(child.hears);
        close(child.says);
        assert_int_equal(harness_teardown(NULL), 0);
    }
    assert_int_equal(WEXITSTATUS(status), 100);
    assert_true(n > 2);
}

/* ---- nothing is left ------------------------------------------------------------------------ */

enum { ROUNDS = 1000 };

static size_t count_names(const char *directory)
{
    DIR *names = opendir(directory);
    size_t count = 0;

    CHECK(names != NULL);
    while (readdir(names) != NULL)
        count++;
    closedir(names);
    return count;
}

static size_t count_lines(const char *name)
{
    FILE *file = fopen(name, "r");
    size_t count = 0;

    CHECK(file != NULL);
    for (int c; (c = fgetc(file)) != EOF;)
        count += c == '\n';
    fclose(file);
    return count;
}

struct held {
    size_t bytes, descriptors, mappings;
};

static struct held held_now(void)
{
    return (struct held){
        .descriptors = count_names("/proc/self/fd"),
        .mappings = count_lines("/proc/self/maps"),
        .bytes = mallinfo2().uordblks,
    };
}

static void look_around(void)
{
    struct seen seen = {0};

    CHECK(connstat_for_each_segment(see, &seen) == 1);
}

static void open_read_only(void)
{
    connstat_t *cs;

    CHECK(connstat_open(&cs, "test", CONNSTAT_READ_ONLY) == 0);
    CHECK(connstat_count(cs, 0) == ENTRIES);
    connstat_close(cs);
}

static void work(void)
{
    connstat_id id;
    connstat_t *cs;

    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_reap(cs) == 0);
    connstat_close(cs);
}

static void hold(struct child *self, void *arg)
{
    (void)arg;
    fill();
    child_pause(self);
}

/* A closed handle's memory is a late call's until a thousand were closed after it: so many rounds come
 * first. Afterwards as many again take nothing. */
static void go_round(void (*look)(void))
{
    struct held before, after;

    for (int i = 0; i < ROUNDS + 100; i++)
        look();
    before = held_now();
    for (int i = 0; i < ROUNDS; i++)
        look();
    after = held_now();
    /* Less than the smallest piece of memory a round; what the C library caches counts as used. */
    CHECK(after.bytes < before.bytes + ROUNDS * (size_t)16);
    CHECK(after.descriptors == before.descriptors);
    CHECK(after.mappings <= before.mappings);
}

static void go_round_all(struct child *self, void *arg)
{
    struct child worker = child_start(hold, NULL);

    (void)self;
    (void)arg;
    child_reached(&worker);
    go_round(look_around);
    go_round(open_read_only);
    if (geteuid() == 0)
        CHECK(chown(segment_path("test"), 0, 0) == 0);
    go_round(work);
    child_kill(&worker);
}

static void test_nothing_is_left(void **state)
{
    (void)state;
    in_child(go_round_all, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_of_it_is_mapped),
        cmocka_unit_test(test_cut_before_each_read),
        TEST(test_nothing_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
