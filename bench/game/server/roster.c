/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "server/presence.h"
#include "server/tracking.h"

#include <stdlib.h>
#include <uthash.h>

struct member {
    int64_t user;
    uint64_t workers; /* bit n: he has a channel on worker n, as far as it has said */
    UT_hash_handle hh;
};

static struct member *roster;

static void remember(int64_t user, unsigned worker)
{
    struct member *member;

    HASH_FIND(hh, roster, &user, sizeof(user), member);
    if (!member) {
        member = calloc(1, sizeof(*member));
        if (!member)
            return;
        member->user = user;
        HASH_ADD(hh, roster, user, sizeof(user), member);
    }
    member->workers |= UINT64_C(1) << worker;
}

/* Two workers may lose the last two channels of a user at once, and both say so after both are
 * unregistered: the first note finds him offline and strikes him out, the second finds nobody to
 * strike out. So he goes offline once. */
static void strike(struct member *member, unsigned worker, roster_offline_fn offline, void *arg)
{
    int64_t user = member->user;
    bool gone;

    member->workers &= ~(UINT64_C(1) << worker);
    gone = tracking_is_on() ? !tracking_user_online(user) : member->workers == 0;
    if (gone || member->workers == 0) {
        HASH_DELETE(hh, roster, member);
        free(member);
    }
    if (gone)
        offline(user, arg);
}

void roster_note(unsigned worker, const struct presence_note *note, roster_offline_fn offline,
                 void *arg)
{
    struct member *member;

    if (note->here) {
        remember(note->user, worker);
        return;
    }
    HASH_FIND(hh, roster, &note->user, sizeof(note->user), member);
    if (member)
        strike(member, worker, offline, arg);
}

void roster_worker_died(unsigned worker, roster_offline_fn offline, void *arg)
{
    struct member *member, *next;

    HASH_ITER(hh, roster, member, next)
    if (member->workers >> worker & 1)
        strike(member, worker, offline, arg);
}
