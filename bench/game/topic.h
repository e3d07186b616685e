/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The topics of the game, and as what each is registered.
 */
#ifndef GAME_TOPIC_H
#define GAME_TOPIC_H

#include <connstat.h>
#include <stdint.h>

struct topic {
    int type;            /* CONNSTAT_USER_CHANNEL and so on: what a join registers */
    const char *id_name; /* "lobby_id"; NULL: the topic has no id */
    int64_t id;
    const char *page; /* of lv:PAGE, else NULL; points into the text read */
};

/* Read "lobby:7", "lobbies" or "lv:PAGE". Returns 0; or -ENOENT where the game has no such
 * topic. */
int topic_read(struct topic *topic, const char *text);

/* Read a decimal id from 1 to 99999999999. Returns 0 or -EINVAL. */
int topic_read_id(int64_t *id, const char *text);

#endif
