/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Entries that prove themselves.
 */
#include "storm.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

struct seen seen_of;

static uint64_t sum_of(uint64_t serial, uint64_t change, pid_t pid)
{
    return ((serial + change * UINT64_C(0x100000001b3) + (uint64_t)pid) *
            UINT64_C(0x9e3779b97f4a7c15)) >>
           1;
}

void map_make(struct map *map, uint64_t serial, uint64_t change, pid_t pid)
{
    snprintf(map->text, sizeof(map->text), "%.*s%" PRIu64, (int)((serial + change) % 17),
             "................", serial);
    map->fields[0] = connstat_int("serial", (int64_t)serial);
    map->fields[1] = connstat_text("text", map->text);
    map->fields[2] = connstat_int("change", (int64_t)change);
    map->fields[3] = connstat_int("pid", pid);
    map->fields[4] = connstat_int("sum", (int64_t)sum_of(serial, change, pid));
}

int enter(connstat_t *cs, int type, uint64_t serial, connstat_id *id)
{
    struct map map;

    map_make(&map, serial, 0, getpid());
    if (serial % 2 == 0)
        return connstat_register(cs, type, map.fields, MAP_FIELDS, id);
    return connstat_register_key(cs, type, connstat_key_u64(serial % USERS), LIMIT, map.fields,
                                 MAP_FIELDS, id);
}

#define LIMITED_USER 5

bool has_limit_for_ever(uint64_t serial)
{
    return serial % 2 == 1 && serial % USERS == LIMITED_USER;
}

struct connstat_key key_with_limit_for_ever(void)
{
    return connstat_key_u64(LIMITED_USER);
}

int is_whole(const struct connstat_entry *entry, void *arg)
{
    const struct connstat_field *field = entry->metadata;
    uint64_t *count = arg, serial, change;
    struct map map;

    ++*count;
    require(entry->metadata_count == MAP_FIELDS);
    serial = (uint64_t)field[0].value.integer;
    change = (uint64_t)field[2].value.integer;
    map_make(&map, serial, change, entry->pid);
    require(strcmp(field[1].value.text, map.text) == 0);
    require(field[3].value.integer == entry->pid);
    require(field[4].value.integer == map.fields[4].value.integer);
    require((entry->key != NULL) == (serial % 2 == 1));
    if (entry->key != NULL) {
        struct connstat_key key = connstat_key_u64(serial % USERS);

        require(memcmp(entry->key, &key, sizeof(key)) == 0);
    }
    seen_of.changed += change != 0;
    seen_of.moved += change % 2;
    return 0;
}
