/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "server/presence.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uthash.h>

struct user {
    int64_t id;
    unsigned channels; /* on this worker */
    UT_hash_handle hh;
};

static struct user *users;
static struct presence_note *notes;
static size_t note_count, note_room;

static void note(int64_t user, bool here)
{
    if (note_count == note_room) {
        size_t room = note_room ? 2 * note_room : PRESENCE_NOTES_MAX;
        struct presence_note *grown = reallocarray(notes, room, sizeof(*notes));

        if (!grown)
            return;
        notes = grown;
        note_room = room;
    }
    notes[note_count++] = (struct presence_note){.user = user, .here = here};
}

void presence_arrive(int64_t id)
{
    struct user *user;

    HASH_FIND(hh, users, &id, sizeof(id), user);
    if (!user) {
        user = calloc(1, sizeof(*user));
        if (!user)
            return;
        user->id = id;
        HASH_ADD(hh, users, id, sizeof(id), user);
        note(id, true);
    }
    user->channels++;
}

void presence_depart(int64_t id)
{
    struct user *user;

    HASH_FIND(hh, users, &id, sizeof(id), user);
    if (!user || --user->channels > 0)
        return;
    HASH_DELETE(hh, users, user);
    free(user);
    note(id, false);
}

/* Waiting for the master is safe: it always reads before it writes, and never waits for a
 * worker. */
static int send_all(int link, const void *data, size_t size)
{
    while (send(link, data, size, MSG_NOSIGNAL) < 0) {
        struct pollfd ready = {.fd = link, .events = POLLOUT};

        if (errno == EAGAIN)
            poll(&ready, 1, -1);
        else if (errno != EINTR)
            return -errno;
    }
    return 0;
}

int presence_flush(int link)
{
    int error = 0;

    for (size_t sent = 0; sent < note_count && !error;) {
        size_t count = note_count - sent;

        if (count > PRESENCE_NOTES_MAX)
            count = PRESENCE_NOTES_MAX;
        error = send_all(link, notes + sent, count * sizeof(*notes));
        sent += count;
    }
    note_count = 0;
    return error;
}
