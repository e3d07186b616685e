/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The rules on watches made by hand, and the watch on real segments.
 */
#include "harness.h"
#include "machine.h"

#include "alerts/alerts.h"
#include "alerts/container.h"
#include "common/text.h"

#define SECOND INT64_C(1000000000)

static struct watched_worker workers[8];
static struct alerts alerts;

/* A good day at 1,000 s: a type of 100 slots half full, a reaper, three workers. */
static struct alert_watch good_day(void)
{
    struct alert_watch watch = {
        .began_ns = 1 * SECOND,
        .now_ns = 1000 * SECOND,
        .looks = 999,
        .type_count = 1,
        .types = {"ws_socket"},
        .capacity = {100},
        .counts = {.type_count = 1, .by_type = {50}},
        .info = {.max_workers = 16, .reapers = 1},
        .workers = workers,
        .worker_count = 3,
    };
    for (int i = 0; i < 3; i++)
        workers[i] = (struct watched_worker){
            .pid = 10 + i,
            .live_total = 16 + (uint64_t)i,
            .state = PROCESS_SLEEPING,
            .state_since_ns = 1 * SECOND,
            .registered_at_ns = 999 * SECOND,
        };
    alerts = (struct alerts){0};
    return watch;
}

static const struct alert *find(enum alert_kind kind)
{
    for (size_t i = 0; i < alerts.count; i++) {
        if (alerts.rows[i].kind == kind)
            return &alerts.rows[i];
    }
    return NULL;
}

/* The only alert there is, of that kind. */
static const struct alert *only(const struct alert_watch *watch, enum alert_kind kind)
{
    alerts_make(&alerts, watch);
    assert_int_equal(alerts.count, 1);
    assert_int_equal(alerts.rows[0].kind, kind);
    return &alerts.rows[0];
}

static void a_good_day_is_silent(void **state)
{
    (void)state;
    struct alert_watch watch = good_day();
    alerts_make(&alerts, &watch);
    assert_int_equal(alerts.count, 0);
}

static void above_seven_eighths_is_nearly_full(void **state)
{
    (void)state;
    struct alert_watch watch = good_day();
    watch.counts.by_type[0] = 87;
    alerts_make(&alerts, &watch);
    assert_int_equal(alerts.count, 0);
    watch.counts.by_type[0] = 88;
    assert_string_equal(only(&watch, ALERT_NEARLY_FULL)->text,
                        "ws_socket: 88 of 100 slots are taken");
    watch.counts.by_type[0] = 100;
    assert_int_equal(only(&watch, ALERT_FULL)->level, ALERT_CRITICAL);
    assert_string_equal(alerts.rows[0].subject, "ws_socket");
}

static void refusing_is_named_with_its_reason_and_beginning(void **state)
{
    (void)state;
    struct alert_watch watch = good_day();
    struct watched_refusals *refused = &watch.refused[0];
    refused->count = 1312;
    refused->by_reason[CONNSTAT_REFUSED_SIZE] = 1300;
    refused->by_reason[CONNSTAT_REFUSED_FULL] = 12;
    refused->first_ns = 900 * SECOND;
    refused->last_ns = 999 * SECOND;
    assert_non_null(
        strstr(only(&watch, ALERT_REFUSING)->text,
               "refusing ws_socket (size): 1,312 refused so far, the first seen 100 s ago"));
    watch.now_ns = 1100 * SECOND; /* it is over */
    assert_non_null(strstr(only(&watch, ALERT_REFUSED)->text,
                           "1,312 registrations were refused so far, the last one 101 s ago"));
    refused->first_ns = refused->last_ns = 0; /* all of it before this watch */
    assert_non_null(strstr(only(&watch, ALERT_REFUSED)->text, "since the segment was made "));
}

