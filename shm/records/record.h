/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Worker records: who is who in a segment. A record's word is its truth, as a slot's is the
 * slot's; everything else in a record is written by its holder while JOINING, or is idempotent.
 *
 *   FREE -> JOINING -> ALIVE -> LEAVING ----------> FREE      in order
 *               |         \---> DEAD -> BURIED ---> FREE      found dead by a reaper
 *               \----------------------/
 *
 * Nobody waits for a holder that is killed or stopped in any of these states; a record whose
 * holder died is taken further by whoever looks at it.
 */
#ifndef SHM_RECORD_H
#define SHM_RECORD_H

#include "segment.h"

struct identity { /* of a process, or of one thread of it */
    uint32_t pid;
    uint32_t tid;           /* 0: the whole process */
    uint32_t process_index; /* of a thread: its process's record */
    uint64_t pidfd_inode;
    uint64_t start_time;
    uint64_t pid_namespace;
    uint64_t program;
    uint64_t execution; /* which execve it runs by: told to itself alone; 0 unknown */
    uint32_t tag;       /* as in the record's word; of oneself: that of one who has the life lock */
};

enum record_kind { RECORD_WORKER, RECORD_REAPER };

/* The life lock, by which a joiner shows that it lives. A joiner takes it before it claims the record, so
 * that the record is never JOINING without it; where joining fails, the joiner gives it back. */
struct record_hold {
    /* Returns 0: taken, and the record will be RECORD_LOCKED; -EAGAIN: somebody else has the lock;
     * another negative errno: there is no such lock here. */
    int (*take)(void *arg, uint32_t index);
    void (*give)(void *arg, uint32_t index);
    void *arg;
};

/* Become the holder of a free record: claim it, settle the predecessor's counters, write the
 * identity and the label, go alive. On success *index and *word name the holder.
 * Returns 0 or -EUSERS. */
int record_join(const struct segment *s, enum record_kind kind, const struct identity *identity,
                struct record_hold hold, const char *label, int64_t now_ns, uint32_t *index,
                uint64_t *word);

void record_set_label(struct record *record, const char *label);

/* Copies a label out; always terminated. */
void record_get_label(const struct record *record, char label[8 * LABEL_WORDS]);

/* What a record says of its holder, for word; false if it changed meanwhile. */
bool record_identity(const struct segment *s, uint32_t index, uint64_t word,
                     struct identity *identity);

static inline bool record_is(const struct segment *s, uint32_t index, uint64_t word)
{
    /* acquire: what the record's holder did before it came to this word is visible, and the
     * re-read of a slot's word after this one is not moved before it (reader-and-record-reuse) */
    return atomic_load_explicit(&segment_record(s, index)->word, memory_order_acquire) == word;
}

/* The holder died: a worker's ALIVE becomes DEAD, hiding its entries. Whoever had nothing to lose
 * becomes BURIED at once: JOINING and LEAVING, one that had begun to leave, and reapers.
 * False if word is no longer the record's word. */
bool record_mark_dead(const struct segment *s, uint32_t index, uint64_t word, int64_t now_ns);

/* The holder leaves in order; returns the record's new word, or 0 if it was not word. */
uint64_t record_mark_leaving(const struct segment *s, uint32_t index, uint64_t word);

/* After its sweep: the record may be taken again. */
void record_release(const struct segment *s, uint32_t index, uint64_t word);

/* ---- the live map: a superset of the ALIVE workers, for readers to walk -------------------- */

#define LIVE_MEMBERS UINT64_C(0xffffffff)

/* The joiner does it before it goes alive; doing it again harms nobody. */
void live_map_set(const struct segment *s, uint32_t index);

static inline uint32_t live_members(const struct segment *s, uint32_t i)
{
    /* acquire: with the release of live_map_set, so that the record's word is at least JOINING */
    return (uint32_t)(atomic_load_explicit(&segment_live_map(s)[i], memory_order_acquire) &
                      LIVE_MEMBERS);
}

static inline uint64_t live_peek(const _Atomic uint64_t *word)
{
    /* relaxed: whoever finds members in it loads the word again */
    return atomic_load_explicit(word, memory_order_relaxed) & LIVE_MEMBERS;
}

/* The first word from i on that has members, four empty ones at a step: most are empty. */
static inline uint32_t live_next(const struct segment *s, uint32_t i, uint32_t words)
{
    const _Atomic uint64_t *map = segment_live_map(s), *end = map + words, *at = map + i;

    while (end - at >= 4 &&
           (live_peek(&at[0]) | live_peek(&at[1]) | live_peek(&at[2]) | live_peek(&at[3])) == 0)
        at += 4;
    while (at != end && live_peek(at) == 0)
        at++;
    return (uint32_t)(at - map);
}

/* A walk over those in the live map, in the order of their records. */
struct live_walk {
    uint32_t members; /* of the word before next, that are to come */
    uint32_t next;
};

#define LIVE_WALK_BEGIN                                                                            \
    {                                                                                              \
        0, 0                                                                                       \
    }
#define LIVE_WALK_END UINT32_MAX

/* The next record, or LIVE_WALK_END. The map is no proof: a record there may not be alive. */
static inline uint32_t live_walk_next(const struct segment *s, struct live_walk *walk)
{
    uint32_t index;

    while (walk->members == 0) {
        if (walk->next == s->geometry.live_words)
            return LIVE_WALK_END;
        walk->members = live_members(s, walk->next++);
    }
    index = (walk->next - 1) * 32 + (uint32_t)__builtin_ctz(walk->members);
    walk->members &= walk->members - 1;
    return index;
}

#endif
