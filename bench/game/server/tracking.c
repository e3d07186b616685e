/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "server/tracking.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static connstat_t *segment; /* NULL: tracking is off */

int tracking_start(const char *name, uint32_t capacity, uint32_t max_capacity)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    int error;

    config.capacity = capacity;
    config.max_capacity = max_capacity;
    error = connstat_create(&segment, name, &config);
    if (error)
        return error;
    error = connstat_reaper_start(segment);
    if (error) {
        connstat_close(segment);
        segment = NULL;
    }
    return error;
}

void tracking_stop(const char *name)
{
    if (!segment)
        return;
    connstat_close(segment);
    segment = NULL;
    connstat_destroy(name);
}

bool tracking_is_on(void)
{
    return segment;
}

void tracking_join(unsigned worker)
{
    char label[CONNSTAT_LABEL_BYTES];

    if (!segment)
        return;
    snprintf(label, sizeof(label), "game worker %u", worker);
    connstat_join(segment, label);
}

void tracking_leave(void)
{
    connstat_close(segment);
    segment = NULL;
}

void tracking_reap(void)
{
    if (segment)
        connstat_reap(segment);
}

struct tracked_user tracking_user(int64_t id)
{
    struct tracked_user user = {.id = id};
    char text[sizeof("user:") + 20];

    snprintf(text, sizeof(text), "user:%lld", (long long)id);
    connstat_key_text(text, &user.key); /* fits: topic_read_id bounds the digits */
    return user;
}

static void complain_once(int type, int error)
{
    static bool complained[CONNSTAT_MAX_TYPES];

    if (complained[type])
        return;
    complained[type] = true;
    fprintf(stderr, "gameserver: a %s is not tracked as it should be: %s\n",
            connstat_type_name(segment, type), connstat_strerror(error));
}

static int enter(connstat_id *id, int type, const struct tracked_user *user, uint32_t limit,
                 const struct connstat_field *metadata, size_t count)
{
    int error;

    *id = 0;
    if (!segment)
        return 0;
    if (user->id)
        error = connstat_register_key(segment, type, user->key, limit, metadata, count, id);
    else
        error = connstat_register(segment, type, metadata, count, id);
    if (error && error != -EDQUOT)
        complain_once(type, error);
    return error == -EDQUOT ? error : 0;
}

/* With its cookie the kernel tells more of it: connstat list --net. */
#define SOCKET_FIELDS 4
static size_t describe_socket(struct connstat_field metadata[SOCKET_FIELDS], int64_t user,
                              const struct tracked_peer *peer)
{
    size_t count = 0;

    metadata[count++] = connstat_int("user_id", user);
    metadata[count++] = connstat_bool("authenticated", user != 0);
    metadata[count++] = connstat_text("addr", peer->addr);
    if (connstat_socket(peer->fd, &metadata[count]) == 0)
        count++;
    return count;
}

int tracking_socket(connstat_id *id, const struct tracked_user *user,
                    const struct tracked_peer *peer, uint32_t limit)
{
    struct connstat_field metadata[SOCKET_FIELDS];
    size_t count = describe_socket(metadata, user->id, peer);

    return enter(id, CONNSTAT_WS_SOCKET, user, limit, metadata, count);
}

static size_t describe_channel(struct connstat_field metadata[3], const struct topic *topic,
                               int64_t user, bool spectator)
{
    size_t count = 0;

    if (topic->id_name)
        metadata[count++] = connstat_int(topic->id_name, topic->id);
    if (topic->page)
        metadata[count++] = connstat_text("page", topic->page);
    if (topic->type != CONNSTAT_USER_CHANNEL)
        metadata[count++] = connstat_int("user_id", user);
    if (topic->type == CONNSTAT_LOBBY_CHANNEL)
        metadata[count++] = connstat_text("role", spectator ? "spectator" : "member");
    return count;
}

void tracking_channel(connstat_id *id, const struct topic *topic, const struct tracked_user *user,
                      bool spectator)
{
    struct connstat_field metadata[3];
    size_t count = describe_channel(metadata, topic, user->id, spectator);

    enter(id, topic->type, user, 0, metadata, count);
}

void tracking_peer(connstat_id *id, const struct tracked_user *user)
{
    const struct connstat_field metadata[] = {connstat_int("user_id", user->id)};

    enter(id, CONNSTAT_WEBRTC_PEER, user, 0, metadata, 1);
}

/* An entry that cannot be updated stays as it is: the game goes on. */
static void replace(connstat_id id, int type, const struct connstat_field *metadata, size_t count)
{
    int error = connstat_update(segment, id, metadata, count);

    if (error)
        complain_once(type, error);
}

void tracking_authenticated(connstat_id id, const struct tracked_user *user,
                            const struct tracked_peer *peer)
{
    struct connstat_field metadata[SOCKET_FIELDS];
    size_t count = describe_socket(metadata, user->id, peer);

    replace(id, CONNSTAT_WS_SOCKET, metadata, count);
}

void tracking_role(connstat_id id, const struct topic *topic, int64_t user, bool spectator)
{
    struct connstat_field metadata[3];
    size_t count = describe_channel(metadata, topic, user, spectator);

    replace(id, topic->type, metadata, count);
}

void tracking_touch(connstat_id id)
{
    connstat_touch(segment, id);
}

void tracking_end(connstat_id *id)
{
    if (segment)
        connstat_unregister(segment, *id);
    *id = 0;
}

bool tracking_user_online(int64_t user)
{
    struct connstat_key key = tracking_user(user).key;
    int types = connstat_type_count(segment);

    for (int type = 0; type < types; type++)
        if (connstat_type_kind(segment, type) == CONNSTAT_CHANNEL &&
            connstat_count_key(segment, type, key) > 0)
            return true;
    return false;
}
