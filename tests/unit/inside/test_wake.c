/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What wakes a watch: its set, timer and listener, and what a joiner does to be heard.
 */
#include "harness.h"

#include "process/life.h"
#include "watch/listen.h"
#include "watch/sleeper.h"
#include "watch/wake.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* A file "test" of one's own, as the segment that is listened to. */
static struct segment file_segment(void)
{
    int fd = open(segment_path("test"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat st;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    return (struct segment){.fd = fd, .inode = st.st_ino, .device = st.st_dev};
}

static bool is_readable(int fd, int patience_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, patience_ms) == 1;
}

static void test_opened(void **state)
{
    struct segment segment = file_segment();
    struct wake wake;

    (void)state;
    assert_int_equal(wake_open(&wake, &segment), 0);
    assert_true(wake_is_ours(&wake));
    assert_true(wake.generation != 0); /* a waiter that has taken nothing yet has noted 0 */
    assert_int_equal(wake.listener, -1);
    wake_listen(&wake, segment_path("test"), false);
    assert_true(wake.listener >= 3);
    assert_false(wake_has(&wake, segment.fd, 5));
    wake_close(&wake);
    close(segment.fd);
}

static void test_woken_at_once(void **state)
{
    struct segment segment = file_segment();
    struct wake wake;

    (void)state;
    assert_int_equal(wake_open(&wake, &segment), 0);
    assert_false(is_readable(wake.epoll, 0));
    wake_now(&wake);
    assert_true(is_readable(wake.epoll, PATIENCE_S * 1000));
    wake_close(&wake);
    close(segment.fd);
}

/* After an event there are so many looks and no more. */
static void test_looks_come_to_an_end(void **state)
{
    struct segment segment = file_segment();
    struct wake wake;

    (void)state;
    assert_int_equal(wake_open(&wake, &segment), 0);
    wake_listen(&wake, segment_path("test"), false);
    wake.looks = 3;
    for (int left = 2; left >= 0; left--) {
        wake_end(&wake, WAKE_BY_EVENTS);
        assert_int_equal(wake.looks, left);
    }
    wake_end(&wake, WAKE_BY_EVENTS);
    assert_int_equal(wake.looks, 0);
    wake_close(&wake);
    close(segment.fd);
}

static void test_the_sooner_of_two_times(void **state)
{
    struct wake wake = {.suspect_due_ns = 0};

    (void)state;
    wake_look_again(&wake, 5);
    assert_int_equal(wake.suspect_due_ns, 5);
    wake_look_again(&wake, 3);
    assert_int_equal(wake.suspect_due_ns, 3);
    wake_look_again(&wake, 4);
    assert_int_equal(wake.suspect_due_ns, 3);
    wake_look_again(&wake, 0);
    assert_int_equal(wake.suspect_due_ns, 3);
}

static void listen_without_standard_files(struct child *self, void *arg)
{
    struct segment *segment = arg;
    struct wake wake;

    (void)self;
    CHECK(wake_open(&wake, segment) == 0);
    close(0);
    close(1);
    wake_listen(&wake, segment_path("test"), true);
    CHECK(wake.ear.fd >= 3 && wake.mouth.fd >= 3);
    wake_close(&wake);
}

/* A host that has closed its standard files may open them anew at any time, where it closes first
 * whatever it finds there. */
static void test_the_pipe_is_no_standard_file(void **state)
{
    struct segment segment = file_segment();

    (void)state;
    in_child(listen_without_standard_files, &segment);
    close(segment.fd);
}

/* A death closes the file, a join only touches its times: it wakes, but nobody has to be looked for. */
static void test_a_join_is_no_close(void **state)
{
    struct segment segment = file_segment();
    int listener = listen_open(&segment, segment_path("test"));

    (void)state;
    assert_true(listener >= 3);
    assert_false(listen_take(listener));
    assert_int_equal(futimens(segment.fd, NULL), 0);
    assert_true(is_readable(listener, 0));
    assert_false(listen_take(listener));
    assert_false(is_readable(listener, 0));
    close(open(segment_path("test"), O_WRONLY | O_CLOEXEC));
    assert_true(listen_take(listener));
    close(listener);
    close(segment.fd);
}

/* A worker without a life lock is heard when it joins, too: it writes a byte. */
static void test_heard_without_a_life_lock(void **state)
{
    struct mapping mapping = {.segment = file_segment()};
    struct life life = {.mapping = &mapping, .lock = -1};
    int listener = listen_open(&mapping.segment, segment_path("test"));

    (void)state;
    assert_true(listener >= 3);
    assert_false(is_readable(listener, 0));
    life_announce(&life);
    assert_true(is_readable(listener, 0));
    assert_false(listen_take(listener));
    close(listener);
    close(mapping.segment.fd);
}

/* Wherever the kernel has a sleeper for anybody, it has one for us. */
static void test_a_sleeper(void **state)
{
    aio_context_t context = 0;
    struct sleeper sleeper;
    int ends[2];

    (void)state;
    if (syscall(SYS_io_setup, 1, &context) != 0)
        skip();
    assert_int_equal(syscall(SYS_io_destroy, context), 0);
    sleeper_open(&sleeper);
    assert_true(sleeper_is_open(&sleeper));
    assert_int_equal(pipe(ends), 0);
    if (sleeper_take(&sleeper, 0, ends[0], POLLIN) == 0) { /* since Linux 4.18 */
        assert_int_equal(write(ends[1], "", 1), 1);
        assert_int_equal(sleeper_sleep(&sleeper), 0);
        assert_false(sleeper.taken[0]);
    }
    sleeper_close(&sleeper);
    assert_false(sleeper_is_open(&sleeper));
    close(ends[0]);
    close(ends[1]);
}

/* How many of the kernel's asynchronous contexts this process has: each is a mapping of its own. */
static int count_contexts(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[4096];
    int count = 0;

    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps) != NULL)
        count += strstr(line, "[aio]") != NULL;
    fclose(maps);
    return count;
}

/* The host closes the set, and then the pipe. Who waits sees by the number that they were opened anew, takes
 * the new files, and gives its sleeper back for another. */
static void test_opened_anew(void **state)
{
    struct segment segment = file_segment();
    struct waiter waiter = {0};
    struct wake wake;

    (void)state;
    assert_int_equal(wake_open(&wake, &segment), 0);
    wake_listen(&wake, segment_path("test"), true);
    for (int round = 0; round < 4; round++) {
        uint32_t generation = wake.generation;
        bool renewed;

        wake_now(&wake);
        wake_wait(&wake, &waiter);
        assert_int_equal(waiter.generation, generation);
        assert_true(count_contexts() <= 1);
        close(round % 2 == 0 ? wake.epoll : wake.mouth.fd);
        assert_int_equal(wake_keep(&wake, &renewed), 0);
        assert_int_equal(renewed, round % 2 == 0);
        assert_int_not_equal(wake.generation, generation);
    }
    sleeper_close(&waiter.sleeper);
    assert_int_equal(count_contexts(), 0);
    wake_close(&wake);
    close(segment.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_opened),
        TEST(test_woken_at_once),
        TEST(test_looks_come_to_an_end),
        TEST(test_the_sooner_of_two_times),
        TEST(test_the_pipe_is_no_standard_file),
        TEST(test_a_join_is_no_close),
        TEST(test_heard_without_a_life_lock),
        TEST(test_a_sleeper),
        TEST(test_opened_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
