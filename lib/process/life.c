/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "process/life.h"

#include "os/descriptor.h"
#include "os/life_lock.h"
#include "os/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int life_init(struct life *life, const struct mapping *mapping, const char *path)
{
    life->mapping = mapping;
    life->lock = -1;
    life->path = strdup(path);
    return life->path == NULL ? -ENOMEM : 0;
}

/* Does the number still mean the description that we opened? A host that has closed it may have
 * given it to a file of its own. */
static bool is_segment(const struct life *life, int fd)
{
    struct stat st;

    return fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == life->mapping->segment.inode &&
           st.st_dev == life->mapping->segment.device;
}

static bool is_ours(const struct life *life)
{
    return is_segment(life, life->lock);
}

int life_begin(struct life *life)
{
    int fd;

    if (is_ours(life))
        return 0;
    fd = life_lock_open(life->mapping->segment.fd, life->path, life->mapping->segment.device,
                        life->mapping->segment.inode);
    life->lock = fd < 0 ? -1 : fd;
    return descriptor_is_scarce(fd) ? fd : 0;
}

static int take(void *arg, uint32_t record)
{
    const struct life *life = arg;

    return life->lock < 0 ? -ENOTSUP : life_lock_take(life->lock, record);
}

static void give(void *arg, uint32_t record)
{
    life_give(arg, record);
}

struct record_hold life_hold(struct life *life)
{
    return (struct record_hold){.take = take, .give = give, .arg = life};
}

void life_announce(struct life *life)
{
    static const uint8_t zero = 0;
    int lock = life->lock, segment = life->mapping->segment.fd;
    struct signals before;

    if ((is_segment(life, lock) && futimens(lock, NULL) == 0) || !is_segment(life, segment))
        return;
    /* Under RLIMIT_FSIZE a write raises SIGXFSZ. */
    signals_block(&before);
    (void)!pwrite(segment, &zero, 1, offsetof(struct header, padding));
    signals_restore(&before);
}

bool life_was_closed(const struct life *life)
{
    return life->lock >= 0 && !is_ours(life);
}

void life_renew(struct life *life, uint32_t record, uint64_t word)
{
    if (record_is(&life->mapping->segment, record, word) && take(life, record) == 0)
        atomic_fetch_or_explicit(&segment_record(&life->mapping->segment, record)->flags,
                                 RECORD_LOCKED, memory_order_relaxed);
}

void life_give(struct life *life, uint32_t record)
{
    if (is_ours(life))
        life_lock_give(life->lock, record);
}

void life_keep_on_exec(struct life *life, bool keep)
{
    if (is_ours(life))
        (void)fcntl(life->lock, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

void life_end(struct life *life)
{
    if (is_ours(life))
        close(life->lock);
    life->lock = -1;
}
