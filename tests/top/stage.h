/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A model that is fed with samples, without a segment and without a terminal.
 */
#ifndef TESTS_TOP_STAGE_H
#define TESTS_TOP_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "top/panels/panel.h"

#define SECOND 1000000000LL

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

struct stage {
    struct top_sample sample;
    struct top_model model;
    struct top_data data;
};

/* A first sample of two types and no worker, one second before the time at which the tests
 * begin. */
static inline int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    struct top_sample *sample = &stage->sample;
    sample->at_ns = SECOND;
    sample->info.created_at_ns = 7;
    sample->counts.type_count = sample->totals.type_count = 2;
    strcpy(sample->types[0].name, "socket");
    strcpy(sample->types[1].name, "lobby");
    sample->types[0].capacity = sample->types[1].capacity = 100;
    sample->workers = calloc(8, sizeof(*sample->workers));
    sample->worker_room = 8;
    stage->data.model = &stage->model;
    *state = stage;
    return 0;
}

static inline int tear_down(void **state)
{
    struct stage *stage = *state;
    top_sample_free(&stage->sample);
    top_model_free(&stage->model);
    free(stage);
    return 0;
}

static inline void add(struct stage *stage)
{
    assert_int_equal(top_model_add(&stage->model, &stage->sample), 0);
}

static inline struct top_worker_sample *add_worker(struct stage *stage, pid_t pid, uint64_t live)
{
    struct top_worker_sample *worker = &stage->sample.workers[stage->sample.worker_count++];
    *worker = (struct top_worker_sample){.pid = pid, .live_total = live, .joined_at_ns = 1};
    return worker;
}

#endif
