/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What lies in a segment, byte by byte. FORMAT.md says who writes each field, in which order, and
 * what a crash leaves; the static asserts keep this file and that text together. Everything that
 * changes after creation is a C11 atomic. There is no pointer and no lock.
 */
#ifndef SHM_LAYOUT_H
#define SHM_LAYOUT_H

#if __SIZEOF_POINTER__ != 8
#error                                                                                             \
    "connstat needs a 64-bit machine: its words are atomics of 64 bits, and segments of gigabytes"
#endif
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "connstat needs a little-endian machine: how it reads metadata was never tested on another"
#endif

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slot_word.h"

#define LAYOUT_MAGIC   UINT64_C(0x746174736e6e6f63) /* "connstat" in little endian */
#define LAYOUT_VERSION 3u

#define MAX_TYPES    64u
#define MAX_CAPACITY (1u << 24) /* slots of one type */
#define MAX_WORKERS  8192u
#define MAX_METADATA 4096u
#define REAPER_RECORDS                                                                             \
    16u /* records beyond max_workers, for those who sweep without being workers */
#define EXTRA_SHARDS    256u /* for second and further threads, taken by whoever needs one */
#define PARKED_SLOTS    4u   /* freed slots that a shard keeps for quick reuse */
#define CHUNK_SLOTS     512u /* granularity of "what a worker used" */
#define OBITUARY_COUNT  256u
#define LABEL_WORDS     4u
#define CLUSTER_BUFFERS 4u
#define CLUSTER_MISSING 1024u
#define NAME_BYTES      32u
#define GROWTH_LINES    32u  /* of the growth log, for each type: a type grows 27 times at most */
#define SMALLEST_STEP   512u /* slots by which a table grows, unless fewer are left */
#define LEAST_PAGE      4096u
#define LARGEST_PAGE    65536u

/* ---- the word of a worker record ----------------------------------------------------------- */

enum record_state {
    RECORD_FREE,    /* nobody's; its last holder's slots are swept                         */
    RECORD_JOINING, /* claimed; the identity is being written, the counters are settled    */
    RECORD_ALIVE,   /* the only state in which its LIVE slots are entries                  */
    RECORD_LEAVING, /* left in order, or never finished joining; slots are being freed     */
    RECORD_DEAD,    /* found dead; its obituary is not written yet                         */
    RECORD_BURIED,  /* obituary written; slots are being swept                             */
};

#define RECORD_INDEX_MASK ((UINT32_C(1) << SLOT_OWNER_BITS) - 1) /* of all records there may be */

#define RECORD_STATE_BITS       4u
#define RECORD_PID_BITS         22u
#define RECORD_TAG_BITS         16u /* what is known of a holder that is JOINING, beside its pid */
#define RECORD_INCARNATION_BITS 22u /* one more each time the record is taken */

static inline uint64_t record_word(enum record_state state, uint32_t pid, uint32_t tag,
                                   uint32_t incarnation)
{
    return (uint64_t)incarnation << (64 - RECORD_INCARNATION_BITS) |
           (uint64_t)(tag & ((1u << RECORD_TAG_BITS) - 1))
               << (RECORD_STATE_BITS + RECORD_PID_BITS) |
           (uint64_t)pid << RECORD_STATE_BITS | (uint64_t)state;
}

static inline enum record_state record_state(uint64_t word)
{
    return (enum record_state)(word & ((1u << RECORD_STATE_BITS) - 1));
}

static inline uint32_t record_pid(uint64_t word)
{
    return (uint32_t)(word >> RECORD_STATE_BITS) & ((1u << RECORD_PID_BITS) - 1);
}

static inline uint32_t record_tag(uint64_t word)
{
    return (uint32_t)(word >> (RECORD_STATE_BITS + RECORD_PID_BITS)) &
           ((1u << RECORD_TAG_BITS) - 1);
}

