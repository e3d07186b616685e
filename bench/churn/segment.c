/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "segment.h"

#include "measure.h"

#include <stdio.h>
#include <string.h>

enum { OTHER_CAPACITY = 1024 };

void must_have(int result, const char *call)
{
    bench_fail("%s: %s", call, strerror(-result));
}

connstat_t *segment_make(uint32_t capacity)
{
    return segment_make_for(capacity, 0);
}

connstat_t *segment_make_for(uint32_t capacity, uint32_t max_workers)
{
    static unsigned number;
    static const struct connstat_type others[] = {
        {"user_channel", CONNSTAT_CHANNEL, 0},    {"lobby_channel", CONNSTAT_CHANNEL, 0},
        {"lobbies_channel", CONNSTAT_CHANNEL, 0}, {"group_channel", CONNSTAT_CHANNEL, 0},
        {"groups_channel", CONNSTAT_CHANNEL, 0},  {"party_channel", CONNSTAT_CHANNEL, 0},
        {"live_view", CONNSTAT_CONNECTION, 0},    {"webrtc_peer", CONNSTAT_CONNECTION, 0},
    };
    enum { OTHERS = sizeof(others) / sizeof(others[0]) };
    struct connstat_type types[1 + OTHERS] = {{"ws_socket", CONNSTAT_CONNECTION, capacity}};
    memcpy(&types[1], others, sizeof(others));

    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    config.types = types;
    config.type_count = 1 + OTHERS;
    config.capacity = OTHER_CAPACITY;
    config.max_workers = max_workers;

    char name[32];
    snprintf(name, sizeof(name), "bench-%u", number++);
    connstat_t *cs;
    must(connstat_create(&cs, name, &config), "connstat_create");
    return cs;
}

void segment_drop(connstat_t *cs)
{
    struct connstat_info info;
    must(connstat_info(cs, &info), "connstat_info");
    connstat_close(cs);
    must(connstat_destroy(info.name), "connstat_destroy");
}
