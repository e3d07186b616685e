/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "os/file.h"

#include "os/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- opening -------------------------------------------------------------------------------- */

static int open_file(const struct path *path, bool read_only, struct stat *st)
{
    int fd =
        open(path->file, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0 && (errno == EISDIR || errno == ENXIO)) /* a folder, a socket */
        return -EBADMSG;
    if (fd < 0)
        return errno == ELOOP || errno == EPERM || errno == EROFS ? -EACCES : -errno;
    if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
        close(fd);
        return -EBADMSG;
    }
    /* In a directory that all may write to, a stranger may have taken the name first. */
    if (!read_only && st->st_uid != 0 && st->st_uid != geteuid()) {
        close(fd);
        return -EACCES;
    }
    return fd;
}

static int read_header(int fd, const struct stat *st, struct geometry *geometry)
{
    struct header header;
    int error;

    if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header))
        return -EBADMSG;
    error = geometry_from_header(geometry, &header);
    if (error == 0 && (uint64_t)st->st_size < geometry->size)
        error = -EBADMSG;
    return error;
}

#ifndef MADV_COLLAPSE /* Linux 6.1 */
#define MADV_COLLAPSE 25
#endif

enum { HUGE_PAGE = 2 << 20 }; /* where it is another size, nothing is lost but some address space */

/* Where huge pages may lie: address and offset in the file agree. */
static void *map_aligned(uint64_t bytes, int prot, int fd)
{
    uint64_t room = bytes + HUGE_PAGE;
    uint8_t *reserved =
        mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint64_t before = -(uintptr_t)reserved % HUGE_PAGE;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t after = before + (bytes + page - 1) / page * page;
    void *base;

    if (reserved == MAP_FAILED)
        return MAP_FAILED;
    base = mmap(reserved + before, bytes, prot, MAP_SHARED | MAP_FIXED, fd, 0);
    if (base == MAP_FAILED) {
        munmap(reserved, room);
        return MAP_FAILED;
    }
    if (before > 0)
        munmap(reserved, before);
    if (after < room)
        munmap(reserved + after, room - after);
    return base;
}

/* Best effort, also on a tmpfs that does not hand out huge pages by itself, as /dev/shm: at a
 * million entries a registration waits for the page tables more than for anything else. */