/* A tag is odd if the joiner took its life lock before the record; then it is of the start time. A
 * joiner without a lock can be judged in its own pid namespace alone; so its tag names that, by the low
 * bits of the inode. The kernel gives out the lowest that is free, so that two namespaces have the same
 * only where there are more than 32,000. 0: it is not known. */
static inline bool record_tag_is_locked(uint32_t tag)
{
    return tag & 1;
}

static inline uint32_t record_tag_unlocked(uint64_t pid_namespace)
{
    return (uint32_t)(pid_namespace << 1) & ((1u << RECORD_TAG_BITS) - 1);
}

static inline uint32_t record_incarnation(uint64_t word)
{
    return (uint32_t)(word >> (64 - RECORD_INCARNATION_BITS));
}

static inline uint64_t record_become(uint64_t word, enum record_state state)
{
    return (word & ~(uint64_t)((1u << RECORD_STATE_BITS) - 1)) | (uint64_t)state;
}

/* ---- structures ---------------------------------------------------------------------------- */

enum segment_state { SEGMENT_READY = 1, SEGMENT_RETIRED = 2 };

struct type_layout {
    char name[NAME_BYTES]; /* NUL-padded */
    uint32_t kind;         /* enum connstat_kind */
    uint32_t capacity;     /* when the segment was made */
    uint32_t maximum;      /* equal to capacity: it does not grow */
    uint32_t reserved;
};

/* Another shape of a segment will be able to live beside the one that it replaces, as its next
 * generation. Ids have two bits for the number, modulo 4: the first one leaves them 0. */
#define GENERATION_FIRST 4u

#define HEADER_GROWS_BY_HAND 1u /* flag: a table grows when it is told to (connstat_resize), only */

struct header {
    uint64_t magic;
    uint32_t version;
    uint32_t header_bytes;
    _Atomic uint64_t state; /* enum segment_state */
    uint64_t size_bytes;    /* of the file at creation; what has grown lies behind it */
    int64_t created_at_ns;
    uint8_t boot_id[16];
    uint64_t records_offset; /* up to here, and the first 32 bytes of a record: */
    uint32_t record_count;   /* the same in every version of the layout, so that any */
    uint32_t record_bytes;   /* library can tell whether somebody lives in a segment */

    uint32_t type_count;
    uint32_t max_workers;
    uint32_t metadata_bytes;
    uint32_t shard_bytes;
    uint64_t key_secret[2]; /* of the keyed hash: nobody can choose keys that collide */
    uint64_t id_salt;       /* mixed into ids: those of another segment do not fit */
    uint64_t checksum;      /* of all that never changes, this field taken as 0 */
    uint64_t generation;    /* GENERATION_FIRST */
    uint64_t previous;      /* reserved for generations: 0, none */
    uint32_t page_bytes;    /* of the machine: a part that a table grows by is whole pages */
    uint32_t flags;         /* HEADER_GROWS_BY_HAND */

    alignas(64) _Atomic uint64_t joins; /* changes with each join: reapers look again */
    _Atomic uint64_t deaths;            /* obituaries written */
    _Atomic uint64_t successor;         /* reserved for generations: 0, none */
    _Atomic uint64_t workers_joined;
    _Atomic uint64_t moves;    /* entries that became one of another type, begun */
    _Atomic uint64_t reserved; /* 0 */
    _Atomic uint64_t folded;   /* reserved for generations: 0 */
    _Atomic uint64_t reserved_atomics[1];

    alignas(64) struct type_layout types[MAX_TYPES];
    uint8_t padding[4096 - 256 - MAX_TYPES * sizeof(struct type_layout)];
};

