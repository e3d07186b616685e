/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The lock of a name, by a user who may write to a segment that belongs to another one.
 */
#include "harness.h"

#include "file/name_lock.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { STRANGER = 65534 };

static void lock_as_a_stranger(struct child *self, void *arg)
{
    const struct path *path = arg;
    struct stat st;
    int segment, lock;

    (void)self;
    CHECK(setresgid(STRANGER, STRANGER, STRANGER) == 0);
    CHECK(setresuid(STRANGER, STRANGER, STRANGER) == 0);
    segment = open(path->file, O_RDWR | O_CLOEXEC);
    CHECK(segment >= 0);
    /* Its lock cannot be given to the segment's owner, and is ours. */
    lock = name_lock(path, segment, false);
    CHECK(lock > STDERR_FILENO);
    CHECK(fstat(lock, &st) == 0 && st.st_uid == STRANGER);
    /* So it is trusted when it is met again, and not replaced by another, which would be free. */
    CHECK(name_lock(path, segment, false) == -EBUSY);
    CHECK(close(lock) == 0);
    lock = name_lock(path, segment, false);
    CHECK(lock > STDERR_FILENO);
    CHECK(close(lock) == 0);
}

static void test_the_lock_of_another_user(void **state)
{
    connstat_t *cs = create_segment(8);
    struct path path;

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(path_resolve(&path, NULL, "test"), 0);
    name_lock_remove(&path);
    assert_int_equal(chmod(path.file, 0666), 0);
    assert_int_equal(chmod(path_directory(), 0777), 0);
    in_child(lock_as_a_stranger, &path);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_the_lock_of_another_user)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
