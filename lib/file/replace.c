/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Replaces and removes the file of a segment. The old one loses its name only when the new one is made
 * and could be linked there. If a later step fails, the earlier ones are undone.
 */
#include "file/make.h"
#include "file/mapping.h"
#include "file/name_lock.h"
#include "os/identity.h"
#include "os/life_lock.h"
#include "os/procfs.h"
#include "os/signals.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- does anybody live in it? --------------------------------------------------------------- */

static bool read_record(int fd, const struct header *header, uint32_t index, struct record *record)
{
    /* Of any version the first 32 bytes of a record are known; of our own also the flags. */
    size_t bytes = header->version == LAYOUT_VERSION ? offsetof(struct record, extra)
                                                     : offsetof(struct record, joined_at_ns);
    uint64_t offset = header->records_offset + (uint64_t)index * header->record_bytes;

    memset(record, 0, sizeof(*record));
    return offset <= INT64_MAX && pread(fd, record, bytes, (off_t)offset) == (ssize_t)bytes;
}

enum holder { HOLDER_GONE, HOLDER_LIVES, HOLDER_SUSPECT };

/* Judges a record's holder. It is a suspect if only its life lock could tell that it lives, and that is
 * not held at this moment. One that is JOINING may have a pid of another namespace, as in
 * watch_is_dead. */
static enum holder judge(int fd, uint32_t index, const struct record *record)
{
    uint64_t word = record->word;
    struct identity identity = {
        .pid = record_pid(word),
        .tag = record_tag(word),
        .pidfd_inode = record->pidfd_inode,
        .start_time = record->start_time,
        .pid_namespace = record->pid_namespace,
    };

    bool joining = record_state(word) == RECORD_JOINING;
    bool locked = joining ? record_tag_is_locked(identity.tag) : record->flags & RECORD_LOCKED;

    if (record_state(word) != RECORD_ALIVE && !joining)
        return HOLDER_GONE;
    switch (identity_judge(&identity, joining)) {
    case IDENTITY_DEAD:
        return joining && locked && life_lock_is_held(fd, index) != 0 ? HOLDER_LIVES : HOLDER_GONE;
    case IDENTITY_ALIVE:
        return HOLDER_LIVES;
    default:
        return locked && life_lock_is_held(fd, index) == 0 ? HOLDER_SUSPECT : HOLDER_LIVES;
    }
}

/* Does somebody live in the segment? If not, *suspects says how many suspects there are. */
static bool is_inhabited(int fd, const struct header *header, uint32_t *suspects)
{
    struct record record;

    *suspects = 0;
    /* The last records are those of reapers. They have no entries to keep, and follow the name to the new
     * segment, so they may be replaced under. */
    for (uint32_t i = 0;
         i + REAPER_RECORDS < header->record_count && read_record(fd, header, i, &record); i++) {
        enum holder holder = judge(fd, i, &record);

        if (holder == HOLDER_LIVES)
            return true;
        *suspects += holder == HOLDER_SUSPECT;
    }
    return false;
}

/* Does somebody live in a segment of any version? Looks only at what all versions have. If there are
 * suspects, it looks again a second later: a worker whose host closed its descriptors takes its lock
 * anew. Returns 0: nobody does; -EEXIST: somebody does; or the error that kept us from finding out. */
static int look_behind_header(int fd, struct header *header)
{
    struct timespec second = {.tv_sec = 1};
    uint32_t suspects;
    bool same_boot;
    int error;

    if (pread(fd, header, sizeof(*header), 0) < (ssize_t)offsetof(struct header, type_count) ||
        header->magic != LAYOUT_MAGIC ||
        header->record_bytes < offsetof(struct record, joined_at_ns))
        return 0;
    error = procfs_same_boot(header->boot_id, &same_boot);
    if (error < 0 || !same_boot)
        return error;
    if (is_inhabited(fd, header, &suspects))
        return -EEXIST;
    if (suspects == 0)
        return 0;
    while (nanosleep(&second, &second) < 0 && errno == EINTR)
        ;
    return is_inhabited(fd, header, &suspects) ? -EEXIST : 0;
}

static int look_for_inhabitants(int fd)
{
    struct header *header = malloc(sizeof(*header)); /* 4 KB, which a small stack may not have */
    int error = header == NULL ? -ENOMEM : look_behind_header(fd, header);

    free(header);
    return error;
}

/* ---- its state ------------------------------------------------------------------------------ */

