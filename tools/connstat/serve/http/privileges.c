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

#include "common/failure.h"

struct identity {
    uid_t uid;
    gid_t gid;
};

/* The segment's directory as root sees it: as another user the library might choose another. */
static int fix_directory(char *directory, size_t size)
{
    if (!connstat_directory(directory, size))
        return -ENAMETOOLONG;
    return setenv("CONNSTAT_DIR", directory, 1) == 0 ? 0 : -errno;
}

/* Of the segment's file; where there is none yet, of its directory. */
static int stat_segment(const char *directory, const char *segment, struct stat *status)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s.connstat", directory, segment_name(segment));
    if (stat(path, status) == 0 || stat(directory, status) == 0)
        return 0;
    return -errno;
}

static int become(struct identity identity, gid_t segment_group)
{
    if (setgroups(1, &segment_group) != 0 ||
        setresgid(identity.gid, identity.gid, identity.gid) != 0 ||
        setresuid(identity.uid, identity.uid, identity.uid) != 0)
        return -errno;
    return 0;
}

/* Try it with the effective ids alone, which can be taken back. */
static bool can_read(struct identity identity, gid_t segment_group, const char *segment)
{
    connstat_t *cs = NULL;
    int error = -EPERM;
    if (setgroups(1, &segment_group) == 0 && setegid(identity.gid) == 0 &&
        seteuid(identity.uid) == 0)
        error = connstat_open(&cs, segment, CONNSTAT_READ_ONLY);
    connstat_close(cs);
    if (seteuid(0) != 0 || setegid(0) != 0)
        abort(); /* half of two users is no state to go on in */
    return error != -EACCES && error != -EPERM;
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

static int choose(const char *user, const char *segment, const struct stat *status,
                  const char *directory, struct identity *identity)
{
    if (user) {
        const struct passwd *entry = getpwnam(user);
        if (!entry)
            return -ENOENT;
        *identity = (struct identity){entry->pw_uid, entry->pw_gid};
        return 0;
    }
    *identity = nobody();
    if (can_read(*identity, status->st_gid, segment))
        return 0;
    struct stat owner;
    if (stat(directory, &owner) != 0)
        return -errno;
    *identity = (struct identity){owner.st_uid, owner.st_gid};
    return 0;
}

static int drop_root(const char *user, const char *segment, char *problem, size_t size)
{
    char directory[256];
    struct stat status;
    struct identity identity;
    int error = fix_directory(directory, sizeof(directory));
    if (error == 0)
        error = stat_segment(directory, segment, &status);
    if (error != 0) {
        snprintf(problem, size, "the directory of segments: %s", strerror(-error));
        return error;
    }
    error = choose(user, segment, &status, directory, &identity);
    if (error != 0) {
        snprintf(problem, size, "there is no user \"%s\"", user ? user : "nobody");
        return error;
    }
    if (identity.uid == 0)
        fprintf(stderr,
                "connstat serve: stays user root, without its capabilities, for nobody else can "
                "reach %s: --user NAME names another\n",
                directory);
    error = become(identity, status.st_gid);
    if (error == 0 && identity.uid == 0)
        error = drop_capabilities();
    if (error != 0)
        snprintf(problem, size, "cannot become user %u: %s", identity.uid, strerror(-error));
    return error;
}

int privileges_drop(const char *user, const char *segment, char *problem, size_t size)
{
    if (geteuid() == 0) {
        int error = drop_root(user, segment, problem, size);
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
