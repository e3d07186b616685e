/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Every public function with none to eight descriptors left, and with each system call that its
 * thread makes failing in turn (strace's injection). Whatever it returns: afterwards another thread and
 * another process register, list, fork and reap, and connstat_check finds nothing.
 *
 *   test_guest_scarce               all
 *   test_guest_scarce call NUMBER   the call of functions[NUMBER], between two marks, for strace
 */
#include "world.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

enum { MOST = 8 };

/* ---- descriptors ---------------------------------------------------------------------------- */

static void leave_descriptors(rlim_t count)
{
    struct rlimit limit;
    int next = open("/", O_PATH | O_CLOEXEC);

    CHECK(next >= 0 && close(next) == 0);
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = (rlim_t)next + count;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

static void give_descriptors(void)
{
    struct rlimit limit;

    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 256;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

struct scarce {
    const struct function *function;
    rlim_t descriptors;
};

static void call_with_few(struct child *self, void *arg)
{
    const struct scarce *scarce = arg;
    struct world world;

    (void)self;
    alarm(PATIENCE_S);
    world_begin(&world);
    leave_descriptors(scarce->descriptors);
    scarce->function->call(&world);
    give_descriptors();
    world_end(&world);
}

static void test_few_descriptors(void **state)
{
    size_t points = 0;

    (void)state;
    for (size_t i = 0; i < function_count; i++)
        for (rlim_t count = 0; count <= MOST; count++) {
            struct scarce scarce = {&functions[i], count};
            struct child child;
            int status;

            assert_int_equal(harness_setup(NULL), 0);
            child = child_start(call_with_few, &scarce);
            assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
            if (status != 0)
                print_error("%s with %d descriptors: %#x\n", functions[i].name, (int)count, status);
            assert_int_equal(status, 0);
            close(child.hears);
            close(child.says);
            assert_int_equal(harness_teardown(NULL), 0);
            points++;
        }
    print_message("%zu points\n", points);
}

/* ---- system calls that fail ----------------------------------------------------------------- */

#define MARK 0x5eed

static void mark(void)
{
    (void)syscall(SYS_sched_get_priority_max, MARK);
}

static int call_between_marks(const char *number)
{
    const struct function *function = &functions[strtoul(number, NULL, 10)];
    struct world world;

    alarm(PATIENCE_S);
    world_begin(&world);
    mark();
    function->call(&world);
    mark();
    world_end(&world);
    return 0;
}

/* How each may fail. What is not here cannot, or what calls it takes for granted that it does not:
 * locks and signal masks of the C library, memory for liburcu's readers. */
static const struct {
    const char *name, *error;
} failures[] = {
    {"openat", "EMFILE"},
    {"openat", "EACCES"},
    {"read", "EIO"},
    {"pread64", "EIO"},
    {"pwrite64", "EIO"},
    {"fstat", "EIO"},
    {"newfstatat", "EACCES"},
    {"fcntl", "EMFILE"},
    {"fcntl", "EINVAL"},
    {"close", "EIO"},
    {"mmap", "ENOMEM"},
    {"munmap", "ENOMEM"},
    {"futex", "EINTR"},
    {"futex", "EAGAIN"},
    {"inotify_init1", "EMFILE"},
    {"inotify_add_watch", "ENOSPC"},
    {"utimensat", "EPERM"},
    {"ioctl", "ENOTTY"},
    {"fchown", "EPERM"},
    {"mprotect", "ENOMEM"},
    {"getsockopt", "ENOPROTOOPT"},
    {"access", "EACCES"},
    {"statfs", "EACCES"},
    {"faccessat2", "EACCES"},
    {"clock_nanosleep", "EINTR"},
    {"pidfd_open", "EMFILE"},
    {"pidfd_open", "ENOSYS"},
    {"pidfd_open", "EPERM"},
    {"readlink", "EACCES"},
    {"fstatfs", "ENOSYS"},
    {"fallocate", "ENOSPC"},
    {"fallocate", "EOPNOTSUPP"},
    {"linkat", "EPERM"},
    {"unlink", "EACCES"},
    {"fchmod", "EPERM"},
    {"epoll_create1", "EMFILE"},
    {"epoll_ctl", "ENOSPC"},
    {"epoll_wait", "EINVAL"},
    {"timerfd_create", "ENFILE"},
    {"timerfd_settime", "EINVAL"},
    {"timerfd_gettime", "EBADF"},
    {"getrandom", "ENOSYS"},
    {"clone3", "EAGAIN"},
    {"getdents64", "EIO"},
    {"kill", "EPERM"},
    {"poll", "EINVAL"},
    {"waitid", "ECHILD"},
    {"madvise", "EINVAL"},
    {"membarrier", "EPERM"},
    {"flock", "EWOULDBLOCK"},
    {"uname", "EPERM"},
};

static const char *program;

/* Runs the call under strace, which writes to log. Its status; inject may be NULL. */
static int run_traced(size_t function, const char *inject, const char *log)
{
    char number[24];
    int status;
    pid_t pid;

    snprintf(number, sizeof(number), "%zu", function);
    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (inject != NULL)
            execlp("strace", "strace", "-qq", "-o", log, "-e", "trace=none", "-e", inject, program,
                   "call", number, (char *)NULL);
        else
            execlp("strace", "strace", "-qq", "-o", log, program, "call", number, (char *)NULL);
        _exit(99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* Of a system call: how many come before the first mark, and before the second. */
static void count_calls(const char *log, const char *name, unsigned *before, unsigned *until)
{
    FILE *file = fopen(log, "r");
    size_t length = strlen(name);
    int marks = 0;
    char line[4096];

    assert_non_null(file);
    *before = *until = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        marks += strncmp(line, "sched_get_priority_max(", 23) == 0;
        if (strncmp(line, name, length) == 0 && line[length] == '(' && marks < 2) {
            *before += marks == 0;
            ++*until;
        }
    }
    fclose(file);
    assert_int_equal(marks, 2);
}

static size_t fail_each(size_t function, const char *log)
{
    size_t points = 0;
    char inject[128], discard[300];

    snprintf(discard, sizeof(discard), "%s.discard", log);
    for (size_t f = 0; f < COUNT(failures); f++) {
        unsigned before, until;

        count_calls(log, failures[f].name, &before, &until);
        for (unsigned n = before + 1; n <= until; n++, points++) {
            int status;
            /* A filter does not come and go. */
            const char *on = strcmp(failures[f].name, "membarrier") == 0 ? "+" : "";

            snprintf(inject, sizeof(inject), "inject=%s:error=%s:when=%u%s", failures[f].name,
                     failures[f].error, n, on);
            assert_int_equal(harness_teardown(NULL), 0);
            assert_int_equal(harness_setup(NULL), 0);
            status = run_traced(function, inject, discard);
            if (status != 0)
                print_error("%s, %s: %#x\n", functions[function].name, inject, status);
            assert_int_equal(status, 0);
        }
    }
    unlink(discard);
    return points;
}

static void test_failing_system_calls(void **state)
{
    size_t points = 0;
    char log[64];

    (void)state;
    if (system("strace -qq -o /dev/null true") != 0) {
        print_message("strace does not run here\n");
        skip();
    }
    snprintf(log, sizeof(log), "/tmp/connstat-guest.%d", (int)getpid());
    for (size_t i = 0; i < function_count; i++) {
        assert_int_equal(harness_setup(NULL), 0);
        assert_int_equal(run_traced(i, NULL, log), 0);
        points += fail_each(i, log);
        assert_int_equal(harness_teardown(NULL), 0);
    }
    unlink(log);
    print_message("%zu points\n", points);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_descriptors),
        cmocka_unit_test(test_failing_system_calls),
    };

    program = argv[0];
    if (argc == 3 && strcmp(argv[1], "call") == 0)
        return call_between_marks(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