/* Writes the state into the header by pwrite(2), not by a mapping: the file may be too short to be
 * mapped. A file that is no segment has no state, and is left as it is. */
static int set_state(int fd, uint64_t state)
{
    struct signals before;
    uint64_t magic = 0;
    int error = 0;

    if (pread(fd, &magic, sizeof(magic), 0) != (ssize_t)sizeof(magic) || magic != LAYOUT_MAGIC)
        return 0;
    /* Under RLIMIT_FSIZE a write within the file's size raises SIGXFSZ too. */
    signals_block(&before);
    if (pwrite(fd, &state, sizeof(state), offsetof(struct header, state)) < 0)
        error = -errno;
    signals_restore(&before);
    return error;
}

/* ---- replacing ------------------------------------------------------------------------------ */

/* Retires the old segment, so that nobody can join it any more, if nobody lives in it. On failure it is
 * as it was. */
static int retire(int old)
{
    int error = set_state(old, SEGMENT_RETIRED);

    if (error < 0)
        return error;
    /* seq_cst: we have stored RETIRED, and now look for workers. A joiner does the opposite: it goes
     * ALIVE, and then looks for RETIRED (worker.c). So one of the two sees the other at least. Weaker,
     * neither might, and a worker would live in a segment without a name. */
    atomic_thread_fence(memory_order_seq_cst);
    error = look_for_inhabitants(old);
    if (error < 0)
        (void)set_state(old, SEGMENT_READY);
    return error;
}

/* Called with the lock held: gives the name of the old file to the new one. Between unlink and link the
 * name is free. If another creator takes it then, its segment is as good as ours. */
static int take_name(const struct mapping *mapping, const struct path *path, int old)
{
    /* This fails with -EEXIST as long as the old file has the name. If it succeeds, that has gone by
     * itself. If it fails otherwise, the new file could never get the name, so the old one keeps it. */
    int error = file_give_name(mapping, path->file);

    if (error != -EEXIST)
        return error;
    error = retire(old);
    if (error < 0)
        return error;
    if (unlink(path->file) < 0) {
        error = -errno;
        (void)set_state(old, SEGMENT_READY);
        return error;
    }
    error = file_give_name(mapping, path->file);
    return error == -EEXIST ? -EAGAIN : error;
}

int file_replace(struct mapping *mapping, const struct path *path, const struct shape *shape,
                 const struct file_rights *rights)
{
    struct stat st;
    int lock, error, old = file_open_descriptor(path, false, &st);

    if (old < 0)
        return old == -ENOENT ? -EAGAIN : old;
    error = geometry_compute(&mapping->segment.geometry, shape);
    if (error == 0)
        error = file_make_nameless(mapping, path, rights);
    if (error < 0) {
        close(old);
        return error;
    }
    lock = name_lock(path, old, true);
    error = lock < 0 ? lock : take_name(mapping, path, old);
    if (error == 0)
        name_lock_hand_over(lock, mapping->segment.fd);
    if (lock >= 0)
        close(lock);
    if (error < 0)
        mapping_close(mapping);
    close(old);
    return error;
}

int file_may_replace(const struct path *path)
{
    struct stat st;
    int error, old = file_open_descriptor(path, false, &st);

    if (old < 0)
        return old == -ENOENT ? 0 : old;
    error = look_for_inhabitants(old);
    close(old);
    return error;
}

/* ---- removing ------------------------------------------------------------------------------- */

static int remove_locked(const struct path *path, int fd)
{
    if (unlink(path->file) < 0)
        return -errno;
    name_lock_remove(path);
    (void)set_state(fd, SEGMENT_RETIRED);
    return 0;
}

int file_remove(const struct path *path)
{
    for (int tries = 0; tries < 10; tries++) {
        struct stat st;
        int lock, error, fd = file_open_descriptor(path, false, &st);

        if (fd == -EACCES && lstat(path->file, &st) == 0 && !S_ISREG(st.st_mode))
            return -EACCES;
        if (fd < 0)
            return fd;
        lock = name_lock(path, fd, true);
        error = lock < 0 ? lock : remove_locked(path, fd);
        if (lock >= 0)
            close(lock);
        close(fd);
        if (error != -EAGAIN)
            return error;
    }
    return -EBUSY;
}

void file_revive(const struct mapping *mapping, const struct path *path)
{
    int lock = name_lock(path, mapping->segment.fd, false);

    if (lock < 0)
        return; /* somebody is at it, or has done it */
    (void)set_state(mapping->segment.fd, SEGMENT_READY);
    close(lock);
}
