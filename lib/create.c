/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat_create and connstat_destroy: a segment whole, adopted, replaced or gone.
 */
#include "file/mapping.h"
#include "os/procfs.h"
#include "process/uncancelled.h"
#include "worker/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define DEFAULT_CAPACITY 16384u
#define DEFAULT_MAXIMUM  1048576u /* of a type that states no capacity */
#define DEFAULT_WORKERS  1024u
#define DEFAULT_METADATA 96u
#define DEFAULT_MODE     0640

static const struct connstat_type default_types[] = {
    [CONNSTAT_WS_SOCKET] = {"ws_socket", CONNSTAT_CONNECTION, 0},
    [CONNSTAT_USER_CHANNEL] = {"user_channel", CONNSTAT_CHANNEL, 0},
    [CONNSTAT_LOBBY_CHANNEL] = {"lobby_channel", CONNSTAT_CHANNEL, 0},
    [CONNSTAT_LOBBIES_CHANNEL] = {"lobbies_channel", CONNSTAT_CHANNEL, 0},
    [CONNSTAT_GROUP_CHANNEL] = {"group_channel", CONNSTAT_CHANNEL, 0},
    [CONNSTAT_GROUPS_CHANNEL] = {"groups_channel", CONNSTAT_CHANNEL, 0},
    [CONNSTAT_PARTY_CHANNEL] = {"party_channel", CONNSTAT_CHANNEL, 0},
    [CONNSTAT_LIVE_VIEW] = {"live_view", CONNSTAT_CONNECTION, 0},
    [CONNSTAT_WEBRTC_PEER] = {"webrtc_peer", CONNSTAT_CONNECTION, 0},
};

/* Fills what is 0 with its default. A caller built against a smaller or larger struct says so. */
static int read_config(struct connstat_config *full, const struct connstat_config *config)
{
    memset(full, 0, sizeof(*full));
    if (config != NULL) {
        if (config->size < offsetof(struct connstat_config, type_count) ||
            config->size > 16 * sizeof(*config))
            return -EINVAL;
        memcpy(full, config, config->size < sizeof(*full) ? config->size : sizeof(*full));
    }
    if (full->types == NULL) {
        if (full->type_count != 0)
            return -EINVAL;
        full->types = default_types;
        full->type_count = sizeof(default_types) / sizeof(default_types[0]);
    }
    full->max_workers = full->max_workers != 0 ? full->max_workers : DEFAULT_WORKERS;
    full->metadata_bytes = full->metadata_bytes != 0 ? full->metadata_bytes : DEFAULT_METADATA;
    full->mode = full->mode != 0 ? full->mode : DEFAULT_MODE;
    return full->mode & ~(mode_t)0777 || full->flags & ~CONNSTAT_GROW_BY_HAND ? -EINVAL : 0;
}

/* How many slots a type begins with, and how many it may have. A config that states a
 * capacity and no maximum gets exactly that; one that states neither gets a table that grows. */
static void read_capacity(struct type_layout *layout, const struct connstat_config *config,
                          size_t type)
{
    const uint32_t *maxima = config->max_capacities;
    uint32_t own = config->types[type].capacity;
    uint32_t stated = own != 0 ? own : config->capacity;
    uint32_t maximum = maxima != NULL ? maxima[type] : config->max_capacity;

    layout->capacity = stated != 0 ? stated : DEFAULT_CAPACITY;
    layout->maximum = maximum != 0 ? maximum : stated != 0 ? stated : DEFAULT_MAXIMUM;
}

static int read_shape(struct shape *shape, const struct connstat_config *config)
{
    memset(shape, 0, sizeof(*shape));
    if (config->type_count == 0 || config->type_count > MAX_TYPES)
        return -EINVAL;
    shape->type_count = (uint32_t)config->type_count;
    shape->max_workers = config->max_workers;
    shape->metadata_bytes = config->metadata_bytes;
    shape->page_bytes = (uint32_t)sysconf(_SC_PAGESIZE);
    shape->flags = config->flags & CONNSTAT_GROW_BY_HAND ? HEADER_GROWS_BY_HAND : 0;
    for (size_t t = 0; t < config->type_count; t++) {
        const struct connstat_type *type = &config->types[t];

        if (type->name == NULL || strnlen(type->name, NAME_BYTES) == NAME_BYTES)
            return -EINVAL;
        memcpy(shape->types[t].name, type->name, strlen(type->name));
        shape->types[t].kind = type->kind;
        read_capacity(&shape->types[t], config, t);
    }
    return 0;
}

/* The living segment of that name, if it is of our shape and of this boot. */
static int find_living(struct mapping *mapping, const struct path *path, const struct shape *shape)
{
    bool same_boot;
    int error = file_open(mapping, path, false);

    if (error < 0)
        return error;
    error = procfs_same_boot(segment_header(&mapping->segment)->boot_id, &same_boot);
    if (error == 0 && shape_alike(&mapping->segment.geometry.shape, shape) && same_boot &&
        !file_is_retired(mapping))
        return 0;
    mapping_close(mapping);
    return error < 0 ? error : -ESTALE;
}

/* The same, grown as far as it has fewer slots than the shape says. */
static int adopt(struct mapping *mapping, const struct path *path, const struct shape *shape)
{
    int error = find_living(mapping, path, shape);

    if (error < 0)
        return error;
    for (uint32_t t = 0; error == 0 && t < shape->type_count; t++)
        error = mapping_grow(mapping, t, shape->types[t].capacity, shape->types[t].capacity);
    if (error < 0)
        mapping_close(mapping);
    return error;
}

