/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "jails.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* ---- jails ---------------------------------------------------------------------------------- */

void skip_unless_root(void)
{
    if (geteuid() == 0)
        return;
    print_message("not root: no containers to be had\n");
    skip();
}

/* pidfd_open answers EPERM, as under many a profile. */
static void forbid_pidfds(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = COUNT(filter), .filter = filter};

    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void hide_proc(void)
{
    CHECK(unshare(CLONE_NEWNS) == 0);
    CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    CHECK(mount("none", "/proc", "tmpfs", 0, NULL) == 0);
}

static void enter(const struct jail *jail)
{
    if (jail->without_proc)
        hide_proc();
    if (jail->without_pidfds)
        forbid_pidfds();
    if (jail->enter != NULL)
        jail->enter();
}

/* A worker that registers, and then does nothing for as long as it lives. */
static void live(struct child *self, const struct jail *jail)
{
    connstat_t *cs = open_segment(0);
    connstat_id id;

    for (int i = 0; i < ENTRIES; i++)
        CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    if (jail->closes_all) {
        /* The harness's pipes have low numbers, the library's descriptors higher ones. */
        for (int fd = 3; fd < 64; fd++)
            if (fd != self->hears && fd != self->says)
                close(fd);
        CHECK(connstat_join(cs, "closed") == 0); /* a slow call: the lock is taken anew */
    }
    child_pause(self);
}

/* The first process of a namespace of its own, or the second of the old one; the child of the test
 * waits for it, so that killing the one ends the other (PR_SET_PDEATHSIG). */
void container(struct child *self, void *arg)
{
    const struct jail *jail = arg;
    int status;
    pid_t pid;

    CHECK(unshare(jail->namespaces) == 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
        enter(jail);
        live(self, jail);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool can_unshare(int namespaces)
{
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(unshare(namespaces) < 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status == 0;
}

/* ---- what an observer sees ------------------------------------------------------------------ */

void comes_to(connstat_t *cs, uint64_t expected)
{
    for (int i = 0; i < PATIENCE_S * 20; i++) {
        assert_true(connstat_reap(cs) >= 0);
        if (connstat_count(cs, 0) == expected)
            return;
        sleep_ms(50);
    }
    assert_int_equal(connstat_count(cs, 0), expected);
}

/* Longer than two looks at a lock: nobody is called dead who lives. */
static void stay_at(connstat_t *cs, connstat_t *observer, uint64_t expected)
{
    for (int i = 0; i < 25; i++) {
        assert_int_equal(connstat_reap(observer), 0);
        assert_int_equal(connstat_reap(cs), 0);
        assert_int_equal(connstat_count(observer, 0), expected);
        assert_int_equal(connstat_count(cs, 0), expected);
        sleep_ms(100);
    }
}

void killed_whole(struct jail jail)
{
    struct child children[CONTAINERS];
    connstat_t *cs, *observer;

    skip_unless_root();
    if (jail.namespaces != 0 && !can_unshare(jail.namespaces)) {
        print_message("no such namespace to be had\n");
        skip();
    }
    cs = create_segment(1024);
    observer = open_segment(CONNSTAT_READ_ONLY);
    for (int i = 0; i < CONTAINERS; i++)
        children[i] = child_start(container, &jail);
    for (int i = 0; i < CONTAINERS; i++)
        child_reached(&children[i]);
    stay_at(cs, observer, CONTAINERS * ENTRIES);
    for (int i = 0; i < CONTAINERS; i++)
        child_kill(&children[i]);
    comes_to(observer, 0);
    comes_to(cs, 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(observer);
    connstat_close(cs);
}
