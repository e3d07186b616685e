/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A segment is created whole or not at all, also if others create it at the same moment, and if there
 * is too little memory.
 */
#include "harness.h"

#include <dirent.h>

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { RACERS = 8, ROUNDS = 60 };

struct race {
    atomic_int round, there;
    ino_t inodes[RACERS];
};

/* Waits until all processes of the race have come to this step; not if one of them has failed. */
static void meet(struct race *race, int step)
{
    alarm(PATIENCE_S);
    atomic_fetch_add(&race->there, 1);
    while (atomic_load(&race->there) < RACERS * (step + 1))
        sched_yield();
}

static void create_at_once(struct child *self, void *arg)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    struct race *race = arg;

    (void)self;
    config.capacity = 64;
    for (int round = 0, step = 0; round < ROUNDS; round++) {
        connstat_t *cs = NULL;
        connstat_id id;

        meet(race, step++);
        CHECK(connstat_create(&cs, "test", &config) == 0);
        CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
        meet(race, step++);
        CHECK(connstat_count(cs, 0) == RACERS);
        meet(race, step++);
        connstat_close(cs);
        meet(race, step++);
        int result = connstat_destroy("test");
        CHECK(result == 0 || result == -ENOENT);
    }
}

static void test_all_get_the_one_segment(void **state)
{
    struct race *race = mmap_shared(sizeof(*race));
    struct child children[RACERS];

    (void)state;
    for (int i = 0; i < RACERS; i++)
        children[i] = child_start(create_at_once, race);
    for (int i = 0; i < RACERS; i++)
        child_finish(&children[i]);
}

static void create_different(struct child *self, void *arg)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    struct race *race = arg;

    config.capacity = self->pid % 2 ? 64 : 65;
    for (int round = 0, step = 0; round < ROUNDS; round++) {
        connstat_t *cs = NULL;
        connstat_id id;
        int result;

        meet(race, step++);
        result = connstat_create(&cs, "test", &config);
        CHECK(result == 0 || result == -EEXIST || result == -EBUSY);
        if (result == 0) {
            /* Until somebody has joined it, another creator may replace it, again and again. */
            CHECK(connstat_type_capacity(cs, 0) > 0);
            result = connstat_register(cs, 0, NULL, 0, &id);
            CHECK(result == 0 || result == -ENOTCONN);
            CHECK(result != 0 || connstat_count(cs, 0) >= 1);
        }
        meet(race, step++);
        connstat_close(cs);
    }
}

static void test_two_layouts_at_once(void **state)
{
    struct race *race = mmap_shared(sizeof(*race));
    struct child children[RACERS];
    connstat_t *cs;

    (void)state;
    for (int i = 0; i < RACERS; i++)
        children[i] = child_start(create_different, race);
    for (int i = 0; i < RACERS; i++)
        child_finish(&children[i]);
    cs = open_segment(CONNSTAT_READ_ONLY);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

static int count_files(const char *directory)
{
    char command[128], answer[16] = "";
    FILE *files;

    snprintf(command, sizeof(command), "ls -A %s | wc -l", directory);
    files = popen(command, "re");
    CHECK(files && fgets(answer, sizeof(answer), files));
    pclose(files);
    return atoi(answer);
}

static void create_on_a_small_disk(struct child *self, void *arg)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    const char *directory = getenv("CONNSTAT_DIR");
    connstat_t *cs = NULL;
    connstat_id id;

    (void)self;
    (void)arg;
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", directory, "tmpfs", 0, "size=1m") < 0)
        _exit(SKIPPED);
    CHECK(connstat_create(&cs, "test", NULL) == -ENOSPC);
    CHECK(cs == NULL);
    CHECK(count_files(directory) == 0);
    config.capacity = 256;
    config.max_workers = 8;
    CHECK(connstat_create(&cs, "test", &config) == 0);
    for (int type = 0; type < 9; type++)
        for (int i = 0; i < 256; i++)
            CHECK(connstat_register(cs, type, NULL, 0, &id) == 0);
    CHECK(connstat_count(cs, CONNSTAT_ANY_TYPE) == 9 * 256);
    connstat_close(cs);
}

/* Where there is too little memory creating fails at once, and leaves no file behind. */
static void test_no_space(void **state)
{
    struct child child = child_start(create_on_a_small_disk, NULL);
    int status;

    (void)state;
    assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
        skip();
    assert_int_equal(status, 0);
}

