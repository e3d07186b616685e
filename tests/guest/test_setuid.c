/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A set-uid program does not obey CONNSTAT_DIR and CONNSTAT_NAME of whoever starts it.
 *
 *   test_guest_setuid PROGRAM
 */
#include "harness.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { NOBODY = 65534, OWN = 0, OF_ENVIRONMENT = 2, NOT_SETUID = 3 };

static const char *program;

static void copy_program(const char *to, mode_t mode)
{
    char command[1024];

    snprintf(command, sizeof(command), "cp '%s' '%s'", program, to);
    assert_int_equal(system(command), 0);
    assert_int_equal(chown(to, 0, 0), 0);
    assert_int_equal(chmod(to, mode), 0);
}

/* As nobody, with the segment of the environment at hand and readable. Its exit status. */
static int run(const char *file)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        CHECK(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
        CHECK(setenv("CONNSTAT_NAME", "of-the-caller", 1) == 0);
        execl(file, file, segment_path("of-the-caller"), (char *)NULL);
        _exit(99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void make_segment(void)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    config.capacity = 64;
    config.mode = 0644;
    assert_int_equal(connstat_create(&cs, "of-the-caller", &config), 0);
    connstat_close(cs);
    assert_int_equal(chmod(getenv("CONNSTAT_DIR"), 0755), 0);
}

static void test_environment_of_a_stranger(void **state)
{
    char file[400];
    struct statvfs fs;
    int status;

    (void)state;
    snprintf(file, sizeof(file), "%s/program", getenv("CONNSTAT_DIR"));
    make_segment();
    if (geteuid() != 0 || statvfs(getenv("CONNSTAT_DIR"), &fs) < 0 ||
        (fs.f_flag & (ST_NOSUID | ST_NOEXEC))) {
        print_message("only root makes set-uid programs, and not on this file system\n");
        skip();
    }
    copy_program(file, 0755);
    assert_int_equal(run(file), OF_ENVIRONMENT);
    assert_int_equal(chmod(file, 04755), 0);
    status = run(file);
    if (status == NOT_SETUID) {
        print_message("set-uid is not obeyed here (no_new_privs)\n");
        skip();
    }
    assert_int_equal(status, OWN);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {TEST(test_environment_of_a_stranger)};

    if (argc != 2)
        return 1;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