static void a_stopped_worker_is_named(void **state)
{
    (void)state;
    struct alert_watch watch = good_day();
    workers[1].state = PROCESS_STOPPED;
    workers[1].state_since_ns = 960 * SECOND;
    strcpy(workers[1].label, "chat\033[2J");
    const struct alert *alert = only(&watch, ALERT_STOPPED);
    assert_string_equal(alert->text,
                        "worker 11 (chat\\e[2J) is stopped for 40 s and holds 17 entries");
    assert_string_equal(alert->subject, "11");
    assert_non_null(strstr(alert->advice, "kill -CONT 11"));
    workers[2].state = PROCESS_TRACED;
    workers[2].tid = 77;
    assert_non_null(strstr(only(&watch, ALERT_STOPPED)->text,
                           "worker 12 thread 77 is held by a debugger for more than "));
    assert_non_null(strstr(alerts.rows[0].text, "18 entries; so it is with 1 other"));
}

static void waiting_in_the_kernel_is_stuck_after_a_while(void **state)
{
    (void)state;
    struct alert_watch watch = good_day();
    workers[0].state = PROCESS_WAITING;
    workers[0].state_since_ns = 991 * SECOND;
    alerts_make(&alerts, &watch);
    assert_int_equal(alerts.count, 0);
    workers[0].state_since_ns = 990 * SECOND;
    only(&watch, ALERT_STUCK);
}

/* Half of the registrations were its own; the others went on with 58 and 60 of them. */
static void a_worker_without_its_share_is_quiet(void **state)
{
    (void)state;
    struct alert_watch watch = good_day();
    workers[0].share_own = 500;
    workers[0].share_all = 1000;
    workers[0].all_then = 1000;
    workers[0].registered_at_ns = 900 * SECOND;
    watch.all_registered = 1058;
    alerts_make(&alerts, &watch);
    assert_int_equal(alerts.count, 0);
    watch.all_registered = 1060;
    assert_string_equal(only(&watch, ALERT_QUIET)->text,
                        "worker 10 has registered nothing for 100 s and holds 16 entries");
    workers[0].registered_at_ns = 980 * SECOND;
    alerts_make(&alerts, &watch);
    assert_int_equal(alerts.count, 0);
}

static void a_cluster_without_news_is_down(void **state)
{
    (void)state;
    struct alert_watch watch = good_day();
    struct connstat_cluster_info *info = &watch.cluster.info;
    strcpy(info->cluster, "eu");
    info->agent = 10687;
    info->lease_ms = 6000;
    watch.cluster.all.age_ms = 5999;
    alerts_make(&alerts, &watch);
    assert_int_equal(alerts.count, 0); /* the only node */
    watch.cluster.all.age_ms = 40000;
    assert_string_equal(only(&watch, ALERT_CLUSTER_DOWN)->text,
                        "agent 10687 has had no news of cluster eu for 40 s: this node alone is "
                        "counted");
    info->agent = 0;
    assert_non_null(strstr(only(&watch, ALERT_CLUSTER_DOWN)->text, "the agent of cluster eu has "
                                                                   "gone"));
    info->agent = 10687;
    watch.cluster.all.age_ms = 100;
    watch.cluster.all.clustered = true;
    strcpy(info->missing, "node-b\nnode-c");
    assert_string_equal(only(&watch, ALERT_NODES_MISSING)->text,
                        "nodes are missing: node-b node-c");
}

static void who_reaps_and_who_can(void **state)
{
    (void)state;
    struct alert_watch watch = good_day();
    watch.info.reapers = 0;
    workers[0].foreign = workers[1].foreign = true;
    alerts_make(&alerts, &watch);
    assert_int_equal(alerts.count, 2);
    assert_non_null(find(ALERT_NO_REAPER));
    assert_string_equal(find(ALERT_FOREIGN)->text,
                        "nobody here can tell whether worker 11 lives, nor 1 other: another pid "
                        "namespace, and no lock on the segment");
    /* A lock is for all to see. */
    workers[0].locked = workers[1].locked = true;
    watch.info.reapers = 1;
    alerts_make(&alerts, &watch);
    assert_int_equal(alerts.count, 0);
    watch = good_day();
    watch.worker_count = 0;
    only(&watch, ALERT_NO_WORKER);
    watch.info.max_workers = 3;
    watch.worker_count = 3;
    only(&watch, ALERT_WORKERS_FULL);
}

