/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The file of a segment. It is made whole or not at all; whatever it holds is checked when it is opened;
 * and it is replaced and removed under a lock (name_lock.h).
 */
#ifndef LIB_FILE_H
#define LIB_FILE_H

#include "file/mapping.h"
#include "os/path.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Declares a pointer to memory for a mapping, which is freed at the end of the block. A mapping has 9 KB,
 * too much for a small stack. The pointer is NULL where there is no memory. */
#define MAPPING_ROOM(name)                                                                         \
    __attribute__((cleanup(file_forget_room))) struct mapping *name = malloc(sizeof(*name))

static inline void file_forget_room(struct mapping **room)
{
    free(*room);
}

struct file_rights { /* who may use the file of a new segment */
    mode_t mode;
    gid_t gid; /* 0: the creator's group */
};

/* Opens and maps the segment of that name. Returns 0; -ENOENT, -EBADMSG, -EPROTO, -EACCES, ... */
int file_open(struct mapping *mapping, const struct path *path, bool read_only);

/* Reads what lies in front of the tables into a read-only copy, by read(2). For files of other users:
 * if we mapped one, its owner could cut it, and we would be killed by SIGBUS. */
int file_open_copy(struct mapping *mapping, const struct path *path);

/* Makes a segment under its name. Returns 0; -EEXIST another file has the name; -ENOSPC, ... */
int file_create(struct mapping *mapping, const struct path *path, const struct shape *shape,
                const struct file_rights *rights);

/* Takes the name from a segment in which nobody lives, or from a file that is no segment, and gives it
 * to a new segment. Returns 0; -EEXIST somebody lives in it; -EAGAIN the name leads to another file by
 * now: start over; -EBUSY another process is replacing it; or the error that kept us from finding out
 * whether somebody lives in it. On failure nothing has changed. */
int file_replace(struct mapping *mapping, const struct path *path, const struct shape *shape,
                 const struct file_rights *rights);

/* Could file_replace replace it, as far as its workers are concerned? Changes nothing. Returns 0;
 * -EEXIST somebody lives in it; or the error that kept us from finding out. */
int file_may_replace(const struct path *path);

int file_remove(const struct path *path);

/* Makes a segment READY again that a creator had retired, and then died before it replaced it. */
void file_revive(const struct mapping *mapping, const struct path *path);

/* Has the segment been retired or removed, so that its name leads elsewhere? */
bool file_is_retired(const struct mapping *mapping);

/* ---- for making and replacing one ------------------------------------------------------------ */

/* Opens what has the name, if it is a regular file, of a user who may be trusted. Returns a descriptor
 * or a negative errno. What the file holds is not checked yet. */
int file_open_descriptor(const struct path *path, bool read_only, struct stat *st);

/* Does its name still lead to it? */
bool file_has_name(const struct mapping *mapping);

#endif
