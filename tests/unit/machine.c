/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "machine.h"

#include "harness.h"

#include <inttypes.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define EXEC_PROBE "CONNSTAT_TEST_EXEC_PROBE"

static void need(bool there, const char *what)
{
    if (there)
        return;
    print_message("skipped: %s\n", what);
    skip();
}

/* Does a child that runs `probe` say that it works? */
static bool works_in_child(bool (*probe)(void))
{
    int status = -1;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        _exit(probe() ? 0 : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* ---- execve ---------------------------------------------------------------------------------- */

/* The program that the probe starts is this one, and ends before its tests begin. */
__attribute__((constructor)) static void be_the_probe(void)
{
    if (getenv(EXEC_PROBE) != NULL)
        _exit(0);
}

static bool becomes_itself(void)
{
    setenv(EXEC_PROBE, "1", 1);
    execl("/proc/self/exe", "probe", (char *)NULL);
    return false;
}

void need_exec(void)
{
    need(works_in_child(becomes_itself), "no execve of a program for this processor");
}

/* ---- fork ------------------------------------------------------------------------------------ */

static const char *page;

static bool page_is_empty(void)
{
    return page[0] == 0;
}

void need_wipe_on_fork(void)
{
    char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool wiped;

    assert_true(memory != MAP_FAILED);
    memory[0] = 1;
    page = memory;
    wiped = madvise(memory, 4096, MADV_WIPEONFORK) == 0 && works_in_child(page_is_empty);
    munmap(memory, 4096);
    need(wiped, "no MADV_WIPEONFORK");
}

void need_chosen_pids(void)
{
    need(syscall(SYS_clone3, NULL, 0L) < 0 && errno != ENOSYS, "no clone3");
}

/* ---- what is told and obeyed ----------------------------------------------------------------- */

void need_socket_cookies(void)
{
    uint64_t cookie;
    socklen_t size = sizeof(cookie);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bool told = getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0;

    close(fd);
    need(told, "no SO_COOKIE");
}

/* Reads what never changes while a program runs: when the process began, and where its code and
 * its stack are. */
static void read_stat(const char *path, uint64_t facts[4])
{
    char text[1024] = "", *at;
    FILE *file = fopen(path, "re");

    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    fclose(file);
    at = strrchr(text, ')');
    assert_non_null(at);
    assert_int_equal(sscanf(at,
                            ") %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                            "%*s %*s %" SCNu64 " %*s %*s %*s %" SCNu64 " %" SCNu64 " %" SCNu64,
                            &facts[0], &facts[1], &facts[2], &facts[3]),
                     4);
}

/* Which /proc/self/stat an emulator makes up; that of the thread it leaves to the kernel. */
void need_true_stat(void)
{
    uint64_t process[4], thread[4];

    assert_int_equal(getpid(), syscall(SYS_gettid));
    read_stat("/proc/self/stat", process);
    read_stat("/proc/thread-self/stat", thread);
    need(memcmp(process, thread, sizeof(process)) == 0, "/proc/self/stat is made up");
}

static bool limit_is_obeyed(void)
{
    struct rlimit limit = {64 << 20, 64 << 20};

    return setrlimit(RLIMIT_AS, &limit) == 0 &&
           mmap(NULL, 128 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

void need_address_limit(void)
{
    need(works_in_child(limit_is_obeyed), "RLIMIT_AS is not obeyed");
}

bool has_filters(void)
{
    return prctl(PR_GET_SECCOMP) >= 0;
}
