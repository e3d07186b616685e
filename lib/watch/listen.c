/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "watch/listen.h"

#include "os/descriptor.h"

#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* IN_MODIFY comes from a joiner that may not touch the file's times, and writes a byte instead. */
#define EVENTS (IN_CLOSE_WRITE | IN_ATTRIB | IN_MODIFY)

/* Listens to the file that path leads to, if it still is the segment's. */
static int watch_file(int listener, const struct segment *segment, const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return -errno;
    if (st.st_ino != segment->inode || st.st_dev != segment->device)
        return -ESTALE;
    return inotify_add_watch(listener, path, EVENTS) < 0 ? -errno : 0;
}

int listen_open(const struct segment *segment, const char *path)
{
    char self[32];
    int error, fd = descriptor_raise(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));

    if (fd < 0)
        return fd;
    snprintf(self, sizeof(self), "/proc/self/fd/%d", segment->fd);
    error = watch_file(fd, segment, self);
    if (error == -ENOENT || error == -ESTALE)
        error = watch_file(fd, segment, path);
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

bool listen_take(int listener)
{
    alignas(struct inotify_event) char buffer[1024];
    bool closed = false;
    ssize_t size;

    while ((size = read(listener, buffer, sizeof(buffer))) > 0)
        for (ssize_t at = 0; at < size;) {
            const struct inotify_event *event = (const void *)(buffer + at);

            /* After an overflow we cannot know which events were lost; so take it for a close. */
            closed |= (event->mask & (IN_CLOSE_WRITE | IN_Q_OVERFLOW)) != 0;
            at += (ssize_t)(sizeof(*event) + event->len);
        }
    return closed;
}
