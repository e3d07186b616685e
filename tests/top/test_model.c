/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What connstat top makes of its samples.
 */
#include "stage.h"

#include <math.h>

#include "top/model/usage.h"

#define assert_near(number, expected) assert_true(fabs((number) - (expected)) < 1e-9)

static void rates_are_per_second(void **state)
{
    struct stage *stage = *state;
    add(stage);
    assert_true(isnan(stage->model.types[0].rates.opened));
    stage->sample.at_ns += 2 * SECOND;
    stage->sample.totals.opened[0] = 50;
    stage->sample.totals.closed[0] = 20;
    stage->sample.counts.by_type[0] = 30;
    add(stage);
    assert_near(stage->model.types[0].rates.opened, 25);
    assert_near(stage->model.types[0].rates.closed, 10);
    assert_near(stage->model.types[1].rates.opened, 0);
    assert_int_equal(stage->model.types[0].live, 30);
}

static void another_segment_starts_over(void **state)
{
    struct stage *stage = *state;
    stage->sample.totals.opened[0] = 1000;
    add(stage);
    stage->sample.at_ns += SECOND;
    stage->sample.info.created_at_ns = 8;
    stage->sample.totals.opened[0] = 10;
    add(stage);
    assert_int_equal(stage->model.segments_seen, 2);
    assert_true(isnan(stage->model.types[0].rates.opened));
    assert_int_equal(stage->model.types[0].history.length, 1);
}

static void refusing_is_of_the_last_moment(void **state)
{
    struct stage *stage = *state;
    stage->sample.totals.refused[1][CONNSTAT_REFUSED_FULL] = 5;
    add(stage);
    assert_false(stage->model.types[1].refusing);
    stage->sample.at_ns += SECOND;
    stage->sample.totals.refused[1][CONNSTAT_REFUSED_LIMIT] = 1;
    add(stage);
    assert_true(stage->model.types[1].refusing);
    assert_int_equal(stage->model.types[1].refused, 6);
    stage->sample.at_ns += SECOND;
    add(stage);
    assert_false(stage->model.types[1].refusing);
}

static void workers_are_known_again(void **state)
{
    struct stage *stage = *state;
    struct top_worker_sample *first = add_worker(stage, 10, 0);
    struct top_worker_sample *second = add_worker(stage, 20, 0);
    first->has_usage = second->has_usage = true;
    add(stage);
    assert_true(isnan(stage->model.workers[0].cpu_percent));

    stage->sample.at_ns += SECOND;
    second->opened = 40;
    second->cpu_ns = SECOND / 4;
    first->joined_at_ns = 99; /* the same number, another process */
    add(stage);
    assert_int_equal(stage->model.worker_count, 2);
    assert_true(isnan(stage->model.workers[0].rates.opened));
    assert_near(stage->model.workers[1].rates.opened, 40);
    assert_near(stage->model.workers[1].cpu_percent, 25);

    stage->sample.workers[0] = stage->sample.workers[1];
    stage->sample.worker_count = 1;
    add(stage);
    assert_int_equal(stage->model.worker_count, 1);
    assert_int_equal(stage->model.workers[0].now.pid, 20);
}

static void history_keeps_gaps_and_the_last(void **state)
{
    (void)state;
    struct top_series *series = calloc(1, sizeof(*series));
    assert_true(isnan(top_series_at(series, 0)));
    for (int i = 0; i < TOP_HISTORY + 5; i++)
        top_series_add(series, i);
    assert_near(top_series_at(series, 0), TOP_HISTORY + 4);
    assert_near(top_series_at(series, TOP_HISTORY - 1), 5);
    assert_true(isnan(top_series_at(series, TOP_HISTORY)));
    top_series_add(series, NAN);
    top_series_add(series, TOP_HISTORY + 4);

    unsigned char bars[3];
    top_series_bars(series, 3, bars);
    assert_int_equal(bars[1], 0);
    assert_true(bars[0] > 0 && bars[2] > 0);
    free(series);
}

static void bars_span_a_tenth_at_least(void **state)
{
    (void)state;
    struct top_series *series = calloc(1, sizeof(*series));
    unsigned char bars[4];
    double least, most;
    top_series_bars(series, 4, bars);
    assert_memory_equal(bars, "\0\0\0\0", 4);
    assert_false(top_series_range(series, 4, &least, &most));

    const double values[] = {1000, 999, 950, 900};
    for (int i = 0; i < 4; i++)
        top_series_add(series, values[i]);
    top_series_bars(series, 4, bars);
    assert_int_equal(bars[0], 8);
    assert_int_equal(bars[1], 8);
    assert_true(bars[2] > 3 && bars[2] < 6);
    assert_int_equal(bars[3], 1);
    assert_true(top_series_range(series, 4, &least, &most));
    assert_near(least, 900);
    assert_near(most, 1000);

    for (int i = 0; i < 4; i++)
        top_series_add(series, 0);
    top_series_bars(series, 4, bars);
    assert_memory_equal(bars, "\1\1\1\1", 4);
    free(series);
}

static void proc_is_read_right(void **state)
{
    (void)state;
    uint64_t pages;
    assert_true(top_usage_parse_statm("900 300 100 1 0 50 0", &pages));
    assert_int_equal(pages, 200);
    assert_false(top_usage_parse_statm("900", &pages));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rates_are_per_second),
        TEST(another_segment_starts_over),
        TEST(refusing_is_of_the_last_moment),
        TEST(workers_are_known_again),
        TEST(history_keeps_gaps_and_the_last),
        TEST(bars_span_a_tenth_at_least),
        TEST(proc_is_read_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
