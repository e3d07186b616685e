/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * All that the game server tells and asks the tracker. Everything of a user is registered with
 * the key "user:ID", so that his sockets can be limited, and whether he is still here be asked.
 *
 * Tracking never stops the game: what cannot be registered (a full table) is played untracked,
 * with a word on standard error. With tracking off every function does nothing and says 0.
 */
#ifndef GAME_TRACKING_H
#define GAME_TRACKING_H

#include "topic.h"

#include <stdbool.h>

/* Make the segment and watch for the deaths of workers. Returns 0 or a negative errno. */
int tracking_start(const char *name, uint32_t capacity, uint32_t max_capacity);
void tracking_stop(const char *name);
bool tracking_is_on(void);

/* For a worker: join under a label, and leave when it ends. */
void tracking_join(unsigned worker);
void tracking_leave(void);

/* Reap workers that died now, instead of when the reaper comes to it. */
void tracking_reap(void);

/* The key is made once for each client, not for each registration. */
struct tracked_user {
    int64_t id; /* 0: the user is not known, and has no key */
    struct connstat_key key;
};
struct tracked_user tracking_user(int64_t id);

/* The other end of a socket. */
struct tracked_peer {
    char addr[64];
    int fd; /* of the socket itself */
};

/* Register a socket. limit: how many sockets a user may have (0: any number). Returns 0; or -EDQUOT
 * where he has that many. The id is 0 where nothing was registered. */
int tracking_socket(connstat_id *id, const struct tracked_user *user,
                    const struct tracked_peer *peer, uint32_t limit);
void tracking_channel(connstat_id *id, const struct topic *topic, const struct tracked_user *user,
                      bool spectator);
void tracking_peer(connstat_id *id, const struct tracked_user *user);

/* Who this is turned out later than that he came; his role in a lobby is another now. An id of 0, as
 * of all that is not tracked, does nothing. */
void tracking_authenticated(connstat_id id, const struct tracked_user *user,
                            const struct tracked_peer *peer);
void tracking_role(connstat_id id, const struct topic *topic, int64_t user, bool spectator);

/* It did something now. */
void tracking_touch(connstat_id id);

/* Unregister, and set the id to 0. */
void tracking_end(connstat_id *id);

/* Whether this user has a channel open on any worker. */
bool tracking_user_online(int64_t user);

#endif