/* What the caller's name and config ask for, and the mapping of what was found or made. */
struct wish {
    struct path path;
    struct shape shape;
    struct file_rights rights;
    uint64_t bytes;
    struct mapping mapping;
};

/* Declares a pointer to memory for a wish, which is freed at the end of the block. A wish has 15 KB, too much
 * for a small stack. The pointer is NULL where there is no memory. */
#define WISH_ROOM(name)                                                                            \
    __attribute__((cleanup(forget_wish))) struct wish *name = malloc(sizeof(*name))

static void forget_wish(struct wish **wish)
{
    free(*wish);
}

static int read_wish(struct wish *wish, const char *name, const struct connstat_config *config)
{
    struct geometry *geometry = &wish->mapping.segment.geometry;
    struct connstat_config full;
    int error = read_config(&full, config);

    if (error == 0)
        error = path_resolve(&wish->path, full.directory, name);
    if (error == 0)
        error = read_shape(&wish->shape, &full);
    if (error == 0)
        error = geometry_compute(geometry, &wish->shape);
    if (error == 0)
        error = handles_init();
    if (error < 0)
        return error;
    wish->rights = (struct file_rights){.mode = full.mode, .gid = full.gid};
    wish->bytes = geometry->size;
    return 0;
}

int connstat_create(connstat_t **cs, const char *name, const struct connstat_config *config)
{
    UNCANCELLED;
    WISH_ROOM(wish);
    int error;

    if (cs == NULL)
        return -EINVAL;
    if (wish == NULL)
        return -ENOMEM;
    error = read_wish(wish, name, config);
    if (error < 0)
        return error;
    /* A round comes to nothing only if another process has changed something meanwhile. */
    for (int round = 0; round < 100; round++) {
        error = adopt(&wish->mapping, &wish->path, &wish->shape);
        if (error == -ENOENT)
            error = file_create(&wish->mapping, &wish->path, &wish->shape, &wish->rights);
        else if (error == -ESTALE || error == -EBADMSG || error == -EPROTO)
            error = file_replace(&wish->mapping, &wish->path, &wish->shape, &wish->rights);
        else if (error < 0)
            return error;
        if (error == 0)
            return handle_new(cs, &wish->path, &wish->mapping);
        if (error == -EEXIST) {
            /* Either somebody has taken the name since, or somebody lives in a segment of another layout.
             * One more look tells which. */
            int again = adopt(&wish->mapping, &wish->path, &wish->shape);

            if (again == 0)
                return handle_new(cs, &wish->path, &wish->mapping);
            if (again != -ENOENT && round > 0)
                return -EEXIST;
        } else if (error != -EAGAIN) {
            return error;
        }
    }
    return -EBUSY;
}

/* Has the file system so much memory left? A tmpfs without a limit says that it has 0 blocks, and counts as
 * one with enough. */
static int has_memory(const struct path *path, uint64_t bytes)
{
    char room[DIRECTORY_BYTES];
    const char *directory = path_parent(path, room);
    struct statvfs fs;

    if (statvfs(directory, &fs) < 0)
        return -errno;
    return fs.f_blocks > 0 && fs.f_bavail * fs.f_frsize < bytes ? -ENOSPC : 0;
}

/* Could a new segment be made there? Tells only what can be told without taking anything. */
static int may_make(const struct wish *wish)
{
    char room[DIRECTORY_BYTES];

    if (faccessat(AT_FDCWD, path_parent(&wish->path, room), W_OK | X_OK, AT_EACCESS) < 0)
        return errno == EROFS ? -EACCES : -errno;
    return has_memory(&wish->path, wish->bytes);
}

enum { PROBE_MAKE, PROBE_ATTACH, PROBE_GROW, PROBE_REPLACE };

static int probe_living(struct wish *wish)
{
    struct growth growth;
    int error = mapping_look(&wish->mapping, &growth);
    uint64_t bytes =
        error == 0 ? growth_bytes(&wish->mapping.segment.geometry, &growth, &wish->shape) : 0;

    mapping_close(&wish->mapping);
    if (error == 0 && bytes > 0)
        error = has_memory(&wish->path, bytes);
    return error < 0 ? error : bytes > 0 ? PROBE_GROW : PROBE_ATTACH;
}

int connstat_probe(const char *name, const struct connstat_config *config)
{
    UNCANCELLED;
    WISH_ROOM(wish);
    int error = wish == NULL ? -ENOMEM : read_wish(wish, name, config);

    if (error < 0)
        return error;
    error = find_living(&wish->mapping, &wish->path, &wish->shape);
    if (error == 0)
        return probe_living(wish);
    if (error == -ENOENT) {
        error = may_make(wish);
        return error < 0 ? error : PROBE_MAKE;
    }
    if (error != -ESTALE && error != -EBADMSG && error != -EPROTO)
        return error;
    error = file_may_replace(&wish->path);
    if (error == 0)
        error = may_make(wish);
    return error < 0 ? error : PROBE_REPLACE;
}

int connstat_destroy(const char *name)
{
    return connstat_destroy_at(NULL, name);
}

int connstat_destroy_at(const char *directory, const char *name)
{
    UNCANCELLED;
    struct path path;
    int error = path_resolve(&path, directory, name);

    return error < 0 ? error : file_remove(&path);
}
