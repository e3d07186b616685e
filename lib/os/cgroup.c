/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "os/cgroup.h"

#include "os/procfs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where cgroups of version 2 and of version 1 stand, and what their files are called. */
struct version {
    const char *mount;      /* where every system mounts them */
    const char *controller; /* in /proc/self/cgroup; version 2 has one line for all */
    const char *limit, *usage;
    const char *cache[2]; /* in memory.stat: what the kernel can give up, descendants included */
};

static const struct version versions[] = {
    {"/sys/fs/cgroup", "", "memory.max", "memory.current", {"inactive_file ", "active_file "}},
    {"/sys/fs/cgroup/memory",
     "memory",
     "memory.limit_in_bytes",
     "memory.usage_in_bytes",
     {"total_inactive_file ", "total_active_file "}},
};

/* Too large for a small stack. */
struct look {
    char path[PATH_MAX]; /* of the cgroup that is looked at */
    char file[PATH_MAX];
    char text[8192];
};

/* Reads a file of the cgroup into text. False: it has none of that name. */
static bool read_file(struct look *look, const char *name)
{
    int length = snprintf(look->file, sizeof(look->file), "%s/%s", look->path, name);

    return length < (int)sizeof(look->file) &&
           procfs_read(look->file, look->text, sizeof(look->text)) > 0;
}

/* False also where it says "max". */
static bool read_number(struct look *look, const char *name, uint64_t *number)
{
    if (!read_file(look, name) || look->text[0] < '0' || look->text[0] > '9')
        return false;
    *number = strtoull(look->text, NULL, 10);
    return true;
}

/* What one cgroup still takes; UINT64_MAX: it has no limit, or does not tell. */
static uint64_t room_of(struct look *look, const struct version *version)
{
    uint64_t limit, usage, cache = 0;

    if (!read_number(look, version->limit, &limit) || !read_number(look, version->usage, &usage))
        return UINT64_MAX;
    if (read_file(look, "memory.stat"))
        cache = procfs_labelled(look->text, version->cache[0]) +
                procfs_labelled(look->text, version->cache[1]);
    usage -= cache < usage ? cache : usage;
    return usage < limit ? limit - usage : 0;
}

/* The least that the cgroup and those above it still take, for each of them has a limit. In a container the
 * path may be the host's, and lead nowhere. A cgroup that is not there counts as one without a limit.
 * The last one that is asked is the mount itself, which is the container's own cgroup. */
static uint64_t room_up_from(struct look *look, const struct version *version)
{
    size_t mount = strlen(version->mount);
    uint64_t room = UINT64_MAX;

    for (;;) {
        uint64_t here = room_of(look, version);
        char *last = strrchr(look->path + mount, '/');

        room = here < room ? here : room;
        if (last == NULL)
            return room;
        *last = '\0';
    }
}

/* Is it the line of that version: "NUMBER:CONTROLLERS:PATH", the controllers separated by commas? */
static bool is_line_of(const char *controllers, const char *path, const char *controller)
{
    size_t length = strlen(controller);

    if (length == 0)
        return controllers + 1 == path;
    while (controllers < path) {
        size_t one = strcspn(controllers, ",:");

        if (one == length && strncmp(controllers, controller, length) == 0)
            return true;
        controllers += one + 1;
    }
    return false;
}

/* Sets path to this process's cgroup. False: it has none of this version, or one that is not below the
 * mount. */
static bool find(struct look *look, const struct version *version)
{
    const char *line = look->text;

    if (procfs_read("/proc/self/cgroup", look->text, sizeof(look->text)) <= 0)
        return false;
    while (*line != '\0') {
        size_t length = strcspn(line, "\n");
        const char *controllers = memchr(line, ':', length);
        const char *path = controllers == NULL ? NULL
                                               : memchr(controllers + 1, ':',
                                                        (size_t)(line + length - controllers - 1));

        if (path != NULL && is_line_of(controllers + 1, path + 1, version->controller)) {
            int size = (int)(line + length - path - 1);

            return strncmp(path + 1, "/..", 3) != 0 &&
                   snprintf(look->path, sizeof(look->path), "%s%.*s", version->mount,
                            size == 1 ? 0 : size, path + 1) < (int)sizeof(look->path);
        }
        line += length + (line[length] == '\n');
    }
    return false;
}

bool cgroup_has_room(uint64_t bytes)
{
    struct look *look = malloc(sizeof(*look));
    /* Page tables, and the tree of the file's pages: 16 bytes a page of 4 KB, and as much again. */
    uint64_t needed = bytes + bytes / 128;
    bool has_room = true;

    for (size_t i = 0; look != NULL && has_room && i < sizeof(versions) / sizeof(versions[0]); i++)
        has_room = !find(look, &versions[i]) || needed <= room_up_from(look, &versions[i]);
    free(look);
    return has_room;
}
