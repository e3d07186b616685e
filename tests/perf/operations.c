/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Runs each operation a fixed number of times under callgrind, and lets it write the instructions
 * of each into a dump of its own. Which number is too large is for tests/perf/check to say.
 */
#include <connstat.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

enum { TIMES = 1000, WARM = 100, FEW = TIMES + WARM, MANY = 20 * FEW, OF_KEY = 20 };

struct table {
    connstat_t *cs;
    connstat_id ids[MANY];
    uint32_t count;
};

static struct connstat_field fields[3];
static uint8_t encoded[64];
static size_t encoded_size;

static void must(int result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, strerror(-result));
    exit(1);
}

static void nothing(struct table *table)
{
    __asm__ volatile("" : : "r"(table) : "memory");
}

static void register_fields(struct table *table)
{
    must(connstat_register(table->cs, 0, fields, 3, &table->ids[table->count++]), "register");
}

static void register_encoded(struct table *table)
{
    must(
        connstat_register_encoded(table->cs, 0, encoded, encoded_size, &table->ids[table->count++]),
        "register_encoded");
}

static void unregister(struct table *table)
{
    must(connstat_unregister(table->cs, table->ids[--table->count]), "unregister");
}

static void update(struct table *table)
{
    static uint32_t turn;
    must(connstat_update(table->cs, table->ids[turn++ * 7919 % table->count], fields, 3), "update");
}

static void touch(struct table *table)
{
    static uint32_t turn;
    must(connstat_touch(table->cs, table->ids[turn++ * 7919 % table->count]), "touch");
}

static void replace(struct table *table)
{
    static uint32_t turn;
    connstat_id *id = &table->ids[turn++ * 7919 % table->count];
    must(connstat_unregister(table->cs, *id), "unregister");
    must(connstat_register_encoded(table->cs, 0, encoded, encoded_size, id), "register_encoded");
}

/* All entries of the table are of one key: more could meet in a line of the index, or not, as its
 * secret wants it, and would not count the same each time. */
static const uint64_t key = 42;

static void replace_under(struct table *table, uint32_t limit)
{
    static uint32_t turn;
    connstat_id *id = &table->ids[turn++ * 7919 % table->count];
    must(connstat_unregister(table->cs, *id), "unregister");
    must(connstat_register_key(table->cs, 0, connstat_key_u64(key), limit, fields, 3, id),
         "register_key");
}

static void replace_key(struct table *table)
{
    replace_under(table, 0);
}

static void replace_limit(struct table *table)
{
    replace_under(table, OF_KEY);
}

/* One without a key leaves before, and its slot is taken first: the key's is parked still, with a
 * cell that is one more than the limit. */
static void replace_crossed(struct table *table)
{
    static uint32_t turn;
    static connstat_id other;
    connstat_id *id = &table->ids[turn++ * 7919 % table->count];
    must(connstat_unregister(table->cs, other), "unregister");
    must(connstat_unregister(table->cs, *id), "unregister");
    must(connstat_register_key(table->cs, 0, connstat_key_u64(key), OF_KEY, fields, 3, id),
         "register_key");
    must(connstat_register(table->cs, 0, fields, 3, &other), "register");
}

static void count_key(struct table *table)
{
    if (connstat_count_key(table->cs, 0, connstat_key_u64(key)) != OF_KEY)
        must(-EINVAL, "count_key");
}

static void counts(struct table *table)
{
    struct connstat_counts counts;
    must(connstat_counts(table->cs, &counts), "counts");
}

/* An operation is a visited entry here: the list that it belongs to runs once in TIMES. */
static int visit(const struct connstat_entry *entry, void *arg)
{
    *(uint64_t *)arg += entry->metadata_count + entry->encoded_size;
    return 0;
}

static void list(struct table *table)
{
    uint64_t sum = 0;
    must((int)connstat_for_each(table->cs, 0, visit, &sum), "for_each");
}

static void list_encoded(struct table *table)
{
    uint64_t sum = 0;
    must((int)connstat_for_each_encoded(table->cs, 0, visit, &sum), "for_each_encoded");
}

/* The calls go through a pointer each time, as does nothing, which is the baseline. */
static void measure(const char *name, void (*volatile operation)(struct table *table),
                    struct table *table, unsigned warm, unsigned times)
{
    for (unsigned i = 0; i < warm; i++)
        operation(table);
    CALLGRIND_ZERO_STATS;
    for (unsigned i = 0; i < times; i++)
        operation(table);
    CALLGRIND_DUMP_STATS_AT(name);
}

/* As full as the other one when as many entries stand as were planned: that may cost. */
static void table_open(struct table *table, const char *name, uint32_t planned)
{
    struct connstat_type type = {"socket", CONNSTAT_CONNECTION, planned + planned / 4};
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    config.types = &type;
    config.type_count = 1;
    must(connstat_create(&table->cs, name, &config), "create");
}

static void table_close(struct table *table, const char *name)
{
    connstat_close(table->cs);
    must(connstat_destroy(name), "destroy");
}

int main(void)
{
    fields[0] = connstat_text("addr", "192.168.100.7");
    fields[1] = connstat_int("user_id", 1000000);
    fields[2] = connstat_text("page", "abcdefghijklmnopqrstuvwx");
    int size = connstat_encode(fields, 3, encoded, sizeof(encoded));
    must(size, "encode");
    encoded_size = (size_t)size;

    static struct table few, many;
    table_open(&few, "few", FEW);
    measure("nothing", nothing, &few, WARM, TIMES);
    measure("register", register_fields, &few, WARM, TIMES);
    measure("unregister", unregister, &few, WARM, TIMES);
    measure("register_encoded", register_encoded, &few, WARM, TIMES);
    measure("replace", replace, &few, WARM, TIMES);
    measure("counts", counts, &few, WARM, TIMES);
    while (few.count > TIMES)
        unregister(&few);
    measure("list", list, &few, 1, 1);
    measure("list_encoded", list_encoded, &few, 1, 1);
    measure("touch", touch, &few, WARM, TIMES);
    measure("list_touched", list_encoded, &few, 1, 1);
    measure("update", update, &few, WARM, TIMES);

    table_open(&many, "many", MANY);
    while (many.count < MANY)
        register_encoded(&many);
    measure("replace_many", replace, &many, WARM, TIMES);
    measure("counts_many", counts, &many, WARM, TIMES);
    table_close(&many, "many");
    table_close(&few, "few");

    static struct table keyed;
    table_open(&keyed, "keyed", FEW);
    for (; keyed.count < OF_KEY; keyed.count++)
        must(connstat_register_key(keyed.cs, 0, connstat_key_u64(key), 0, fields, 3,
                                   &keyed.ids[keyed.count]),
             "register_key");
    measure("replace_key", replace_key, &keyed, WARM, TIMES);
    measure("replace_limit", replace_limit, &keyed, WARM, TIMES);
    measure("replace_crossed", replace_crossed, &keyed, WARM, TIMES);
    measure("count_key", count_key, &keyed, WARM, TIMES);
    table_close(&keyed, "keyed");
    return 0;
}
