/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "format/names.h"

#include <connstat.h>
#include <stdio.h>
#include <string.h>

const char *name_of_count(const char *type_name)
{
    static const char *const default_counts[] = {
        "ws_sockets",      "user_channels",  "lobby_channels", "lobbies_channels", "group_channels",
        "groups_channels", "party_channels", "live_views",     "webrtc_peers",
    };
    size_t length = type_name ? strlen(type_name) : 0;
    for (size_t i = 0; i < sizeof(default_counts) / sizeof(*default_counts); i++) {
        if (strlen(default_counts[i]) == length + 1 &&
            memcmp(default_counts[i], type_name, length) == 0)
            return default_counts[i];
    }
    return type_name ? type_name : "unknown";
}

const char *name_of_count_in(connstat_t *cs, int type)
{
    const char *name = connstat_type_name(cs, type), *plural = name_of_count(name);
    return name && plural != name && connstat_type_find(cs, plural) >= 0 ? name : plural;
}

int type_of_name(connstat_t *cs, const char *name)
{
    int type = connstat_type_find(cs, name);
    for (int i = 0; type < 0 && i < connstat_type_count(cs); i++) {
        if (strcmp(name, name_of_count_in(cs, i)) == 0)
            type = i;
    }
    return type;
}

bool name_is_of_entry(const char *name)
{
    static const char *const names[] = {"id",         "type", "pid",   "worker", "key",   "started",
                                        "started_at", "age",  "age_s", "idle",   "idle_s"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

const char *name_of_kind(int kind)
{
    return kind == CONNSTAT_CHANNEL ? "channel" : "connection";
}

const char *name_of_refusal(int refusal)
{
    static const char *const names[CONNSTAT_REFUSAL_COUNT] = {
        [CONNSTAT_REFUSED_FULL] = "full",       [CONNSTAT_REFUSED_SIZE] = "size",
        [CONNSTAT_REFUSED_INVALID] = "invalid", [CONNSTAT_REFUSED_WORKERS] = "workers",
        [CONNSTAT_REFUSED_LIMIT] = "limit",
    };
    return names[refusal];
}

const char *name_of_cause(int cause)
{
    switch (cause) {
    case CONNSTAT_EXITED:
        return "exited";
    case CONNSTAT_SIGNALLED:
        return "signalled";
    case CONNSTAT_EXECED:
        return "execed";
    default:
        return "died";
    }
}

const char *name_of_signal(int number, char *buf, unsigned long size)
{
    const char *abbreviation = sigabbrev_np(number);
    if (abbreviation)
        snprintf(buf, size, "SIG%s", abbreviation);
    else
        snprintf(buf, size, "signal %d", number);
    return buf;
}