struct record {
    _Atomic uint64_t word;
    _Atomic uint64_t pidfd_inode;   /* pidfs inode of the process, 0 where the kernel has none */
    _Atomic uint64_t start_time;    /* /proc/PID/stat field 22, clock ticks since boot */
    _Atomic uint64_t pid_namespace; /* inode */
    _Atomic int64_t joined_at_ns;
    _Atomic int64_t died_at_ns;
    _Atomic uint64_t thread;      /* 0, or tid << 32 | (index of the process's record + 1) */
    _Atomic uint64_t program;     /* fingerprint that execve changes */
    _Atomic uint64_t flags;       /* RECORD_KEEPS_ON_EXEC and the like */
    _Atomic uint64_t extra;       /* first of the extra shards, index + 1; 0: none */
    _Atomic uint64_t exit_status; /* 0 unknown, else exit_status_word() */
    _Atomic uint64_t label[LABEL_WORDS];
    _Atomic uint64_t execution; /* 0 unknown, else a number that no other execve has */
};

#define RECORD_KEEPS_ON_EXEC 1u
#define RECORD_LEFT          2u  /* left in order: what it had open counts as closed, not lost */
#define RECORD_SHARED        4u  /* its shared shard has been used */
#define RECORD_WATCHES       8u  /* a reaper's: it waits for deaths; others reap when asked to */
#define RECORD_LOCKED        16u /* its holder has the life lock of it: not held, it is dead */

#define INCARNATION_MASK ((UINT32_C(1) << RECORD_INCARNATION_BITS) - 1)
#define CAUSE_EXITED     1u /* CONNSTAT_EXITED */

/* ---- how a record's holder ended: known 1 | reserved 1 | incarnation 22 | cause 8 | status 32 ---
 *
 * It holds the incarnation, so that a late writer cannot be taken for the next holder. */

#define EXIT_STATUS_KNOWN (UINT64_C(1) << 63)

static inline uint64_t exit_status_word(uint32_t incarnation, uint32_t cause, uint32_t status)
{
    return EXIT_STATUS_KNOWN | (uint64_t)incarnation << 40 | (uint64_t)(cause & 0xff) << 32 |
           status;
}

/* Does it say how the holder of this incarnation ended? */
static inline bool exit_status_speaks_of(uint64_t exit_status, uint32_t incarnation)
{
    return (exit_status & EXIT_STATUS_KNOWN) != 0 &&
           (exit_status >> 40 & INCARNATION_MASK) == incarnation;
}

/* What a slot holds (slots/payload.h). */
struct payload {
    _Atomic uint64_t stamp;  /* 48 bits of time, 16 of length; or a form */
    _Atomic uint64_t active; /* 48 bits of time, 16 of the generation that was touched */
    _Atomic uint64_t room[]; /* metadata_bytes, rounded up to 8: the metadata in words */
};

/* Where an entry's content stands while its owner writes the new one: one for each shard. */
struct spare {
    _Atomic uint64_t holder;   /* of a record's shared shard: who updates; 0: nobody */
    _Atomic uint64_t sequence; /* one more with each use */
    _Atomic uint64_t head;     /* as in the room of a slot (slots/payload.h) */
    _Atomic uint64_t moved;
    _Atomic uint64_t version; /* of the content, as in the stamp of a slot; 0: never updated */
    _Atomic uint64_t metadata[];
};

/* Counters of one type, and the slots parked here. One thread writes them, except in a record's
 * shared shard, where any thread of the process adds atomically and nothing is parked. */
struct shard_type {
    _Atomic uint64_t opened;
    _Atomic uint64_t closed;
    _Atomic uint32_t parked[PARKED_SLOTS]; /* slot + 1; a hint for those who find a table full */
};

/* Two a record (its own, its shared one), and EXTRA_SHARDS more. Followed by
 * shard_type[type_count] and base[type_count], the value of opened - closed when the present
 * holder took it: live = opened - closed - base. */
struct shard {
    _Atomic uint64_t owner;         /* of an extra shard: shard_owner_word() */
    _Atomic uint64_t next;          /* of an extra shard: the next of the same record, index + 1 */
    _Atomic uint64_t opened_before; /* the present holder: of all types, opened when it took it */
    _Atomic uint64_t reserved[5];
};

