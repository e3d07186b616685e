/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat_system_stats and connstat_info against what the system says of the same.
 */
#include "harness.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { WORKERS = 3, EXTRA_FDS = 40, FD_LIMIT = 300, MEMORY = 8 << 20 };

static void work(struct child *self, void *arg)
{
    struct rlimit limit = {FD_LIMIT, FD_LIMIT};
    char *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    connstat_t *cs;

    (void)arg;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_join(cs, "worker") == 0);
    for (int i = 0; i < EXTRA_FDS; i++)
        CHECK(dup(0) >= 0);
    CHECK(memory != MAP_FAILED);
    memset(memory, 1, MEMORY);
    child_pause(self);
}

static uint64_t count_fds(pid_t pid)
{
    uint64_t count = 0;
    char path[64];
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    dir = opendir(path);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void test_with_workers(void **state)
{
    connstat_t *cs = create_segment(64), *reader = open_segment(CONNSTAT_READ_ONLY);
    struct child children[WORKERS];
    struct connstat_system system;
    struct stat status;
    char host[65] = "";
    uint64_t fds = 0;

    (void)state;
    for (int i = 0; i < WORKERS; i++) {
        children[i] = child_start(work, NULL);
        child_reached(&children[i]);
        fds += count_fds(children[i].pid);
    }
    memset(&system, 0xff, sizeof(system));
    assert_int_equal(connstat_system_stats(reader, &system), 0);
    gethostname(host, sizeof(host) - 1);
    assert_string_equal(system.node, host);
    assert_string_equal(system.version, connstat_version());
    assert_int_equal(system.cpus, sysconf(_SC_NPROCESSORS_ONLN));
    assert_true(system.uptime_seconds < 60);
    assert_int_equal(system.workers, WORKERS);
    assert_int_equal(system.max_workers, 32);
    assert_int_equal(system.open_fds, fds);
    assert_true(fds >= WORKERS * EXTRA_FDS);
    assert_int_equal(system.max_fds, WORKERS * FD_LIMIT);
    assert_int_equal(stat(segment_path("test"), &status), 0);
    assert_true(system.memory_segment_bytes >= (uint64_t)status.st_blocks * 512 / 2);
    assert_true(system.memory_segment_bytes <= (uint64_t)status.st_size);
    assert_true(system.memory_workers_bytes >= (uint64_t)WORKERS * MEMORY);
    assert_true(system.memory_total_bytes >=
                system.memory_segment_bytes + (uint64_t)WORKERS * MEMORY);
    assert_int_equal(system.cluster_size, 1);
    for (int i = 0; i < WORKERS; i++) {
        child_go_on(&children[i]);
        child_finish(&children[i]);
    }
    connstat_reap(cs);
    assert_int_equal(connstat_system_stats(cs, &system), 0);
    assert_int_equal(system.workers, 0);
    assert_int_equal(system.open_fds, 0);
    assert_int_equal(system.memory_workers_bytes, 0);
    assert_int_equal(system.memory_total_bytes, system.memory_segment_bytes);
    connstat_close(reader);
    connstat_close(cs);
}

/* With NULL instead of a handle one gets what concerns the machine; a closed handle is an error. */
static void test_without_a_segment(void **state)
{
    struct connstat_system system, untouched;
    connstat_t *cs = create_segment(8);

    (void)state;
    assert_int_equal(connstat_system_stats(NULL, NULL), -EINVAL);
    assert_int_equal(connstat_system_stats(cs, NULL), -EINVAL);
    memset(&system, 0xff, sizeof(system));
    assert_int_equal(connstat_system_stats(NULL, &system), 0);
    assert_string_equal(system.version, connstat_version());
    assert_true(system.cpus > 0);
    assert_true(strlen(system.node) > 0);
    assert_int_equal(system.uptime_seconds + system.workers + system.max_workers, 0);
    assert_int_equal(system.open_fds + system.max_fds + system.memory_total_bytes, 0);
    assert_int_equal(system.cluster_size, 0);
    connstat_close(cs);
    untouched = system;
    assert_int_equal(connstat_system_stats(cs, &system), -ENOTCONN);
    assert_memory_equal(&system, &untouched, sizeof(system));
}

static void test_info(void **state)
{
    connstat_t *cs = create_segment(64);
    struct connstat_info info;
    connstat_id id;

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(connstat_register(cs, i, NULL, 0, &id), 0);
    assert_int_equal(connstat_info(cs, &info), 0);
    assert_string_equal(info.name, "test");
    assert_string_equal(info.path, segment_path("test"));
    assert_int_equal(info.max_workers, 32);
    assert_int_equal(info.metadata_bytes, 96);
    assert_int_equal(info.slots, 9 * 64);
    assert_int_equal(info.slots_used, 5);
    assert_int_equal(info.reapers, 0);
    assert_false(info.retired);
    assert_int_equal(connstat_reaper_start(cs), 0);
    assert_int_equal(connstat_info(cs, &info), 0);
    assert_int_equal(info.reapers, 1);
    assert_int_equal(connstat_reaper_stop(cs), 0);
    assert_int_equal(connstat_info(cs, &info), 0);
    assert_int_equal(info.reapers, 0);
    connstat_close(cs);
}

/* The age of the cluster's counts is told also when it exceeds their lease, so that an observer can
 * say for how long there was no news. */
static void an_aggregate_keeps_its_age_past_its_lease(void **state)
{
    (void)state;
    connstat_t *cs = create_segment(4);
    struct connstat_cluster_counts counts;
    struct connstat_cluster_update update = {.size = sizeof(update), .nodes = 2, .lease_ms = 1};
    assert_int_equal(connstat_cluster_counts(cs, &counts), 0);
    assert_int_equal(counts.age_ms, 0);
    assert_int_equal(connstat_cluster_publish(cs, &update), 0);
    usleep(20000);
    assert_int_equal(connstat_cluster_counts(cs, &counts), 0);
    assert_false(counts.clustered);
    assert_int_equal(counts.nodes, 1);
    assert_true(counts.age_ms >= 20);
    assert_int_equal(connstat_cluster_withdraw(cs), 0);
    assert_int_equal(connstat_cluster_counts(cs, &counts), 0);
    assert_int_equal(counts.age_ms, 0);
    connstat_close(cs);
}

/* What the agent says stands in the info, until it takes it back; who it is does so as long as it
 * lives. */
static void an_aggregate_is_told_whole(void **state)
{
    struct connstat_cluster_update update = {.size = sizeof(update),
                                             .nodes = 3,
                                             .lease_ms = 7000,
                                             .node = "node-1",
                                             .cluster = "the cluster",
                                             .missing = "node-2,node-3"};
    connstat_t *cs = create_segment(4), *reader = open_segment(CONNSTAT_READ_ONLY);
    struct connstat_cluster_counts counts;
    struct connstat_cluster_info info;

    (void)state;
    update.counts.by_type[1] = 11;
    update.counts.total_channels = 12;
    update.counts.total_connections = 13;
    assert_int_equal(connstat_cluster_info(reader, &info), 0);
    assert_int_equal(info.agent, 0);
    assert_int_equal(connstat_cluster_publish(cs, &update), 0);
    assert_int_equal(connstat_cluster_info(reader, &info), 0);
    assert_string_equal(info.node, update.node);
    assert_string_equal(info.cluster, update.cluster);
    assert_string_equal(info.missing, update.missing);
    assert_int_equal(info.lease_ms, update.lease_ms);
    assert_int_equal(info.agent, getpid());
    assert_int_equal(connstat_cluster_counts(reader, &counts), 0);
    assert_true(counts.clustered);
    assert_int_equal(counts.nodes, 3);
    assert_int_equal(counts.counts.type_count, 9);
    assert_int_equal(counts.counts.by_type[1], 11);
    assert_int_equal(counts.counts.total_channels, 12);
    assert_int_equal(counts.counts.total_connections, 13);
    assert_int_equal(connstat_cluster_withdraw(cs), 0);
    assert_int_equal(connstat_cluster_info(reader, &info), 0);
    assert_string_equal(info.node, "");
    assert_int_equal(info.lease_ms, 0);
    assert_int_equal(info.agent, getpid());
    connstat_close(reader);
    connstat_close(cs);
}

/* The names of missing nodes are cut at 1 KiB, with the NUL that ends them. */
static void test_many_are_missing(void **state)
{
    struct connstat_cluster_update update = {.size = sizeof(update), .nodes = 1, .lease_ms = 60000};
    struct connstat_cluster_info info;
    connstat_t *cs = create_segment(8);
    char missing[1100];

    (void)state;
    update.missing = missing;
    for (size_t size = 1021; size <= 1026; size++) {
        memset(missing, 'n', size);
        missing[size] = '\0';
        assert_int_equal(connstat_cluster_publish(cs, &update), 0);
        assert_int_equal(connstat_cluster_info(cs, &info), 0);
        assert_int_equal(strlen(info.missing), size < 1023 ? size : 1023);
    }
    connstat_close(cs);
}

/* What is longer than there is room for is refused, and nothing of it written; one byte less fits. */
static void an_aggregate_with_long_names(void **state)
{
    char name[65] = "";
    struct connstat_cluster_update update = {
        .size = sizeof(update), .nodes = 2, .lease_ms = 7000, .node = name};
    connstat_t *cs = create_segment(4);
    struct connstat_cluster_info info;

    (void)state;
    memset(name, 'n', 64);
    assert_int_equal(connstat_cluster_publish(cs, &update), -EINVAL);
    name[63] = '\0';
    assert_int_equal(connstat_cluster_publish(cs, &update), 0);
    assert_int_equal(connstat_cluster_info(cs, &info), 0);
    assert_string_equal(info.node, name);
    name[63] = 'n';
    update.node = NULL;
    update.cluster = name;
    assert_int_equal(connstat_cluster_publish(cs, &update), -EINVAL);
    update.cluster = NULL;
    update.nodes = 0;
    assert_int_equal(connstat_cluster_publish(cs, &update), -EINVAL);
    update.nodes = 2;
    update.size--;
    assert_int_equal(connstat_cluster_publish(cs, &update), -EINVAL);
    connstat_close(cs);
}

/* Another living worker is the agent: nobody takes its place. Once it is dead, anybody may. */
static void be_the_agent(struct child *self, void *arg)
{
    struct connstat_cluster_update update = {.size = sizeof(update), .nodes = 2, .lease_ms = 1};

    CHECK(connstat_cluster_publish(arg, &update) == 0);
    child_pause(self);
}

static void an_agent_is_alone(void **state)
{
    struct connstat_cluster_update update = {.size = sizeof(update), .nodes = 5, .lease_ms = 7000};
    connstat_t *cs = create_segment(4);
    struct child agent = child_start(be_the_agent, cs);
    struct connstat_cluster_info info;

    (void)state;
    child_reached(&agent);
    assert_int_equal(connstat_cluster_publish(cs, &update), -EBUSY);
    assert_int_equal(connstat_cluster_withdraw(cs), -EBUSY);
    assert_int_equal(connstat_cluster_info(cs, &info), 0);
    assert_int_equal(info.agent, agent.pid);
    child_kill(&agent);
    assert_int_equal(connstat_cluster_info(cs, &info), 0);
    assert_int_equal(info.agent, 0);
    assert_int_equal(connstat_cluster_publish(cs, &update), 0);
    assert_int_equal(connstat_cluster_publish(cs, &update), 0);
    connstat_close(cs);
}

/* A closed handle can neither read, nor publish, nor withdraw the cluster's counts. */
static void an_aggregate_needs_a_handle(void **state)
{
    struct connstat_cluster_update update = {.size = sizeof(update), .nodes = 2, .lease_ms = 1};
    struct connstat_cluster_info info, untouched;
    connstat_t *cs = create_segment(4);

    (void)state;
    memset(&info, 0xa5, sizeof(info));
    untouched = info;
    connstat_close(cs);
    assert_int_equal(connstat_cluster_publish(cs, &update), -ENOTCONN);
    assert_int_equal(connstat_cluster_withdraw(cs), -ENOTCONN);
    assert_int_equal(connstat_cluster_info(cs, &info), -ENOTCONN);
    assert_memory_equal(&info, &untouched, sizeof(info));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_many_are_missing),
        TEST(test_with_workers),
        TEST(test_without_a_segment),
        TEST(test_info),
        TEST(an_aggregate_keeps_its_age_past_its_lease),
        TEST(an_aggregate_is_told_whole),
        TEST(an_aggregate_with_long_names),
        TEST(an_agent_is_alone),
        TEST(an_aggregate_needs_a_handle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
