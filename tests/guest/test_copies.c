/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Several copies of the library in one process: the shared one, and two plugins with the archive
 * inside. fork works, in whatever order they came, and each copy works on both sides of it.
 *
 *   test_guest_copies PLUGIN PLUGIN
 */
#include "harness.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

static const char *plugins[2];

typedef int (*live_fn)(void);

static live_fn load(const char *path)
{
    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    live_fn live;

    if (plugin == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        _exit(1);
    }
    *(void **)&live = dlsym(plugin, "plugin_live");
    CHECK(live != NULL);
    return live;
}

static connstat_t *cs;

static int live_here(void)
{
    connstat_id id;
    int error = cs == NULL ? connstat_open(&cs, "test", 0) : 0;

    if (error == 0)
        error = connstat_register(cs, 0, NULL, 0, &id);
    return error < 0 ? error : connstat_unregister(cs, id);
}

static atomic_bool stop;

static void *live_on(void *arg)
{
    live_fn live = *(live_fn *)arg;

    while (!atomic_load(&stop))
        (void)live();
    return NULL;
}

static void fork_and_live(live_fn lives[3], int generations)
{
    int status;
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(PATIENCE_S);
        for (int i = 0; i < 3; i++)
            CHECK(lives[i]() == 0);
        if (generations > 1)
            fork_and_live(lives, generations - 1);
        exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* first: which of the three has the first handle. */
static void live_in_order(struct child *self, void *arg)
{
    int first = *(int *)arg;
    live_fn lives[3] = {live_here, load(plugins[0]), load(plugins[1])};
    pthread_t threads[3];

    (void)self;
    alarm(PATIENCE_S);
    for (int i = 0; i < 3; i++)
        CHECK(lives[(first + i) % 3]() == 0);
    fork_and_live(lives, 2);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, live_on, &lives[i]) == 0);
    for (int i = 0; i < 20; i++)
        fork_and_live(lives, 1);
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

/* The test itself has no handle: in each child all copies are new. */
static void test_fork_with_copies(void **state)
{
    (void)state;
    for (int first = 0; first < 3; first++)
        in_child(live_in_order, &first);
}

static int make_segment(void **state)
{
    connstat_t *made;
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    int error = harness_setup(state), status;
    pid_t pid;

    if (error != 0)
        return error;
    pid = fork();
    if (pid == 0) {
        config.capacity = 1024;
        _exit(connstat_create(&made, "test", &config) == 0 ? 0 : 1);
    }
    return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fork_with_copies, make_segment, harness_teardown),
    };

    if (argc != 3)
        return 2;
    plugins[0] = argv[1];
    plugins[1] = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