enum shard_state { SHARD_FREE, SHARD_OWNED, SHARD_SETTLING };

static inline uint64_t shard_owner_word(enum shard_state state, bool left, uint32_t record,
                                        uint32_t incarnation)
{
    return (uint64_t)incarnation << 17 | (uint64_t)record << 3 | (uint64_t)left << 2 |
           (uint64_t)state;
}

static inline enum shard_state shard_state(uint64_t owner)
{
    return (enum shard_state)(owner & 3);
}

static inline bool shard_left(uint64_t owner)
{
    return owner >> 2 & 1;
}

static inline uint32_t shard_record(uint64_t owner)
{
    return (uint32_t)(owner >> 3) & RECORD_INDEX_MASK;
}

static inline uint32_t shard_incarnation(uint64_t owner)
{
    return (uint32_t)(owner >> 17) & INCARNATION_MASK;
}

/* An obituary: tagged words, each 48 bits of content above 16 bits of the lap of its ring, so that
 * a writer who slept through a lap cannot spoil the new text. */
enum obituary_field {
    OBITUARY_WHO,                       /* pid | cause << 22 | status << 25 | status known << 33 */
    OBITUARY_THREAD,                    /* tid */
    OBITUARY_JOINED,                    /* ms since the epoch */
    OBITUARY_DIED,                      /* ms since the epoch */
    OBITUARY_LABEL,                     /* six words of six bytes */
    OBITUARY_LOST = OBITUARY_LABEL + 6, /* one word a type */
};

struct obituary {
    _Atomic uint64_t subject; /* whose death: number << 16 | record << 2 | state */
    /* followed by _Atomic uint64_t [OBITUARY_LOST + type_count] */
};

/* The index of one type's keys: buckets, then a key_slot for each slot. */

#define BUCKET_CELLS 14u

struct key_bucket {         /* a cache line */
    _Atomic uint64_t reach; /* of the home of this number: version 38 | shrinking 1 | steps 25 */
    _Atomic uint32_t cells[BUCKET_CELLS]; /* bits of the key's hash, slot + 1; 0: empty */
};

struct key_slot {
    _Atomic uint64_t key[2];
    _Atomic uint32_t cell; /* where it is, or is about to be: bucket * 16 + cell + 1; 0: none */
    _Atomic uint32_t reserved;
};

struct cluster_buffer {
    _Atomic uint64_t sequence; /* 0 while being written */
    _Atomic int64_t at_ns;     /* CLOCK_BOOTTIME */
    _Atomic uint64_t lease_ms;
    _Atomic uint64_t nodes;
    _Atomic uint64_t by_type[MAX_TYPES];
    _Atomic uint64_t total_channels, total_connections;
    _Atomic uint64_t node[8], cluster[8];
    _Atomic uint64_t missing[CLUSTER_MISSING / 8];
};

struct cluster {
    _Atomic uint64_t agent;   /* record index + 1 | incarnation << 32; 0: none ever */
    _Atomic uint64_t current; /* sequence of the newest whole buffer; 0: none */
    _Atomic uint64_t reserved[6];
    struct cluster_buffer buffers[CLUSTER_BUFFERS];
};

/* ---- the text and the code agree ----------------------------------------------------------- */

#define AT(type, field, offset) static_assert(offsetof(type, field) == (offset), #type "." #field)