static void what_stays_keeps_its_beginning(void **state)
{
    (void)state;
    struct alert_watch watch = good_day();
    watch.info.reapers = 0;
    assert_int_equal(only(&watch, ALERT_NO_REAPER)->since_ns, 1000 * SECOND);
    watch.now_ns += 5 * SECOND;
    watch.counts.by_type[0] = 100;
    alerts_make(&alerts, &watch);
    assert_int_equal(find(ALERT_NO_REAPER)->since_ns, 1000 * SECOND);
    assert_int_equal(find(ALERT_FULL)->since_ns, 1005 * SECOND);
}

static void absence_is_told_with_its_cause_and_length(void **state)
{
    (void)state;
    alerts = (struct alerts){0};
    alerts_make_absent(&alerts, "game", -ENOENT, 100 * SECOND);
    assert_int_equal(alerts.rows[0].kind, ALERT_NO_SEGMENT);
    assert_null(strstr(alerts.rows[0].text, " for "));
    alerts_make_absent(&alerts, "game", -ENOENT, 112 * SECOND);
    assert_non_null(strstr(alerts.rows[0].text, " for 12 s"));
    alerts_make_absent(&alerts, "game", -EPROTO, 113 * SECOND);
    assert_int_equal(alerts.rows[0].kind, ALERT_OLD_LAYOUT);
}

static void stat_is_read_right(void **state)
{
    (void)state;
    need_true_stat();
    struct procstat stat;
    assert_true(procstat_parse("7 (a) b (c)) T 1 7 7 0 -1 4194560 1 2 3 4 30 12 5 6 20", &stat));
    assert_int_equal(stat.ticks, 42);
    assert_int_equal(stat.state, PROCESS_STOPPED);
    assert_false(procstat_parse("7 (a", &stat));
    assert_false(procstat_parse("", &stat));
    assert_true(procstat_is_ours());
    assert_true(procstat_read(getpid(), 0, &stat));
    assert_string_equal(name_of_state(stat.state), "running");
}

static void register_many(connstat_t *cs, int count)
{
    connstat_id id;
    for (int i = 0; i < count; i++)
        CHECK(connstat_register(cs, CONNSTAT_WS_SOCKET, NULL, 0, &id) == 0);
}

static void be_a_worker(struct child *self, void *arg)
{
    connstat_t *cs;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    register_many(cs, *(int *)arg);
    child_pause(self);
    register_many(cs, *(int *)arg);
    child_pause(self);
}

static void the_watch_follows_a_real_worker(void **state)
{
    (void)state;
    connstat_t *cs = create_segment(64);
    struct alert_watch watch = {0};
    int count = 3;
    struct child child = child_start(be_a_worker, &count);
    child_reached(&child);
    assert_int_equal(alert_watch_look(&watch, cs), 0);
    assert_int_equal(watch.worker_count, 1);
    const struct watched_worker *worker = &watch.workers[0];
    assert_int_equal(worker->pid, child.pid);
    assert_int_equal(worker->opened, 3);
    assert_true(worker->registered_at_ns >= worker->joined_at_ns - SECOND / 50);
    assert_true(worker->registered_at_ns <= watch.now_ns);
    int64_t joined_at_ns = worker->joined_at_ns, first = worker->registered_at_ns;

    child_go_on(&child);
    child_reached(&child);
    assert_int_equal(alert_watch_look(&watch, cs), 0);
    worker = alert_watch_find(&watch, child.pid, 0, joined_at_ns);
    assert_non_null(worker);
    assert_int_equal(worker->registered_at_ns, watch.now_ns);
    assert_true(worker->registered_at_ns > first);
    assert_int_equal(watch.all_registered, 3);
    assert_null(alert_watch_find(&watch, child.pid, 0, joined_at_ns + 1));

    int status;
    kill(child.pid, SIGSTOP);
    assert_int_equal(waitpid(child.pid, &status, WUNTRACED), child.pid);
    assert_int_equal(alert_watch_look(&watch, cs), 0);
    assert_int_equal(watch.workers[0].state, PROCESS_STOPPED);
    alerts_make(&alerts, &watch);
    assert_non_null(find(ALERT_STOPPED));
    kill(child.pid, SIGCONT);
    child_go_on(&child);
    child_finish(&child);
    alert_watch_free(&watch);
    connstat_close(cs);
}

