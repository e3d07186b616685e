/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The growth log beside one that checks it.
 */
#include "scenarios.h"
#include "world.h"

#include "check/check.h"

static void setup(void)
{
    world_make(1);
}

/* As append of lib/file/mapping.c, by one who has seen all lines before. */
static void append(uint32_t number)
{
    uint64_t none = 0;

    (void)atomic_compare_exchange_strong_explicit(&segment_growth_log(&world)[number], &none,
                                                  number + 1, memory_order_release,
                                                  memory_order_relaxed);
}

static void grows_twice(void)
{
    append(0);
    append(1);
}

/* Another one, who follows first. */
static void follows_and_grows(void)
{
    uint32_t number = 0;

    while (number < 3 &&
           atomic_load_explicit(&segment_growth_log(&world)[number], memory_order_acquire) != 0)
        number++;
    append(number);
}

static void checks(void)
{
    struct check check = {.violations = 0};

    check_growth_log(&world, &check);
    EXPECT(check.violations == 0);
}

const struct scenario log_scenario = {
    .name = "log", .setup = setup, .threads = {grows_twice, follows_and_grows, checks}};
