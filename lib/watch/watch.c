/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "watch/watch.h"

#include "os/briefly.h"
#include "os/clock.h"
#include "os/identity.h"
#include "os/life_lock.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUSPECT_NS INT64_C(1000000000) /* the time between two looks at a lock that was let go */

struct watched {
    uint64_t word;           /* the record's word when it was looked at; 0: it is not watched */
    uint64_t device, inode;  /* of the pidfd, by which we know it again */
    uint64_t suspect;        /* the word of a holder whose lock was found let go; 0: none */
    int64_t let_go_since_ns; /* since when it is, by CLOCK_MONOTONIC */
    int pidfd;               /* -1: there is none; the worker is judged anew at each pass */
};

struct watch {
    pthread_mutex_t lock;
    struct wake wake;
    uint64_t joins;
    uint32_t record_count;
    bool blind;    /* there is a worker of whose death no event would tell */
    bool lockless; /* there is a worker of whose execve no event would tell */
    struct watched watched[];
};

/* Is the pidfd still ours? The host may have closed it, and have a file of its own by that number. */
static bool pidfd_is_ours(const struct watched *watched)
{
    struct stat st;

    return watched->pidfd >= 0 && fstat(watched->pidfd, &st) == 0 && st.st_dev == watched->device &&
           st.st_ino == watched->inode;
}

/* Is the pidfd ours, and may it be closed? On kernels without pidfs all pidfds have the same inode; then
 * it is ours only if the set knows it by this name. Nothing is taken out of the set, because in a child
 * it is the parent's, too. */
static bool pidfd_is_in_set(const struct watch *watch, uint32_t i)
{
    int pidfd = watch->watched[i].pidfd;

    return pidfd_is_ours(&watch->watched[i]) &&
           (identity_pidfd_is_unique(pidfd) || wake_has(&watch->wake, pidfd, i));
}

static void forget_all(struct watch *watch)
{
    for (uint32_t i = 0; i < watch->record_count; i++)
        watch->watched[i] = (struct watched){.pidfd = -1};
    watch->joins = UINT64_MAX;
}

int watch_new(struct watch **made, const struct segment *s)
{
    uint32_t records = s->geometry.record_count;
    struct watch *watch = calloc(1, sizeof(*watch) + records * sizeof(struct watched));
    int error;

    if (watch == NULL)
        return -ENOMEM;
    error = wake_open(&watch->wake, s);
    if (error < 0) {
        free(watch);
        return error;
    }
    watch->record_count = records;
    forget_all(watch);
    pthread_mutex_init(&watch->lock, NULL);
    *made = watch;
    return 0;
}

int watch_keep(struct watch *watch)
{
    bool renewed;
    int error = wake_keep(&watch->wake, &renewed);

    if (renewed)
        forget_all(watch);
    return error;
}

void watch_free(struct watch *watch)
{
    bool ours;

    if (watch == NULL)
        return;
    ours = wake_is_ours(&watch->wake);
    for (uint32_t i = 0; i < watch->record_count && ours; i++)
        if (watch->watched[i].pidfd >= 0 && pidfd_is_in_set(watch, i))
            close(watch->watched[i].pidfd);
    wake_close(&watch->wake);
    free(watch);
}

void watch_lock(struct watch *watch)
{
    pthread_mutex_lock(&watch->lock);
}

bool watch_lock_briefly(struct watch *watch)
{
    return lock_briefly(&watch->lock);
}

void watch_unlock(struct watch *watch)
{
    pthread_mutex_unlock(&watch->lock);
}

int watch_fd(const struct watch *watch)
{
    return watch->wake.epoll;
}

/* ---- passes ---------------------------------------------------------------------------------- */

int watch_listen(struct watch *watch, const char *path, bool has_thread)
{
    int error = watch_keep(watch);

    if (error < 0)
        return error;
    wake_listen(&watch->wake, path, has_thread);
    watch_end(watch);
    return 0;
}

