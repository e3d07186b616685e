/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "os/path.h"

#include <connstat.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool path_name_is_valid(const char *name, size_t length)
{
    if (length == 0 || length >= SEGMENT_NAME_BYTES || name[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}

const char *path_directory(void)
{
    /* secure_getenv ignores the variable in a set-uid program: whoever starts that must not choose. */
    const char *directory = secure_getenv("CONNSTAT_DIR");

    if (directory != NULL && directory[0] != '\0')
        return directory;
    return access("/run/connstat", R_OK | X_OK) == 0 ? "/run/connstat" : "/dev/shm";
}

/* Appends "/NAME.connstat" to the directory that already stands in path->file. */
static void add_name(struct path *path, const char *name)
{
    path->directory_length = strlen(path->file);
    snprintf(path->name, sizeof(path->name), "%s", name);
    snprintf(path->file + path->directory_length, sizeof(path->file) - path->directory_length,
             "/%s" SEGMENT_SUFFIX, path->name);
}

void path_make(struct path *path, const char *directory, const char *name)
{
    snprintf(path->file, DIRECTORY_BYTES, "%s", directory);
    add_name(path, name);
}

const char *path_parent(const struct path *path, char room[DIRECTORY_BYTES])
{
    memcpy(room, path->file, path->directory_length);
    room[path->directory_length] = '\0';
    return room;
}

/* Makes a directory absolute. A host may change its working directory later, as daemons do, and its
 * handles must find their segments all the same. */
static int make_absolute(const char *directory, char *absolute)
{
    size_t length = 0;

    if (directory[0] != '/') {
        if (getcwd(absolute, DIRECTORY_BYTES - 1) == NULL)
            return errno == ERANGE ? -EINVAL : -errno;
        length = strlen(absolute);
        absolute[length++] = '/';
    }
    if (strlen(directory) >= DIRECTORY_BYTES - length)
        return -EINVAL;
    strcpy(absolute + length, directory);
    return 0;
}

int path_resolve(struct path *path, const char *directory, const char *name)
{
    int error;

    if (directory == NULL)
        directory = path_directory();
    if (name == NULL) {
        name = secure_getenv("CONNSTAT_NAME");
        if (name == NULL || name[0] == '\0')
            name = "default";
    }
    if (!path_name_is_valid(name, strnlen(name, SEGMENT_NAME_BYTES)) || directory[0] == '\0')
        return -EINVAL;
    error = make_absolute(directory, path->file);
    if (error < 0)
        return error;
    add_name(path, name);
    return 0;
}

char *connstat_directory(char *buf, size_t size)
{
    const char *directory = path_directory();

    if (buf == NULL || strlen(directory) >= size)
        return NULL;
    return strcpy(buf, directory);
}

char *connstat_path(const char *name, char *buf, size_t size)
{
    struct path path;

    if (buf == NULL || path_resolve(&path, NULL, name) < 0 || strlen(path.file) >= size)
        return NULL;
    return strcpy(buf, path.file);
}
