/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "growing.h"

struct connstat_config growing(uint32_t capacity, uint32_t maximum)
{
    static const struct connstat_type types[] = {{"socket", CONNSTAT_CONNECTION, 0},
                                                 {"room", CONNSTAT_CHANNEL, 7}};
    static uint32_t maxima[2];
    struct connstat_config config = CONNSTAT_CONFIG_INIT;

    maxima[0] = maximum;
    config.types = types;
    config.type_count = 2;
    config.capacity = capacity;
    config.max_workers = 32;
    config.max_capacities = maxima;
    return config;
}

connstat_t *create_growing(uint32_t capacity, uint32_t maximum)
{
    struct connstat_config config = growing(capacity, maximum);
    connstat_t *cs = NULL;

    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    return cs;
}

void add(connstat_t *cs, int64_t from, int64_t to, connstat_id *ids)
{
    for (int64_t i = from; i < to; i++) {
        struct connstat_field field = connstat_int("n", i);

        CHECK(connstat_register(cs, 0, &field, 1, &ids[i]) == 0);
    }
}

struct numbers {
    uint8_t seen[MAXIMUM + 1];
    size_t wrong;
};

static int see_number(const struct connstat_entry *entry, void *arg)
{
    struct numbers *numbers = arg;
    int64_t n = entry->metadata_count == 1 ? entry->metadata[0].value.integer : -1;

    if (n < 0 || n > MAXIMUM || numbers->seen[n]++ > 0)
        numbers->wrong++;
    return 0;
}

void check_numbers(connstat_t *cs, int64_t count)
{
    struct numbers *numbers = calloc(1, sizeof(*numbers));

    CHECK(connstat_for_each(cs, 0, see_number, numbers) == count);
    CHECK(numbers->wrong == 0);
    for (int64_t i = 0; i < count; i++)
        CHECK(numbers->seen[i] == 1);
    free(numbers);
}

static void complain(const char *message, void *arg)
{
    (void)arg;
    fprintf(stderr, "check: %s\n", message);
}

void check_clean(connstat_t *cs)
{
    CHECK(connstat_check(cs, complain, NULL) == 0);
}