bool watch_begin(struct watch *watch)
{
    return wake_begin(&watch->wake);
}

void watch_end(struct watch *watch)
{
    wake_end(&watch->wake, watch->blind      ? WAKE_EACH_TICK
                           : watch->lockless ? WAKE_EACH_SECOND
                                             : WAKE_BY_EVENTS);
}

void watch_wake(const struct watch *watch)
{
    wake_now(&watch->wake);
}

void watch_wait(const struct watch *watch, struct waiter *waiter)
{
    wake_wait(&watch->wake, waiter);
}

/* ---- who is watched -------------------------------------------------------------------------- */

bool watch_is_stale(const struct watch *watch, const struct segment *s)
{
    /* acquire, with the release in record_join: if we see the new number of joins, we also see the new
     * record. Weaker, we could note the number and miss the record, until somebody else joins. */
    return atomic_load_explicit(&segment_header(s)->joins, memory_order_acquire) != watch->joins;
}

static void forget(struct watch *watch, struct watched *watched)
{
    bool ours = pidfd_is_ours(watched);
    int pidfd = watched->pidfd;

    /* First out of the table, then closed: otherwise a child that was forked in between would later close
     * a number that means another file. */
    watched->pidfd = -1;
    watched->word = 0;
    if (ours) {
        wake_remove(&watch->wake, pidfd);
        close(pidfd);
    }
}

/* Is the record to be watched? Dead ones are, until their obituary is written: their pidfd tells how they
 * ended. */
static bool is_somebody(uint64_t word)
{
    return record_state(word) != RECORD_FREE && record_state(word) != RECORD_BURIED;
}

/* Are these two words of one holder of a record, in whatever state? */
static bool same_holder(uint64_t a, uint64_t b)
{
    return record_become(a, RECORD_FREE) == record_become(b, RECORD_FREE);
}

/* Does the record's holder show by a life lock that it lives? */
static bool is_locked(const struct segment *s, uint32_t record)
{
    return atomic_load_explicit(&segment_record(s, record)->flags, memory_order_relaxed) &
           RECORD_LOCKED;
}

static void look(struct watch *watch, const struct segment *s, uint32_t index, uint64_t word)
{
    struct watched *watched = &watch->watched[index];
    struct identity identity;
    struct stat st;
    int pidfd;

    forget(watch, watched);
    if (record_state(word) != RECORD_ALIVE || !record_identity(s, index, word, &identity))
        return;
    watched->word = word;
    pidfd = identity_open(&identity, false);
    if (pidfd < 0)
        return;
    if (fstat(pidfd, &st) < 0 || wake_add(&watch->wake, pidfd, index) < 0) {
        close(pidfd);
        return;
    }
    watched->device = st.st_dev;
    watched->inode = st.st_ino;
    watched->pidfd = pidfd;
}

/* Notes which events would not tell of this worker. */
static void note_deafness(struct watch *watch, const struct segment *s, uint32_t index)
{
    uint64_t thread = atomic_load_explicit(&segment_record(s, index)->thread, memory_order_relaxed);
    bool locked = is_locked(s, index);

    watch->lockless |= !locked;
    /* A thread's death shows neither in a descriptor nor in a lock. */
    watch->blind |= thread != 0 || (watch->watched[index].pidfd < 0 && !locked);
}

void watch_refresh(struct watch *watch, const struct segment *s, uint32_t self)
{
    uint64_t joins = atomic_load_explicit(&segment_header(s)->joins, memory_order_acquire);

    watch->blind = false;
    watch->lockless = false;
    for (uint32_t i = 0; i < watch->record_count; i++) {
        struct watched *watched = &watch->watched[i];
        uint64_t word = atomic_load_explicit(&segment_record(s, i)->word, memory_order_acquire);

        if (i == self || !is_somebody(word)) {
            if (watched->word != 0)
                forget(watch, watched);
            continue;
        }
        if (watched->word == 0 || !same_holder(watched->word, word))
            look(watch, s, i, word);
        note_deafness(watch, s, i);
    }
    watch->joins = joins;
}

