/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which names a segment may have, and where its file lies.
 */
#ifndef LIB_PATH_H
#define LIB_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define SEGMENT_NAME_BYTES 64
#define DIRECTORY_BYTES    4000
#define SEGMENT_SUFFIX     ".connstat"

struct path {
    char name[SEGMENT_NAME_BYTES];
    size_t directory_length;
    char file[4096]; /* directory/name.connstat */
};

/* Writes the directory without the name to room, and returns it. */
const char *path_parent(const struct path *path, char room[DIRECTORY_BYTES]);

/* Makes the path from a directory and a name that the caller has checked. */
void path_make(struct path *path, const char *directory, const char *name);

/* Makes the path that a caller of the library means. NULL for the directory means path_directory();
 * NULL for the name means $CONNSTAT_NAME or, if that is not set, "default". A relative directory is
 * resolved at once. Returns 0; -EINVAL: the name or the directory cannot be used; or the error of
 * getcwd. */
int path_resolve(struct path *path, const char *directory, const char *name);

bool path_name_is_valid(const char *name, size_t length);

/* The directory of segments: $CONNSTAT_DIR if it is set, else /run/connstat if this user may read it,
 * else /dev/shm. */
const char *path_directory(void);

#endif