static void another_segment_begins_anew(void **state)
{
    (void)state;
    connstat_t *cs = create_segment(4), *reader = open_segment(CONNSTAT_READ_ONLY);
    struct alert_watch watch = {0};
    connstat_id id;
    for (int i = 0; i < 5; i++)
        connstat_register(cs, CONNSTAT_WS_SOCKET, NULL, 0, &id);
    assert_int_equal(alert_watch_look(&watch, reader), 0);
    assert_int_equal(watch.refused[0].count, 1);
    assert_int_equal(watch.refused[0].first_ns, 0); /* before the watch: nobody knows when */
    connstat_register(cs, CONNSTAT_WS_SOCKET, NULL, 0, &id);
    assert_int_equal(alert_watch_look(&watch, reader), 0);
    assert_int_equal(watch.refused[0].first_ns, watch.now_ns);
    connstat_close(cs);
    assert_int_equal(connstat_destroy("test"), 0);
    cs = create_segment(8);
    assert_int_equal(alert_watch_look(&watch, reader), 0);
    assert_int_equal(watch.refused[0].count, 0);
    assert_int_equal(watch.replaced_at_ns, watch.now_ns);
    alerts_make(&alerts, &watch);
    assert_non_null(find(ALERT_REPLACED));
    alert_watch_free(&watch);
    connstat_close(reader);
    connstat_close(cs);
}

static void control_groups(void **state)
{
    (void)state;
    char path[CONTAINER_BYTES], text[600];
    assert_string_equal(container_parse("0::/system.slice/nginx.service\n", path),
                        "/system.slice/nginx.service");
    assert_string_equal(container_parse("0::/\n", path), "/");
    /* Both versions: the one that is in use. */
    assert_string_equal(container_parse("3:cpu,cpuacct:/docker/ab\n1:name=systemd:/\n0::/\n", path),
                        "/docker/ab");
    assert_string_equal(container_parse("0::/a\n1:name=systemd:/b\n", path), "/a");
    assert_string_equal(container_parse("0::/no end", path), "/no end");
    assert_null(container_parse("", path));
    assert_null(container_parse("nonsense\n", path));
    assert_null(container_parse("0::\n", path));
    /* What is too long loses its beginning: containers differ in the end. */
    memset(text, 'x', sizeof(text));
    memcpy(text, "0::/", 4);
    memcpy(text + sizeof(text) - 5, "/end", 5);
    assert_int_equal(strlen(container_parse(text, path)), CONTAINER_BYTES - 1);
    assert_string_equal(path + CONTAINER_BYTES - 5, "/end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_day_is_silent),
        TEST(above_seven_eighths_is_nearly_full),
        TEST(refusing_is_named_with_its_reason_and_beginning),
        TEST(a_stopped_worker_is_named),
        TEST(waiting_in_the_kernel_is_stuck_after_a_while),
        TEST(a_worker_without_its_share_is_quiet),
        TEST(a_cluster_without_news_is_down),
        TEST(who_reaps_and_who_can),
        TEST(control_groups),
        TEST(what_stays_keeps_its_beginning),
        TEST(absence_is_told_with_its_cause_and_length),
        TEST(stat_is_read_right),
        TEST(the_watch_follows_a_real_worker),
        TEST(another_segment_begins_anew),
    };
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
