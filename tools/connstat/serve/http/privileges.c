/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/http/privileges.h"

#include <connstat.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PRIVILEGES_MAX_GROUPS 64

struct identity {
    uid_t uid;
    gid_t gid;
};

/* Set CONNSTAT_DIR to the directory that root finds: as another user the library might choose
 * another one. */
static int fix_directory(char *directory, size_t size)
{
    if (!connstat_directory(directory, size))
        return -ENAMETOOLONG;
    return setenv("CONNSTAT_DIR", directory, 1) == 0 ? 0 : -errno;
}

/* The groups of all that is to be read: of the segments' files, and of their directory. */
struct groups {
    gid_t list[PRIVILEGES_MAX_GROUPS];
    size_t count;
};

static void add_group(struct groups *groups, gid_t gid)
{
    for (size_t i = 0; i < groups->count; i++) {
        if (groups->list[i] == gid)
            return;
    }
    if (groups->count < PRIVILEGES_MAX_GROUPS)
        groups->list[groups->count++] = gid;
}

static int add_group_of(const struct connstat_segment *segment, void *arg)
{
    add_group(arg, segment->gid);
    return 0;
}

/* Find these groups. A segment that is not there yet may get the group of the directory. */
static int find_groups(const char *directory, const char *const *segments, size_t count,
                       struct groups *groups)
{
    char path[512];
    struct stat status;
    size_t found = 0;
    *groups = (struct groups){0};
    if (stat(directory, &status) != 0)
        return -errno;
    gid_t directory_group = status.st_gid;
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%s/%s.connstat", directory, segments[i]);
        if (stat(path, &status) != 0)
            continue;
        add_group(groups, status.st_gid);
        found++;
    }
    if (count == 0)
        connstat_for_each_segment(add_group_of, groups);
    if (count == 0 || found < count)
        add_group(groups, directory_group);
    return 0;
}

static int become(struct identity identity, const struct groups *groups)
{
    if (setgroups(groups->count, groups->list) != 0 ||
        setresgid(identity.gid, identity.gid, identity.gid) != 0 ||
        setresuid(identity.uid, identity.uid, identity.uid) != 0)
        return -errno;
    return 0;
}

static bool may_open(const char *segment)
{
    connstat_t *cs = NULL;
    int error = connstat_open(&cs, segment, CONNSTAT_READ_ONLY);
    connstat_close(cs);
    return error != -EACCES && error != -EPERM;
}

/* Whether the segment can be read with that identity. Only the effective ids are changed, which can
 * be taken back. */
static bool can_read(struct identity identity, const struct groups *groups,
                     const char *const *segments, size_t count)
{
    bool can = setgroups(groups->count, groups->list) == 0 && setegid(identity.gid) == 0 &&
               seteuid(identity.uid) == 0;
    for (size_t i = 0; can && i < count; i++)
        can = may_open(segments[i]);
    if (can && count == 0)
        can = may_open(NULL); /* whether the directory can be entered at all */
    if (seteuid(0) != 0 || setegid(0) != 0)
        abort(); /* being half of two users is no state to go on in */
    return can;
}

static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capset, &header, none) == 0 ? 0 : -errno;
}

static struct identity nobody(void)
{
    const struct passwd *entry = getpwnam("nobody");
    if (entry)
        return (struct identity){entry->pw_uid, entry->pw_gid};
    return (struct identity){65534, 65534};
}

static int choose(const char *user, const char *const *segments, size_t count,
                  const struct groups *groups, const char *directory, struct identity *identity)
{
    if (user) {
        const struct passwd *entry = getpwnam(user);
        if (!entry)
            return -ENOENT;
        *identity = (struct identity){entry->pw_uid, entry->pw_gid};
        return 0;
    }
    *identity = nobody();
    if (can_read(*identity, groups, segments, count))
        return 0;
    struct stat owner;
    if (stat(directory, &owner) != 0)
        return -errno;
    *identity = (struct identity){owner.st_uid, owner.st_gid};
    return 0;
}

static int drop_root(const char *user, const char *const *segments, size_t count, char *problem,
                     size_t size)
{
    char directory[256];
    struct groups groups;
    struct identity identity;
    int error = fix_directory(directory, sizeof(directory));
    if (error == 0)
        error = find_groups(directory, segments, count, &groups);
    if (error != 0) {
        snprintf(problem, size, "the directory of segments: %s", strerror(-error));
        return error;
    }
    error = choose(user, segments, count, &groups, directory, &identity);
    if (error != 0) {
        snprintf(problem, size, "there is no user \"%s\"", user ? user : "nobody");
        return error;
    }
    if (identity.uid == 0)
        fprintf(stderr,
                "connstat serve: stays user root, without its capabilities, for nobody else can "
                "reach %s: --user NAME names another\n",
                directory);
    error = become(identity, &groups);
    if (error == 0 && identity.uid == 0)
        error = drop_capabilities();
    if (error != 0)
        snprintf(problem, size, "cannot become user %u: %s", identity.uid, strerror(-error));
    return error;
}

int privileges_drop(const char *user, const char *const *segments, size_t count, char *problem,
                    size_t size)
{
    if (geteuid() == 0) {
        int error = drop_root(user, segments, count, problem, size);
        if (error != 0)
            return error;
    } else if (user) {
        const struct passwd *entry = getpwnam(user);
        if (!entry || entry->pw_uid != geteuid()) {
            snprintf(problem, size, "only root may become user \"%s\"", user);
            return -EPERM;
        }
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        snprintf(problem, size, "no_new_privs: %s", strerror(errno));
        return -errno;
    }
    return 0;
}