void file_use_huge_pages(const struct mapping *mapping, uint64_t begin, uint64_t end)
{
    uint64_t first = (begin + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    uint64_t last = end / HUGE_PAGE * HUGE_PAGE;

    if (first < last)
        (void)madvise(mapping->segment.base + first, last - first, MADV_COLLAPSE);
}

static int map(struct mapping *mapping, int fd, bool read_only, const struct stat *st)
{
    void *base;

    /* The key index grows behind the file's first size: its room is mapped, and touched only once
     * the header says that the memory is there. */
    mapping->bytes = mapping->segment.geometry.size_with_keys;
    base = map_aligned(mapping->bytes, read_only ? PROT_READ : PROT_READ | PROT_WRITE, fd);
    if (base == MAP_FAILED)
        return -errno;
    (void)madvise(base, mapping->segment.geometry.size, MADV_HUGEPAGE);
    mapping->segment.base = base;
    atomic_store_explicit(&mapping->segment.keys_known, 0, memory_order_relaxed);
    mapping->segment.fd = fd;
    mapping->device = st->st_dev;
    mapping->inode = st->st_ino;
    mapping->read_only = read_only;
    return 0;
}

/* Every index of keys that the header announces, to its end: a file cut there still has its slots,
 * but would deny that they have keys. */
static bool has_indexes(const struct mapping *mapping)
{
    const struct geometry *g = &mapping->segment.geometry;
    /* acquire: with the release of who reserved an index: its memory is there before its bit */
    uint64_t ready =
        atomic_load_explicit(&segment_header(&mapping->segment)->key_ready, memory_order_acquire);
    struct stat st;

    if (fstat(mapping->segment.fd, &st) < 0)
        return false;
    for (uint32_t t = 0; t < g->shape.type_count; t++)
        if ((ready >> t & 1) && (uint64_t)st.st_size < g->types[t].key_end)
            return false;
    return true;
}

int file_open(struct mapping *mapping, const struct path *path, bool read_only)
{
    struct stat st;
    uint64_t state;
    int error, fd = open_file(path, read_only, &st);

    if (fd < 0)
        return fd;
    error = read_header(fd, &st, &mapping->segment.geometry);
    if (error == 0)
        error = map(mapping, fd, read_only, &st);
    if (error < 0) {
        close(fd);
        return error;
    }
    state = atomic_load_explicit(&segment_header(&mapping->segment)->state, memory_order_acquire);
    if ((state != SEGMENT_READY && state != SEGMENT_RETIRED) || !has_indexes(mapping)) {
        file_unmap(mapping);
        return -EBADMSG;
    }
    return 0;
}

void file_unmap(struct mapping *mapping)
{
    munmap(mapping->segment.base, mapping->bytes);
    close(mapping->segment.fd);
    mapping->segment.base = NULL;
    mapping->segment.fd = -1;
}

static bool has_name(const struct mapping *mapping)
{
    struct stat st;

    return fstat(mapping->segment.fd, &st) < 0 || st.st_nlink != 0;
}

bool file_is_retired(const struct mapping *mapping)
{
    return atomic_load_explicit(&segment_header(&mapping->segment)->state, memory_order_relaxed) ==
               SEGMENT_RETIRED ||
           !has_name(mapping);
}

/* ---- making --------------------------------------------------------------------------------- */

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Zeros are an empty table: only the header has to be written. */
static int fill(struct segment *segment)
{
    const struct geometry *g = &segment->geometry;
    struct header *header = segment_header(segment);
    uint64_t random[3];

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return -EAGAIN;
    geometry_to_header(g, header);
    identity_boot_id(header->boot_id);
    header->created_at_ns = now_ns();
    header->key_secret[0] = random[0];
    header->key_secret[1] = random[1];
    header->id_salt = random[2];
    header->checksum = header_checksum(header);
    /* release: with file_open's acquire; the file has no name yet, so this is for form's sake */
    atomic_store_explicit(&header->state, SEGMENT_READY, memory_order_release);
    return 0;
}

int file_reserve(int fd, uint64_t begin, uint64_t end)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = -posix_fallocate(fd, (off_t)begin, (off_t)(end - begin));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static int give_rights(int fd, const struct file_rights *rights)
{
    if (rights->gid != 0 && fchown(fd, (uid_t)-1, rights->gid) < 0)
        return errno == EPERM ? -EACCES : -errno;
    return fchmod(fd, rights->mode) < 0 ? -errno : 0;
}

/* A file without a name: killed anywhere in here, nothing is left. */
static int make_nameless(struct mapping *mapping, const struct path *path,
                         const struct file_rights *rights)
{
    uint64_t size = mapping->segment.geometry.size;
    struct stat st;
    int error, fd = open(path->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0)
        return errno == EROFS || errno == EPERM ? -EACCES : -errno;
    /* Reserved now: ftruncate alone would succeed and SIGBUS later on a full tmpfs. */
    error = file_reserve(fd, 0, size);
    if (error == 0)
        error = give_rights(fd, rights);
    if (error == 0 && fstat(fd, &st) < 0)
        error = -errno;
    if (error == 0)
        error = map(mapping, fd, false, &st);
    if (error < 0) {
        close(fd);
        return error;
    }
    file_use_huge_pages(mapping, 0, mapping->segment.geometry.size);
    error = fill(&mapping->segment);
    if (error < 0)
        file_unmap(mapping);
    return error;
}

/* Give the nameless file a name that is free. */
static int give_name(const struct mapping *mapping, const char *name)
{
    char self[64];

    snprintf(self, sizeof(self), "/proc/self/fd/%d", mapping->segment.fd);
    return linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

int file_create(struct mapping *mapping, const struct path *path, const struct shape *shape,
                const struct file_rights *rights)
{
    int error = geometry_compute(&mapping->segment.geometry, shape);

    if (error == 0)
        error = make_nameless(mapping, path, rights);
    if (error < 0)
        return error;
    error = give_name(mapping, path->file);
    if (error < 0)
        file_unmap(mapping);
    return error;
}

/* ---- replacing and removing ----------------------------------------------------------------- */

/* Whoever takes a name from a file holds this lock on the file, and has seen that the name leads
 * to it: so two of them cannot both. It waits for nobody longer than a second. */
static int lock_name(const struct path *path, int fd)
{
    struct stat mine, named;

    for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
        struct timespec pause = {.tv_nsec = 10000000};

        if (errno != EWOULDBLOCK)
            return -errno;
        if (tries == 100)
            return -EBUSY;
        nanosleep(&pause, NULL);
    }
    if (fstat(fd, &mine) < 0 || lstat(path->file, &named) < 0 || mine.st_ino != named.st_ino ||
        mine.st_dev != named.st_dev)
        return -EAGAIN;
    return 0;
}

/* Does anybody live in a segment of whatever version? Only what every version has is looked at. */
static bool is_inhabited(int fd, const struct stat *st)
{
    struct header header;
    uint8_t boot_id[16];
    struct record record;

    if (pread(fd, &header, sizeof(header), 0) < (ssize_t)offsetof(struct header, type_count) ||
        header.magic != LAYOUT_MAGIC || header.record_bytes < offsetof(struct record, joined_at_ns))
        return false;
    identity_boot_id(boot_id);
    if (memcmp(boot_id, header.boot_id, sizeof(boot_id)) != 0)
        return false;
    for (uint32_t i = 0; i < header.record_count; i++) {
        uint64_t offset = header.records_offset + (uint64_t)i * header.record_bytes;
        struct identity identity = {0};
        uint64_t word;

        memset(&record, 0, sizeof(record));
        if (offset >= (uint64_t)st->st_size ||
            pread(fd, &record, offsetof(struct record, joined_at_ns), (off_t)offset) !=
                (ssize_t)offsetof(struct record, joined_at_ns))
            return false;
        word = record.word;
        identity.pid = record_pid(word);
        identity.tag = record_tag(word);
        identity.pidfd_inode = record.pidfd_inode;
        identity.start_time = record.start_time;
        identity.pid_namespace = record.pid_namespace;
        if ((record_state(word) == RECORD_ALIVE || record_state(word) == RECORD_JOINING) &&
            !identity_is_dead(&identity, record_state(word) == RECORD_JOINING))
            return true;
    }
    return false;
}

static void set_state(int fd, uint64_t state)
{
    uint64_t magic = 0;

    /* By write, not by a mapping: what has the name may be too short to map, or no segment. */
    if (pread(fd, &magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) && magic == LAYOUT_MAGIC)
        (void)!pwrite(fd, &state, sizeof(state), offsetof(struct header, state));
}

/* Under the lock of old: nobody lives in it, so its name goes to the new one. Between the two
 * steps the name is free, and who takes it then is as good as we. */
static int take_name(const struct mapping *mapping, const struct path *path, int old,
                     const struct stat *st)
{
    int error = 0;

    /* Retired first, looked at second; a worker goes alive first and looks second (worker.c): one
     * of the two sees the other. */
    set_state(old, SEGMENT_RETIRED);
    atomic_thread_fence(memory_order_seq_cst);
    if (is_inhabited(old, st))
        error = -EEXIST;
    else if (unlink(path->file) < 0)
        error = -errno;
    if (error < 0) {
        set_state(old, SEGMENT_READY);
        return error;
    }
    error = give_name(mapping, path->file);
    return error == -EEXIST ? -EAGAIN : error;
}

int file_replace(struct mapping *mapping, const struct path *path, const struct shape *shape,
                 const struct file_rights *rights)
{
    struct stat st;
    int error, old = open_file(path, false, &st);

    if (old < 0)
        return old == -ENOENT ? -EAGAIN : old;
    error = geometry_compute(&mapping->segment.geometry, shape);
    if (error == 0)
        error = make_nameless(mapping, path, rights);
    if (error < 0) {
        close(old);
        return error;
    }
    error = lock_name(path, old);
    if (error == 0)
        error = take_name(mapping, path, old, &st);
    if (error < 0)
        file_unmap(mapping);
    close(old);
    return error;
}

int file_remove(const struct path *path)
{
    for (int tries = 0; tries < 10; tries++) {
        struct stat st;
        int error, fd = open_file(path, false, &st);

        if (fd == -EACCES && lstat(path->file, &st) == 0 && !S_ISREG(st.st_mode))
            return -EACCES;
        if (fd < 0)
            return fd;
        error = lock_name(path, fd);
        if (error == 0)
            error = unlink(path->file) < 0 ? -errno : 0;
        if (error == 0)
            set_state(fd, SEGMENT_RETIRED);
        close(fd);
        if (error != -EAGAIN)
            return error;
    }
    return -EBUSY;
}

void file_revive(const struct mapping *mapping)
{
    if (flock(mapping->segment.fd, LOCK_EX | LOCK_NB) < 0)
        return; /* somebody is at it */
    if (has_name(mapping))
        set_state(mapping->segment.fd, SEGMENT_READY);
    (void)flock(mapping->segment.fd, LOCK_UN);
}
