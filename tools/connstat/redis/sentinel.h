/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which Redis is the master. The sentinels are asked at each new connection, so that a failover is
 * noticed.
 */
#ifndef TOOLS_REDIS_SENTINEL_H
#define TOOLS_REDIS_SENTINEL_H

#include "redis/login.h"

/* *first is the sentinel to ask first, and becomes the one that answered. */
bool redis_sentinel_find(const struct redis_login *login, int *first, struct redis_address *address,
                         int64_t deadline, struct redis_error *error);

#endif
