/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "file/name_lock.h"

#include "os/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 100 };

#define ROOM (sizeof(((struct path *)NULL)->file))

static bool lock_path(const struct path *path, char file[ROOM])
{
    int length =
        snprintf(file, ROOM, "%.*s/.%s.lock", (int)path->directory_length, path->file, path->name);

    return length > 0 && (size_t)length < ROOM;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* Makes the file. It gives write permission to those who have it on the segment, and no other right. */
static int make(const char *file, const struct stat *segment)
{
    int fd = descriptor_open(file, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0200);

    if (fd < 0)
        return fd;
    if (fchmod(fd, (segment->st_mode & 0022) | 0200) < 0 ||
        ((segment->st_uid != geteuid() || segment->st_gid != getegid()) &&
         fchown(fd, segment->st_uid, segment->st_gid) < 0 && errno != EPERM)) {
        int error = -errno;

        close(fd);
        return error;
    }
    return fd;
}

/* Does this file belong to root, to us or to the segment's owner? Else a stranger made it, and could
 * keep it locked. */
static bool is_trusted(int fd, const struct stat *segment)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
           (st.st_uid == 0 || st.st_uid == geteuid() || st.st_uid == segment->st_uid);
}

static int open_lock(const char *file, const struct stat *segment)
{
    int fd = descriptor_open(file, O_WRONLY | O_NOFOLLOW | O_NONBLOCK, 0);

    if (fd >= 0 && !is_trusted(fd, segment)) {
        close(fd);
        fd = unlink(file) < 0 ? -EACCES : -ENOENT;
    }
    if (fd == -ENOENT)
        fd = make(file, segment);
    return fd == -ELOOP || fd == -ENXIO || fd == -EISDIR || fd == -EPERM || fd == -EROFS ? -EACCES
                                                                                         : fd;
}

/* Tries to take the lock. Returns 0; -EAGAIN: another process holds it. */
static int try_lock(int fd)
{
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_OFD_SETLK, &all) == 0)
        return 0;
    return errno == EACCES ? -EAGAIN : -errno;
}

/* Opens and locks the file once. It must still have its name afterwards: else it is the lock of a
 * segment that was removed meanwhile. */
static int take(const char *file, const struct stat *segment)
{
    struct stat mine, named;
    int error, fd = open_lock(file, segment);

    if (fd < 0)
        return fd == -EEXIST ? -EAGAIN : fd;
    error = try_lock(fd);
    if (error == 0 && (fstat(fd, &mine) < 0 || lstat(file, &named) < 0 || !is_same(&mine, &named)))
        error = -EAGAIN;
    if (error < 0)
        close(fd);
    return error < 0 ? error : fd;
}

int name_lock(const struct path *path, int segment, bool wait)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    struct stat mine, named;
    char file[ROOM];
    int fd;

    if (!lock_path(path, file))
        return -ENAMETOOLONG;
    if (fstat(segment, &mine) < 0)
        return -errno;
    for (int tries = 0; (fd = take(file, &mine)) == -EAGAIN; tries++) {
        if (!wait || tries == TRIES)
            return -EBUSY;
        nanosleep(&pause, NULL);
    }
    if (fd < 0)
        return fd;
    if (lstat(path->file, &named) == 0 && is_same(&mine, &named))
        return fd;
    if (lstat(path->file, &named) < 0)
        (void)unlink(file); /* there is nothing any more that it would be the lock of */
    close(fd);
    return -EAGAIN;
}

void name_lock_hand_over(int lock, int segment)
{
    struct stat st;

    if (fstat(segment, &st) == 0)
        (void)!(fchown(lock, st.st_uid, st.st_gid) + fchmod(lock, (st.st_mode & 0022) | 0200));
}

void name_lock_prepare(const struct path *path, int segment)
{
    struct stat st;
    char file[ROOM];
    int fd;

    if (!lock_path(path, file) || fstat(segment, &st) < 0)
        return;
    fd = make(file, &st);
    if (fd >= 0)
        close(fd);
}

void name_lock_remove(const struct path *path)
{
    char file[ROOM];

    if (lock_path(path, file))
        (void)unlink(file);
}
