/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The file of a segment: made whole or not at all, opened with suspicion, replaced and removed
 * under a lock (name_lock.h).
 */
#ifndef LIB_FILE_H
#define LIB_FILE_H

#include "file/room.h"
#include "os/path.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>

/* A variable: room for a mapping until its block ends, which is too large for a small stack (9 KB). It
 * is NULL where there is no memory. */
#define MAPPING_ROOM(name)                                                                         \
    __attribute__((cleanup(file_forget_room))) struct mapping *name = malloc(sizeof(*name))

static inline void file_forget_room(struct mapping **room)
{
    free(*room);
}

struct file_rights { /* of a new segment's file */
    mode_t mode;
    gid_t gid; /* 0: the creator's */
};

/* Map the living segment of that name. Returns 0; -ENOENT, -EBADMSG, -EPROTO, -EACCES, ... */
int file_open(struct mapping *mapping, const struct path *path, bool read_only);

/* The same read-only, as a copy of what is in front of the tables, made by read(2): for looking at
 * files of others, who could cut what we had mapped, and so kill us by SIGBUS. */
int file_open_copy(struct mapping *mapping, const struct path *path);

/* Make one, under its name. Returns 0; -EEXIST another has the name; -ENOSPC, ... */
int file_create(struct mapping *mapping, const struct path *path, const struct shape *shape,
                const struct file_rights *rights);

/* Take the name from a segment that nobody lives in, whatever it is, and give it to a new one.
 * Returns 0; -EEXIST somebody lives in it; -EAGAIN the name has changed: start over; -EBUSY
 * another process is at it; whatever kept it from finding out. Then nothing has changed. */
int file_replace(struct mapping *mapping, const struct path *path, const struct shape *shape,
                 const struct file_rights *rights);

/* Would nobody's life stand in the way of file_replace? Touches nothing. Returns 0; -EEXIST somebody
 * lives in it; whatever kept it from finding out. */
int file_may_replace(const struct path *path);

int file_remove(const struct path *path);

/* A segment that was retired but not replaced, by a creator that died, is good again. */
void file_revive(const struct mapping *mapping, const struct path *path);

/* The segment is no longer what its name leads to. */
bool file_is_retired(const struct mapping *mapping);

/* ---- for making and replacing one ------------------------------------------------------------ */

/* A descriptor of what has the name, if it is a file that may be trusted so far; else a negative
 * errno. */
int file_open_descriptor(const struct path *path, bool read_only, struct stat *st);

/* Does its name still lead to it? */
bool file_has_name(const struct mapping *mapping);

#endif
