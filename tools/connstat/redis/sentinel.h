/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which Redis leads: asked of the sentinels at each new connection, so that a failover is
 * followed.
 */
#ifndef TOOLS_REDIS_SENTINEL_H
#define TOOLS_REDIS_SENTINEL_H

#include "redis/login.h"

/* first: which sentinel to ask first; becomes the one that answered. */
bool redis_sentinel_find(const struct redis_login *login, int *first, struct redis_address *address,
                         int64_t deadline, struct redis_error *error);

#endif
