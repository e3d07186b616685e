/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A table that cannot grow because the file system is full: refused clearly, nothing changed, nobody
 * dies, and what still fits is not refused.
 */
#include "growing.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

enum { NOT_HERE = 3, SOME = 5000, MILLION = 1 << 20 };

/* $CONNSTAT_DIR becomes a tmpfs of its own. */
static void mount_tmpfs(const char *size)
{
    if (unshare(CLONE_NEWNS | (geteuid() != 0 ? CLONE_NEWUSER : 0)) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", getenv("CONNSTAT_DIR"), "tmpfs", 0, size) < 0)
        _exit(NOT_HERE);
}

static void in_process(void (*body)(void))
{
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        body();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_HERE)
        fprintf(stderr, "no file system may be mounted here: not tested\n");
    else
        assert_int_equal(WEXITSTATUS(status), 0);
}

static void fills_a_small_tmpfs(void)
{
    connstat_t *cs;
    connstat_id id;
    int64_t capacity;
    int error;

    mount_tmpfs("size=2m");
    cs = create_growing(FEW, MILLION);
    CHECK(connstat_resize(cs, 0, MILLION) == -ENOSPC);
    CHECK(connstat_type_capacity(cs, 0) == FEW);
    while ((error = connstat_register(cs, 0, NULL, 0, &id)) == 0)
        ;
    CHECK(error == -ENOSPC);
    capacity = connstat_type_capacity(cs, 0);
    CHECK(capacity > SOME && (int64_t)connstat_count(cs, 0) == capacity);
    CHECK(connstat_register_key(cs, 0, connstat_key_u64(1), 0, NULL, 0, &id) == -ENOSPC);
    check_clean(cs);
}

static void test_small_tmpfs(void **state)
{
    (void)state;
    in_process(fills_a_small_tmpfs);
}

static uint64_t free_bytes(void)
{
    struct statvfs now;

    CHECK(statvfs(getenv("CONNSTAT_DIR"), &now) == 0);
    return (uint64_t)now.f_bavail * now.f_bsize;
}

/* Fills the file system but for so many bytes. */
static void leave_free(uint64_t bytes)
{
    uint64_t unused = free_bytes();
    char path[4096];
    int fd;

    CHECK(unused > bytes);
    snprintf(path, sizeof(path), "%s/ballast", getenv("CONNSTAT_DIR"));
    fd = open(path, O_CREAT | O_RDWR, 0600);
    CHECK(fd >= 0 && posix_fallocate(fd, 0, (off_t)(unused - bytes)) == 0);
    close(fd);
}

/* What is left is too little for a large table, and enough for a small one. */
static void fills_two_types(void)
{
    static const uint32_t maxima[2] = {MAXIMUM, SOME};
    struct connstat_config config = growing(FEW, MAXIMUM);
    connstat_t *cs = NULL;
    connstat_id id;

    mount_tmpfs("size=16m");
    config.max_capacities = maxima;
    CHECK(connstat_create(&cs, "test", &config) == 0);
    CHECK(connstat_resize(cs, 0, MANY) == 0);
    register_some(cs, 0, MANY);
    leave_free(512 << 10);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == -ENOSPC);
    CHECK(connstat_type_capacity(cs, 0) == MANY);
    register_some(cs, 1, 500);
    CHECK(connstat_type_capacity(cs, 1) > 500);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == -ENOSPC);
    check_clean(cs);
}

static void test_one_type_keeps_no_other_from_growing(void **state)
{
    (void)state;
    in_process(fills_two_types);
}

/* Enough for the first part of what it would grow by, and not for all. */
static void lacks_the_last_part(void)
{
    connstat_t *cs;
    uint64_t all;

    mount_tmpfs("size=16m");
    cs = create_growing(FEW, MAXIMUM);
    CHECK(connstat_resize(cs, 0, SOME) == 0);
    all = free_bytes();
    CHECK(connstat_resize(cs, 0, 2 * SOME) == 0);
    all -= free_bytes();
    leave_free(all - (16 << 10)); /* as many slots again would take it all */
    CHECK(connstat_resize(cs, 0, 3 * SOME) == -ENOSPC);
    CHECK(free_bytes() == all - (16 << 10));
    CHECK(connstat_type_capacity(cs, 0) == 2 * SOME);
    check_clean(cs);
}

static void test_who_cannot_grow_takes_nothing(void **state)
{
    (void)state;
    in_process(lacks_the_last_part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_small_tmpfs),
        TEST(test_one_type_keeps_no_other_from_growing),
        TEST(test_who_cannot_grow_takes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