/* Creates segments of two layouts in turn, each replacing the one before, until it is killed. The next
 * creator must succeed, whatever is left. */
static void create_for_ever(struct child *self, void *arg)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    (void)arg;
    CHECK(write(self->says, ".", 1) == 1);
    for (config.capacity = 100;; config.capacity = 5100 - config.capacity)
        if (connstat_create(&cs, "test", &config) == 0)
            connstat_close(cs);
}

static void test_killed_creators(void **state)
{
    uint64_t random = 99;

    (void)state;
    for (int i = 0; i < 100; i++) {
        struct child child = child_start(create_for_ever, NULL);
        connstat_t *cs;
        int result;

        child_reached(&child);
        usleep((useconds_t)(next_random(&random) % 5000));
        child_kill(&child);
        result = connstat_open(&cs, "test", CONNSTAT_READ_ONLY);
        assert_true(result == 0 || result == -ENOENT);
        if (result == 0)
            connstat_close(cs);
        cs = create_segment(8);
        assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 0);
        connstat_close(cs);
    }
    assert_true(count_files(getenv("CONNSTAT_DIR")) <= 2);
}

/* Counts the files in the directory of segments, lock files included. */
static int files(void)
{
    DIR *directory = opendir(getenv("CONNSTAT_DIR"));
    int count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static void test_probe(void **state)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;
    connstat_id id;
    int before;

    (void)state;
    config.capacity = 64;
    before = files();
    assert_int_equal(connstat_probe("test", &config), 0);
    assert_int_equal(files(), before);
    assert_int_equal(connstat_probe("no/name", &config), -EINVAL);
    config.directory = "/no/such/directory";
    assert_int_equal(connstat_probe("test", &config), -ENOENT);
    config.directory = NULL;

    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    before = files();
    assert_int_equal(connstat_probe("test", &config), 1);
    config.metadata_bytes = 200;
    assert_int_equal(connstat_probe("test", &config), -EEXIST);
    assert_int_equal(connstat_leave(cs), 0);
    assert_int_equal(connstat_probe("test", &config), 3);
    assert_int_equal(files(), before);
    /* The segment is as it was: a worker can join it again. */
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    connstat_close(cs);
}

static mode_t mode_of(const char *file)
{
    struct stat st;

    assert_int_equal(stat(file, &st), 0);
    return st.st_mode & 0777;
}

/* Who may write to the segment may hold its name's lock, also after another segment took the name:
 * else nobody but its creator could replace it. */
static void test_the_lock_s_rights(void **state)
{
    static const mode_t modes[] = {0600, 0660, 0666, 0640};
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    char lock[4096];
    connstat_t *cs;

    (void)state;
    snprintf(lock, sizeof(lock), "%s/.test.lock", getenv("CONNSTAT_DIR"));
    config.max_workers = 4;
    for (size_t i = 0; i < COUNT(modes); i++) {
        config.capacity = 8 + (uint32_t)i; /* another shape, so that a segment is replaced */
        config.mode = modes[i];
        assert_int_equal(connstat_create(&cs, "test", &config), 0);
        assert_int_equal(mode_of(segment_path("test")), modes[i]);
        assert_int_equal(mode_of(lock), (modes[i] & 0022) | 0200);
        connstat_close(cs);
    }
}

static void reap_and_pause(struct child *self, void *arg)
{
    connstat_t *cs;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_reaper_start(cs) == 0);
    child_pause(self);
    connstat_close(cs);
}

/* Where only a reaper lives, the segment may be replaced: the reaper has no entries, and follows. */
static void test_a_reaper_alone(void **state)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs = create_segment(64);
    struct child reaper = child_start(reap_and_pause, NULL);

    (void)state;
    child_reached(&reaper);
    config.capacity = 32;
    connstat_close(cs);
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    assert_int_equal(connstat_type_capacity(cs, 0), 32);
    child_go_on(&reaper);
    child_finish(&reaper);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_lock_s_rights),   TEST(test_all_get_the_one_segment),
        TEST(test_two_layouts_at_once), TEST(test_no_space),
        TEST(test_killed_creators),     TEST(test_probe),
        TEST(test_a_reaper_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
