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
int tracking_start(const char *name, uint32_t capacity);
void tracking_stop(const char *name);
bool tracking_is_on(void);

/* In a worker: be known by a label; leave in order. */
void tracking_join(unsigned worker);
void tracking_leave(void);

/* Forget workers that died, now rather than soon. */
void tracking_reap(void);

/* The key is made once for each client, not for each registration. */
struct tracked_user {
    int64_t id; /* 0: nobody in particular, and no key */
    struct connstat_key key;
};
struct tracked_user tracking_user(int64_t id);

/* Register. limit: at most so many sockets a user (0: any number).
 * Returns 0, or -EDQUOT: the user has that many; the id is 0 where nothing was registered. */
int tracking_socket(connstat_id *id, const struct tracked_user *user, const char *addr,
                    uint32_t limit);
void tracking_channel(connstat_id *id, const struct topic *topic, const struct tracked_user *user,
                      bool spectator);
void tracking_peer(connstat_id *id, const struct tracked_user *user);

/* Take it out, and set the id to 0. */
void tracking_end(connstat_id *id);

/* Has this user any channel open, on any worker? */
bool tracking_user_online(int64_t user);

#endif
