/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Names of segments, and where their files are.
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

/* The directory alone, in room. */
const char *path_parent(const struct path *path, char room[DIRECTORY_BYTES]);

/* Of a name and a directory that are right. */
void path_make(struct path *path, const char *directory, const char *name);

/* A NULL directory is path_directory(), a NULL name $CONNSTAT_NAME, else "default".
 * A relative directory is one of the working directory of now. Returns 0; -EINVAL; what getcwd
 * says. */
int path_resolve(struct path *path, const char *directory, const char *name);

bool path_name_is_valid(const char *name, size_t length);

/* $CONNSTAT_DIR, else /run/connstat where it can be used, else /dev/shm. */
const char *path_directory(void);

#endif
