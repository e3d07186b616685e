/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Telling dead workers from living ones: pids that were given to another process, zombies, processes
 * whose first thread ended before the others, other pid namespaces, kernels without pidfds.
 */
#include "harness.h"
#include "machine.h"

#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

static void register_one(struct child *self, void *arg)
{
    connstat_id id;

    CHECK(connstat_register(arg, 0, NULL, 0, &id) == 0);
    child_pause(self);
}

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* Makes the kernel look like one before 5.3 to this process and its children. */
static void forbid_pidfds(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = COUNT(filter), .filter = filter};

    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
    CHECK(syscall(SYS_pidfd_open, getpid(), 0) == -1 && errno == ENOSYS);
}

/* Runs body twice: with pidfds, and in a child that has none. */
static void on_new_and_old_kernels(void (*body)(void))
{
    int status;
    pid_t pid;

    body();
    if (!has_filters()) {
        print_message("no seccomp: with pidfds only\n");
        return;
    }
    pid = fork();
    if (pid == 0) {
        forbid_pidfds();
        body();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* ---- a reused number ------------------------------------------------------------------------ */

static pid_t fork_as(pid_t wanted)
{
    struct clone_args arguments = {
        .exit_signal = SIGCHLD,
        .set_tid = (uintptr_t)&wanted,
        .set_tid_size = 1,
    };

    return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

static void check_reused_number(void)
{
    connstat_t *cs = create_segment(8);
    struct child worker = child_start(register_one, cs);
    connstat_id id;
    pid_t impostor;

    child_reached(&worker);
    child_kill(&worker);
    sleep_ms(50); /* so that the two start times differ: they are told in ticks of 10 ms */
    impostor = fork_as(worker.pid);
    if (impostor == 0) {
        pause();
        _exit(0);
    }
    CHECK(impostor == worker.pid);
    CHECK(connstat_count(cs, 0) == 1);
    CHECK(connstat_register(cs, 1, NULL, 0, &id) == 0);
    CHECK(connstat_reap(cs) == 1);
    CHECK(connstat_count(cs, 0) == 0);
    CHECK(connstat_count(cs, 1) == 1);
    CHECK(kill(impostor, SIGKILL) == 0);
    CHECK(waitpid(impostor, NULL, 0) == impostor);
    CHECK(connstat_reap(cs) == 0);
    CHECK(connstat_check(cs, NULL, NULL) == 0);
    connstat_close(cs);
    connstat_destroy("test");
}

static void test_reused_number(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    need_chosen_pids();
    on_new_and_old_kernels(check_reused_number);
}

/* ---- a judge without pidfds ----------------------------------------------------------------- */

static void judge_without_pidfds(struct child *self, void *cs)
{
    (void)self;
    forbid_pidfds();
    CHECK(connstat_reap(cs) == 0);
    CHECK(connstat_count(cs, 0) == 1);
}

/* The worker's record names its pidfd, which this judge cannot ask for: that makes it nobody else. */
static void test_judged_without_pidfds(void **state)
{
    connstat_t *cs = create_segment(8);
    struct child worker;

    (void)state;
    if (!has_filters())
        skip();
    worker = child_start(register_one, cs);
    child_reached(&worker);
    in_child(judge_without_pidfds, cs);
    assert_int_equal(connstat_count(cs, 0), 1);
    child_kill(&worker);
    connstat_close(cs);
}

/* ---- a zombie ------------------------------------------------------------------------------- */

static void check_zombie(void)
{
    connstat_t *cs = create_segment(8);
    struct child worker = child_start(register_one, cs);
    siginfo_t info;

    child_reached(&worker);
    CHECK(connstat_reap(cs) == 0);
    CHECK(kill(worker.pid, SIGKILL) == 0);
    CHECK(waitid(P_PID, (id_t)worker.pid, &info, WEXITED | WNOWAIT) == 0);
    CHECK(kill(worker.pid, 0) == 0); /* it is a zombie: its pid is still in use */
    CHECK(connstat_reap(cs) == 1);
    CHECK(connstat_count(cs, 0) == 0);
    CHECK(waitpid(worker.pid, NULL, 0) == worker.pid);
    connstat_close(cs);
    connstat_destroy("test");
}

static void test_zombie(void **state)
{
    (void)state;
    on_new_and_old_kernels(check_zombie);
}

/* ---- a leader that goes before its threads -------------------------------------------------- */

static void *go_on(void *arg)
{
    child_pause(arg);
    _exit(0);
}

static void leave_a_thread_behind(struct child *self, void *arg)
{
    connstat_id id;
    pthread_t thread;

    CHECK(connstat_register(arg, 0, NULL, 0, &id) == 0);
    CHECK(pthread_create(&thread, NULL, go_on, self) == 0);
    syscall(SYS_exit, 0); /* ends this thread alone, not the process */
}

static char state_of(pid_t pid)
{
    char path[64], text[512] = "", *end;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    CHECK(file != NULL);
    CHECK(fgets(text, sizeof(text), file) != NULL);
    fclose(file);
    end = strrchr(text, ')');
    return end == NULL ? '?' : end[2];
}

static void check_leader_gone(void)
{
    connstat_t *cs = create_segment(8);
    struct child worker = child_start(leave_a_thread_behind, cs);

    child_reached(&worker);
    for (int i = 0; i < PATIENCE_S * 100 && state_of(worker.pid) != 'Z'; i++)
        sleep_ms(10);
    CHECK(state_of(worker.pid) == 'Z');
    CHECK(connstat_reap(cs) == 0);
    CHECK(connstat_count(cs, 0) == 1);
    child_go_on(&worker);
    CHECK(waitpid(worker.pid, NULL, 0) == worker.pid);
    CHECK(connstat_reap(cs) == 1);
    CHECK(connstat_count(cs, 0) == 0);
    connstat_close(cs);
    connstat_destroy("test");
}

static void test_leader_gone(void **state)
{
    (void)state;
    on_new_and_old_kernels(check_leader_gone);
}

/* ---- stopped -------------------------------------------------------------------------------- */

static void check_stopped(void)
{
    connstat_t *cs = create_segment(8);
    struct child worker = child_start(register_one, cs);

    child_reached(&worker);
    CHECK(kill(worker.pid, SIGSTOP) == 0);
    CHECK(waitpid(worker.pid, NULL, WUNTRACED) == worker.pid);
    CHECK(connstat_reap(cs) == 0);
    CHECK(connstat_count(cs, 0) == 1);
    child_kill(&worker);
    CHECK(connstat_reap(cs) == 1);
    connstat_close(cs);
    connstat_destroy("test");
}

static void test_stopped(void **state)
{
    (void)state;
    on_new_and_old_kernels(check_stopped);
}

/* ---- another user, another namespace -------------------------------------------------------- */

/* Another user, who may not look into the worker's /proc, can still tell whether it lives. */
static void judge_as_nobody(struct child *self, void *arg)
{
    connstat_t *cs = open_segment(CONNSTAT_READ_ONLY);

    (void)arg;
    CHECK(setgid(65534) == 0 && setuid(65534) == 0);
    CHECK(connstat_reap(cs) == 0);
    CHECK(connstat_count(cs, 0) == 1);
    child_pause(self);
    CHECK(connstat_reap(cs) == 1);
    CHECK(connstat_count(cs, 0) == 0);
}

static void test_judged_by_another_user(void **state)
{
    connstat_t *cs = create_segment(8);
    struct child worker = child_start(register_one, cs), observer;

    (void)state;
    if (geteuid() != 0)
        skip();
    child_reached(&worker);
    observer = child_start(judge_as_nobody, NULL);
    child_reached(&observer);
    child_kill(&worker);
    child_go_on(&observer);
    child_finish(&observer);
    connstat_close(cs);
}

static void worker_in_a_namespace(struct child *self, void *arg)
{
    pid_t init;

    CHECK(unshare(CLONE_NEWPID) == 0);
    init = fork();
    CHECK(init >= 0);
    if (init == 0) {
        CHECK(getpid() == 1);
        register_one(self, arg);
        _exit(0);
    }
    CHECK(waitpid(init, NULL, 0) == init);
}

static int note_own(const struct connstat_worker *worker, void *arg)
{
    *(int *)arg += !worker->foreign && worker->pid == getpid();
    return 0;
}

static void check_own_namespace(void)
{
    connstat_t *cs = create_segment(8);
    connstat_id id;
    int own = 0;

    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_for_each_worker(cs, note_own, &own) == 1);
    CHECK(own == 1);
    CHECK(connstat_system_untold(cs) == 0);
    connstat_close(cs);
    connstat_destroy("test");
}

/* One's own pid namespace is known by /proc alone, also on kernels whose pidfds cannot tell it. */
static void test_own_namespace(void **state)
{
    (void)state;
    on_new_and_old_kernels(check_own_namespace);
}

static int note_foreign(const struct connstat_worker *worker, void *arg)
{
    *(int *)arg += worker->foreign && worker->pid == 1;
    return 0;
}

/* A worker in another pid namespace has the pid 1 there. Here 1 is another process, which must not be
 * taken for the worker; and the worker must not be taken for dead because of a pid that is not here. */
static void test_another_namespace(void **state)
{
    connstat_t *cs = create_segment(8);
    struct connstat_system system;
    struct child outer;
    int foreign = 0;

    (void)state;
    if (geteuid() != 0)
        skip();
    outer = child_start(worker_in_a_namespace, cs);
    child_reached(&outer);
    assert_int_equal(connstat_reap(cs), 0);
    assert_int_equal(connstat_count(cs, 0), 1);
    assert_int_equal(connstat_for_each_worker(cs, note_foreign, &foreign), 1);
    assert_int_equal(foreign, 1);
    /* The open files and the memory of this namespace's process 1 are not the worker's. */
    assert_int_equal(connstat_system_stats(cs, &system), 0);
    assert_int_equal(system.workers, 1);
    assert_int_equal(system.open_fds, 0);
    assert_int_equal(system.memory_workers_bytes, 0);
    assert_int_equal(connstat_system_untold(cs), 1);
    child_go_on(&outer);
    child_finish(&outer);
    assert_int_equal(connstat_reap(cs), 0); /* it is dead, which cannot be told from here at once */
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reused_number), TEST(test_judged_without_pidfds),
        TEST(test_zombie),        TEST(test_leader_gone),
        TEST(test_stopped),       TEST(test_judged_by_another_user),
        TEST(test_own_namespace), TEST(test_another_namespace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
