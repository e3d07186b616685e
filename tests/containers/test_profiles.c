/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Workers and reapers under the seccomp profiles of Docker and of systemd's @system-service: they join,
 * are judged from outside, judge others, and sleep.
 */
#include "jails.h"
#include "profiles.h"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/syscall.h>

/* ---- the profiles ---------------------------------------------------------------------------- */

/* Names that this libseccomp or this machine does not know are left out, as runtimes do. */
static void allow(scmp_filter_ctx filter, const char *names)
{
    char *words = strdup(names), *rest = words;

    CHECK(words != NULL);
    for (char *name; (name = strtok_r(rest, " ", &rest)) != NULL;) {
        int call = seccomp_syscall_resolve_name(name);

        if (call != __NR_SCMP_ERROR && call >= 0)
            CHECK(seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0);
    }
    free(words);
}

static scmp_filter_ctx filter_of(uint32_t otherwise, const char *names)
{
    scmp_filter_ctx filter = seccomp_init(otherwise);

    CHECK(filter != NULL);
    allow(filter, names);
    return filter;
}

static void load(scmp_filter_ctx filter)
{
    CHECK(seccomp_load(filter) == 0);
    seccomp_release(filter);
}

static void enter_docker(void)
{
    const uint64_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    scmp_filter_ctx filter = filter_of(SCMP_ACT_ERRNO(EPERM), docker_calls);

    CHECK(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                           SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces, 0)) == 0);
    CHECK(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0);
    load(filter);
}

static void enter_systemd(void)
{
    load(filter_of(SCMP_ACT_KILL_PROCESS, systemd_calls));
}

/* ---- under them ------------------------------------------------------------------------------ */

static void test_docker_workers(void **state)
{
    (void)state;
    killed_whole((struct jail){.namespaces = CLONE_NEWPID, .enter = enter_docker});
}

static void test_systemd_workers(void **state)
{
    (void)state;
    killed_whole((struct jail){.namespaces = CLONE_NEWPID, .enter = enter_systemd});
}

/* The one other thread of this process sleeps without an end. */
static bool reaper_sleeps(void)
{
    char text[256];
    ssize_t length = 0;

    for (int tid = getpid() + 1; tid < getpid() + 200 && length == 0; tid++) {
        char path[64];
        int fd;

        snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
        fd = open(path, O_RDONLY);
        length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
        text[length > 0 ? length : 0] = '\0';
        if (fd >= 0)
            close(fd);
    }
    return atol(text) == SYS_io_getevents;
}

/* All that a host may ask of the library, inside; a child that dies, and a container that does. */
static void reap_inside(struct child *self, void *arg)
{
    const struct jail *jail = arg;
    connstat_t *cs;
    connstat_id id;
    pid_t pid;

    jail->enter();
    cs = open_segment(0);
    CHECK(connstat_register_key(cs, 0, connstat_key_u64(7), 2, NULL, 0, &id) == 0);
    CHECK(connstat_reaper_start(cs) == 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
        raise(SIGKILL);
    }
    CHECK(waitpid(pid, NULL, 0) == pid);
    for (int i = 0; i < PATIENCE_S * 100 && connstat_count(cs, 0) != 1 + ENTRIES; i++)
        sleep_ms(10);
    CHECK(connstat_count(cs, 0) == 1 + ENTRIES);
    child_pause(self);
    for (int i = 0; i < PATIENCE_S * 100 && connstat_count(cs, 0) != 1; i++)
        sleep_ms(10);
    CHECK(connstat_count(cs, 0) == 1);
    for (int i = 0; i < PATIENCE_S * 100 && !reaper_sleeps(); i++)
        sleep_ms(10);
    CHECK(reaper_sleeps());
    CHECK(connstat_reaper_stop(cs) == 0);
    CHECK(connstat_leave(cs) == 0);
    CHECK(connstat_check(cs, NULL, NULL) == 0);
    connstat_close(cs);
}

static void reaped_inside(void (*enter)(void))
{
    struct jail outside = {.namespaces = CLONE_NEWPID}, inside = {.enter = enter};
    struct child worker, reaper;
    connstat_t *cs;

    skip_unless_root();
    cs = create_segment(64);
    worker = child_start(container, &outside);
    child_reached(&worker);
    reaper = child_start(reap_inside, &inside);
    child_reached(&reaper);
    child_kill(&worker);
    child_go_on(&reaper);
    child_finish(&reaper);
    connstat_close(cs);
}

static void test_docker_reaper(void **state)
{
    (void)state;
    reaped_inside(enter_docker);
}

static void test_systemd_reaper(void **state)
{
    (void)state;
    reaped_inside(enter_systemd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_docker_workers),
        TEST(test_systemd_workers),
        TEST(test_docker_reaper),
        TEST(test_systemd_reaper),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
