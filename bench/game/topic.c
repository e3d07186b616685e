/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "topic.h"

#include <errno.h>
#include <string.h>

/* With so many digits "user:ID" still fits into a key of 16 bytes. */
#define ID_DIGITS_MAX 11

static const struct {
    const char *prefix; /* ending in ':' where an id follows */
    int type;
    const char *id_name;
} topics[] = {
    {"user:", CONNSTAT_USER_CHANNEL, "user_id"}, {"lobby:", CONNSTAT_LOBBY_CHANNEL, "lobby_id"},
    {"lobbies", CONNSTAT_LOBBIES_CHANNEL, NULL}, {"group:", CONNSTAT_GROUP_CHANNEL, "group_id"},
    {"groups", CONNSTAT_GROUPS_CHANNEL, NULL},   {"party:", CONNSTAT_PARTY_CHANNEL, "party_id"},
    {"lv:", CONNSTAT_LIVE_VIEW, NULL},
};

int topic_read_id(int64_t *id, const char *text)
{
    size_t digits = strspn(text, "0123456789");
    int64_t value = 0;

    if (digits == 0 || digits > ID_DIGITS_MAX || text[digits] != '\0' || text[0] == '0')
        return -EINVAL;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (text[i] - '0');
    *id = value;
    return 0;
}

int topic_read(struct topic *topic, const char *text)
{
    for (size_t i = 0; i < sizeof(topics) / sizeof(*topics); i++) {
        size_t length = strlen(topics[i].prefix);
        const char *rest = text + length;

        if (strncmp(text, topics[i].prefix, length) != 0)
            continue;
        *topic = (struct topic){.type = topics[i].type, .id_name = topics[i].id_name};
        if (topics[i].id_name)
            return topic_read_id(&topic->id, rest) == 0 ? 0 : -ENOENT;
        if (topics[i].type == CONNSTAT_LIVE_VIEW) {
            topic->page = rest;
            return *rest ? 0 : -ENOENT;
        }
        return *rest ? -ENOENT : 0;
    }
    return -ENOENT;
}
