/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Others on the same machine: those who may read a segment and no more cannot keep its owner from
 * anything.
 */
#include "harness.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { STRANGER = 12345 };

static void become_stranger(void)
{
    CHECK(setgid(STRANGER) == 0 && setuid(STRANGER) == 0);
}

/* ---- locks that a reader may have ----------------------------------------------------------- */

static void hold_every_lock(struct child *self, void *arg)
{
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    char lock[300];
    int fd;

    (void)arg;
    become_stranger();
    fd = open(segment_path("test"), O_RDONLY);
    CHECK(fd >= 0);
    CHECK(flock(fd, LOCK_EX) == 0);
    CHECK(fcntl(fd, F_OFD_SETLK, &whole) == 0);
    CHECK(open(segment_path("test"), O_RDWR) < 0);
    snprintf(lock, sizeof(lock), "%s/.test.lock", getenv("CONNSTAT_DIR"));
    CHECK(open(lock, O_RDONLY) < 0 && open(lock, O_WRONLY) < 0);
    child_pause(self);
}

static void test_reader_locks_delay_nobody(void **state)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    struct child reader;
    connstat_t *cs;

    (void)state;
    if (geteuid() != 0) {
        print_message("not root: no other user to be had\n");
        skip();
    }
    assert_int_equal(chmod(getenv("CONNSTAT_DIR"), 01777), 0);
    config.capacity = 64;
    config.mode = 0644;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    connstat_close(cs);
    reader = child_start(hold_every_lock, NULL);
    child_reached(&reader);
    config.capacity = 128;
    assert_int_equal(connstat_create(&cs, "test", &config), 0); /* replaces it */
    connstat_close(cs);
    assert_int_equal(connstat_destroy("test"), 0);
    child_go_on(&reader);
    child_finish(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reader_locks_delay_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
