/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The agent's loop on an engine that only plays one: each test lists what the engine answers, and
 * what the segment must show when the next update comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cluster/agent_loop.h"
#include "common/failure.h"

#define OTHERS 100 /* how many connections the other nodes are said to have */

struct step {
    bool fails;
    enum engine_state state;
    uint32_t nodes;
    const char *missing;
};

struct fake {
    struct engine engine; /* first: update and leave get it back */
    const struct step *steps;
    size_t count, taken;
    connstat_t *cs;
    struct connstat_cluster_counts shown[16]; /* when update n was asked for; last: after leaving */
    char missing[16][ENGINE_MISSING_BYTES];
    struct engine_report last;
    char node[64];
    int left;
};

static void look(struct fake *fake)
{
    struct connstat_cluster_info info;
    connstat_cluster_counts(fake->cs, &fake->shown[fake->taken]);
    assert_int_equal(connstat_cluster_info(fake->cs, &info), 0);
    strcpy(fake->missing[fake->taken], info.missing);
}

static bool fake_update(struct engine *engine, const struct engine_report *report,
                        struct engine_answer *answer, struct engine_error *error)
{
    struct fake *fake = (struct fake *)engine;
    const struct step *step = &fake->steps[fake->taken];
    look(fake);
    fake->last = *report;
    strcpy(fake->node, report->node);
    if (++fake->taken == fake->count)
        raise(SIGTERM);
    if (step->fails) {
        strcpy(error->text, "the fake fails");
        return false;
    }
    *answer = (struct engine_answer){.state = step->state, .nodes = step->nodes};
    answer->counts = *report->counts;
    answer->counts.by_type[CONNSTAT_WS_SOCKET] += OTHERS;
    answer->counts.total_connections += OTHERS;
    strcpy(answer->missing, step->missing ? step->missing : "");
    return true;
}

static bool fake_leave(struct engine *engine, const struct engine_report *report,
                       struct engine_error *error)
{
    (void)report;
    (void)error;
    ((struct fake *)engine)->left++;
    return true;
}

static struct fake run(const struct step *steps, size_t count, uint32_t lease_ms)
{
    struct fake fake = {{fake_update, fake_leave}, steps, count};
    struct agent_settings settings = {
        .segment = "loop", .node = "here", .cluster = "c", .period_ms = 10, .lease_ms = lease_ms};
    connstat_id id;
    assert_int_equal(connstat_create(&fake.cs, "loop", NULL), 0);
    assert_int_equal(connstat_register(fake.cs, CONNSTAT_WS_SOCKET, NULL, 0, &id), 0);
    agent_block_signals();
    assert_int_equal(agent_run(&settings, &fake.engine), STATUS_OK);
    assert_int_equal(fake.taken, count);
    look(&fake);
    connstat_close(fake.cs);
    assert_int_equal(connstat_destroy("loop"), 0);
    return fake;
}
#define RUN(lease_ms, ...)                                                                         \
    run((const struct step[]){__VA_ARGS__},                                                        \
        sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step), lease_ms)

static void assert_alone(const struct connstat_cluster_counts *shown)
{
    assert_false(shown->clustered);
    assert_int_equal(shown->nodes, 1);
    assert_int_equal(shown->counts.total_connections, 1);
}

static void assert_clustered(const struct connstat_cluster_counts *shown, uint32_t nodes)
{
    assert_true(shown->clustered);
    assert_int_equal(shown->nodes, nodes);
    assert_int_equal(shown->counts.total_connections, 1 + OTHERS);
    assert_int_equal(shown->counts.by_type[CONNSTAT_WS_SOCKET], 1 + OTHERS);
}

static void test_counts_are_told_and_shown(void **state)
{
    (void)state;
    struct fake fake = RUN(60000, {.nodes = 3}, {.nodes = 2, .missing = "a\nb"}, {.nodes = 3});
    assert_alone(&fake.shown[0]);
    assert_clustered(&fake.shown[1], 3);
    assert_string_equal(fake.missing[1], "");
    assert_clustered(&fake.shown[2], 2);
    assert_string_equal(fake.missing[2], "a\nb");
    assert_string_equal(fake.node, "here");
    assert_int_equal(fake.last.period_ms, 10);
    assert_int_equal(fake.last.lease_ms, 60000);
}

static void test_leaving_is_at_once(void **state)
{
    (void)state;
    struct fake fake = RUN(60000, {.nodes = 3}, {.nodes = 3});
    assert_int_equal(fake.left, 1);
    assert_alone(&fake.shown[2]);
}

static void test_alone_is_not_clustered(void **state)
{
    (void)state;
    struct fake fake = RUN(60000, {.nodes = 1}, {.nodes = 1});
    assert_false(fake.shown[1].clustered);
}

static void test_a_failure_leaves_what_is_shown(void **state)
{
    (void)state;
    struct fake fake =
        RUN(60000, {.nodes = 3}, {.fails = true}, {.fails = true}, {.nodes = 2}, {.nodes = 2});
    assert_clustered(&fake.shown[1], 3);
    assert_clustered(&fake.shown[2], 3);
    assert_clustered(&fake.shown[3], 3);
    assert_clustered(&fake.shown[4], 2);
}

static void test_after_the_lease_this_node_stands_alone(void **state)
{
    (void)state;
    struct step steps[12] = {{.nodes = 3}};
    for (size_t i = 1; i < 12; i++)
        steps[i].fails = true; /* at least 3 ms apart */
    struct fake fake = run(steps, 12, 20);
    assert_alone(&fake.shown[11]);
}

static void test_settling_shows_nothing_new(void **state)
{
    (void)state;
    struct fake fake = RUN(60000, {.state = ENGINE_SETTLING, .nodes = 2}, {.nodes = 3},
                           {.state = ENGINE_SETTLING, .nodes = 1}, {.nodes = 3});
    assert_alone(&fake.shown[1]);
    assert_clustered(&fake.shown[2], 3);
    assert_clustered(&fake.shown[3], 3);
}

static void test_a_taken_node_stands_alone(void **state)
{
    (void)state;
    struct fake fake = RUN(60000, {.nodes = 3}, {.state = ENGINE_TAKEN}, {.state = ENGINE_TAKEN});
    assert_clustered(&fake.shown[1], 3);
    assert_alone(&fake.shown[2]);
    assert_int_equal(fake.left, 0);
}

static void test_an_engine_that_never_answered_hears_no_farewell(void **state)
{
    (void)state;
    struct fake fake = RUN(60000, {.fails = true}, {.fails = true});
    assert_int_equal(fake.left, 0);
    assert_alone(&fake.shown[1]);
}

static int make_directory(void **state)
{
    static char directory[] = "/dev/shm/connstat-loop-XXXXXX";
    *state = mkdtemp(directory);
    return *state && setenv("CONNSTAT_DIR", directory, 1) == 0 ? 0 : -1;
}

static int remove_directory(void **state)
{
    return rmdir(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_are_told_and_shown),
        cmocka_unit_test(test_leaving_is_at_once),
        cmocka_unit_test(test_alone_is_not_clustered),
        cmocka_unit_test(test_a_failure_leaves_what_is_shown),
        cmocka_unit_test(test_after_the_lease_this_node_stands_alone),
        cmocka_unit_test(test_settling_shows_nothing_new),
        cmocka_unit_test(test_a_taken_node_stands_alone),
        cmocka_unit_test(test_an_engine_that_never_answered_hears_no_farewell),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