/* Did the holder take its life lock? The flags of one that is JOINING may still be its predecessor's. */
static bool took_its_lock(const struct segment *s, uint32_t record, uint64_t word)
{
    return record_state(word) == RECORD_JOINING ? record_tag_is_locked(record_tag(word))
                                                : is_locked(s, record);
}

/* Is it known that nobody holds the record's life lock? */
static bool lock_is_free(const struct segment *s, uint32_t record)
{
    struct stat st;

    return segment_has_file(s, &st) && life_lock_is_held(s->fd, record) == 0;
}

/* Is the holder dead by the life lock alone? It is if the lock is not held at two looks a second apart:
 * a worker whose host closed its descriptors takes it anew at its next slow call. The holder may also be
 * one that is just joining or leaving, and so is not watched. */
static bool lock_is_let_go(struct watch *watch, const struct segment *s, uint32_t record,
                           uint64_t word)
{
    struct watched *watched = &watch->watched[record];
    int64_t now = clock_monotonic_ns();

    if (!took_its_lock(s, record, word) || !lock_is_free(s, record)) {
        watched->suspect = 0;
        return false;
    }
    if (watched->suspect == 0 || !same_holder(watched->suspect, word)) {
        watched->suspect = word;
        watched->let_go_since_ns = now;
    }
    if (now - watched->let_go_since_ns >= SUSPECT_NS)
        return true;
    wake_look_again(&watch->wake, watched->let_go_since_ns + SUSPECT_NS);
    return false;
}

bool watch_is_held(const struct segment *s, uint32_t record)
{
    struct stat st;

    return segment_has_file(s, &st) && life_lock_is_held(s->fd, record) == 1;
}

bool watch_is_dead(struct watch *watch, const struct segment *s, uint32_t record, uint64_t word)
{
    const struct watched *watched = &watch->watched[record];
    struct identity identity;

    if (!record_identity(s, record, word, &identity))
        return false; /* another holder has the record by now, whom the next look judges */
    if (same_holder(watched->word, word) && pidfd_is_ours(watched))
        return identity_pidfd_is_dead(watched->pidfd, &identity);
    switch (identity_judge(&identity, record_state(word) == RECORD_JOINING)) {
    case IDENTITY_DEAD:
        /* A record that is JOINING holds no more than a pid and a tag. If its holder is in another
         * namespace, that pid is another process here. But whoever can hold the life lock takes it
         * before the record; so if it is held, or cannot be looked at, the holder lives. Of one
         * without a lock the tag has told that the pid is of our namespace. */
        return record_state(word) != RECORD_JOINING || !took_its_lock(s, record, word) ||
               lock_is_free(s, record);
    case IDENTITY_ALIVE:
        return false;
    default:
        return lock_is_let_go(watch, s, record, word);
    }
}

uint32_t watch_take_dead(struct watch *watch, struct dead *dead, uint32_t max)
{
    uint32_t records[WAKE_EVENTS];
    uint32_t count = wake_take(&watch->wake, records, max);
    uint32_t found = 0;

    for (uint32_t i = 0; i < count; i++)
        if (records[i] < watch->record_count && watch->watched[records[i]].word != 0)
            dead[found++] =
                (struct dead){.record = records[i], .word = watch->watched[records[i]].word};
    return found;
}

bool watch_has_news(struct watch *watch)
{
    return watch->blind || wake_has_news(&watch->wake);
}

void watch_mute(struct watch *watch, uint32_t record)
{
    if (watch->watched[record].pidfd >= 0)
        wake_remove(&watch->wake, watch->watched[record].pidfd);
}

int watch_pidfd(const struct watch *watch, uint32_t record, uint64_t word)
{
    return same_holder(watch->watched[record].word, word) ? watch->watched[record].pidfd : -1;
}