AT(struct header, magic, 0);
AT(struct header, version, 8);
AT(struct header, header_bytes, 12);
AT(struct header, state, 16);
AT(struct header, size_bytes, 24);
AT(struct header, created_at_ns, 32);
AT(struct header, boot_id, 40);
AT(struct header, records_offset, 56);
AT(struct header, record_count, 64);
AT(struct header, record_bytes, 68);
AT(struct header, type_count, 72);
AT(struct header, max_workers, 76);
AT(struct header, metadata_bytes, 80);
AT(struct header, shard_bytes, 84);
AT(struct header, key_secret, 88);
AT(struct header, id_salt, 104);
AT(struct header, checksum, 112);
AT(struct header, generation, 120);
AT(struct header, previous, 128);
AT(struct header, page_bytes, 136);
AT(struct header, flags, 140);
AT(struct header, joins, 192);
AT(struct header, deaths, 200);
AT(struct header, successor, 208);
AT(struct header, workers_joined, 216);
AT(struct header, moves, 224);
AT(struct header, reserved, 232);
AT(struct header, folded, 240);
AT(struct header, types, 256);
static_assert(sizeof(struct type_layout) == 48, "struct type_layout");
AT(struct type_layout, kind, 32);
AT(struct type_layout, capacity, 36);
AT(struct type_layout, maximum, 40);
static_assert(sizeof(struct header) == 4096, "struct header");

AT(struct record, word, 0);
AT(struct record, pidfd_inode, 8);
AT(struct record, start_time, 16);
AT(struct record, pid_namespace, 24);
AT(struct record, joined_at_ns, 32);
AT(struct record, died_at_ns, 40);
AT(struct record, thread, 48);
AT(struct record, program, 56);
AT(struct record, flags, 64);
AT(struct record, extra, 72);
AT(struct record, exit_status, 80);
AT(struct record, label, 88);
AT(struct record, execution, 120);
static_assert(sizeof(struct record) == 128, "struct record");

AT(struct payload, stamp, 0);
AT(struct payload, active, 8);
AT(struct payload, room, 16);
AT(struct spare, holder, 0);
AT(struct spare, sequence, 8);
AT(struct spare, head, 16);
AT(struct spare, moved, 24);
AT(struct spare, version, 32);
AT(struct spare, metadata, 40);

AT(struct shard_type, opened, 0);
AT(struct shard_type, closed, 8);
AT(struct shard_type, parked, 16);
static_assert(sizeof(struct shard_type) == 32, "struct shard_type");
AT(struct shard, owner, 0);
AT(struct shard, next, 8);
AT(struct shard, opened_before, 16);
static_assert(sizeof(struct shard) == 64, "struct shard");

static_assert(sizeof(struct obituary) == 8, "struct obituary");

AT(struct key_bucket, reach, 0);
AT(struct key_bucket, cells, 8);
static_assert(sizeof(struct key_bucket) == 64, "struct key_bucket");
AT(struct key_slot, key, 0);
AT(struct key_slot, cell, 16);
AT(struct key_slot, reserved, 20);
static_assert(sizeof(struct key_slot) == 24, "struct key_slot");

AT(struct cluster_buffer, sequence, 0);
AT(struct cluster_buffer, at_ns, 8);
AT(struct cluster_buffer, lease_ms, 16);
AT(struct cluster_buffer, nodes, 24);
AT(struct cluster_buffer, by_type, 32);
AT(struct cluster_buffer, total_channels, 544);
AT(struct cluster_buffer, total_connections, 552);
AT(struct cluster_buffer, node, 560);
AT(struct cluster_buffer, cluster, 624);
AT(struct cluster_buffer, missing, 688);
static_assert(sizeof(struct cluster_buffer) == 1712, "struct cluster_buffer");
AT(struct cluster, agent, 0);
AT(struct cluster, current, 8);
AT(struct cluster, buffers, 64);
static_assert(sizeof(struct cluster) == 6912, "struct cluster");

static_assert(sizeof(_Atomic uint64_t) == 8 && sizeof(_Atomic uint32_t) == 4, "plain atomics");
static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2, "lock-free atomics");
static_assert(MAX_WORKERS + REAPER_RECORDS <= 1u << SLOT_OWNER_BITS, "an owner fits a slot's word");
static_assert(SLOT_GENERATION_SHIFT + SLOT_GENERATION_BITS == 64, "slot word");
static_assert(RECORD_STATE_BITS + RECORD_PID_BITS + RECORD_TAG_BITS + RECORD_INCARNATION_BITS == 64,
              "record word");

#undef AT

#endif
