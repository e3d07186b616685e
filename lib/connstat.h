/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat: a live table of connections, shared by the processes of a server.
 *
 * The calling sequence of a prefork server:
 *
 *   master   connstat_create(&cs, "game", NULL);
 *            connstat_reaper_start(cs);              a thread: entries of dead workers vanish at once
 *            fork() the workers
 *   worker   connstat_register(cs, CONNSTAT_WS_SOCKET, fields, 2, &id);      a client came
 *            connstat_unregister(cs, id);                                    it went
 *   anyone   connstat_open(&cs, "game", CONNSTAT_READ_ONLY);
 *            connstat_counts(cs, &counts);
 *
 * Conventions, valid for every function unless its own text says otherwise:
 *
 *   Returns  0 or a count, or a negative errno. Outputs are untouched on failure, except an id,
 *            which becomes 0. NULL for an output or a visit is -EINVAL. Nothing is printed, no
 *            signal handler is set, nothing exits.
 *   Threads  Any thread may call it at any time on any handle, also while another closes it.
 *   Fork     The child of a fork (or of a raw clone) may use its parent's handles. It is a new
 *            process: it owns none of its parent's entries, and joins by itself at its first
 *            registration. fork itself waits for threads that are joining, closing or looking for
 *            the dead, as it waits for those in malloc: the child inherits whole lists.
 *   Signals  Not async-signal-safe. No call is interrupted by signals; no call blocks on another
 *            process.
 *   Cancel   No call is a cancellation point, and none is cancelled in the middle: a
 *            pthread_cancel takes effect after it. Inside a visit cancellation is off. A thread of
 *            the type PTHREAD_CANCEL_ASYNCHRONOUS must not call (POSIX allows it three functions).
 *   Stack    At most 16 KB a call; what every connection needs (register, register_key, unregister,
 *            update, touch, move) 6 KB, but where it is the first of a process, or the table is full.
 *            connstat(3) has the numbers. A visit's own use comes on top.
 *   Cost     Given for a warm cache on a current server core.
 *
 * What a host must not do:
 *
 *   - Leave a visit by longjmp: cancellation stays off, the mapping stays, and connstat_close waits for
 *     ever. A C++ exception or pthread_exit ends the call.
 *   - Call from a signal handler, or from a thread of the type PTHREAD_CANCEL_ASYNCHRONOUS.
 *   - Call in a child of clone with CLONE_VM and without CLONE_THREAD (vfork, too): it shares its
 *     parent's memory, and acts as its parent. A clone without CLONE_VM is a child like any other.
 *   - dlclose a plugin with the archive inside once it had a handle: threads end in its code. The
 *     shared library stays by itself.
 *   - Let a thread make its first call with no address space left: liburcu needs a page to know the
 *     thread, and aborts without.
 *   - Forbid membarrier(2) once it was allowed: liburcu relies on it. Then nothing is unmapped any more,
 *     and connstat_leave answers -EPERM.
 */
#ifndef CONNSTAT_H
#define CONNSTAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sockaddr;

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

#define CONNSTAT_VERSION_MAJOR 0
#define CONNSTAT_VERSION_MINOR 2
#define CONNSTAT_VERSION_PATCH 0
#define CONNSTAT_VERSION       "0.2.0"

/* ---- Types -------------------------------------------------------------------------------- */

typedef struct connstat connstat_t; /* one attached segment */
typedef uint64_t connstat_id;       /* one registration; 0 is never one */

#define CONNSTAT_MAX_TYPES   64
#define CONNSTAT_ANY_TYPE    (-1)
#define CONNSTAT_READ_ONLY   1u /* flag of connstat_open */
#define CONNSTAT_LABEL_BYTES 32 /* a worker's label with its NUL */

enum connstat_kind { CONNSTAT_CHANNEL, CONNSTAT_CONNECTION };

/* The nine default types, in this order; their names are the same words in lower case. */
enum {
    CONNSTAT_WS_SOCKET,       /* connection: raw WebSocket, one per client      */
    CONNSTAT_USER_CHANNEL,    /* channel: authenticated user                    */
    CONNSTAT_LOBBY_CHANNEL,   /* channel: one lobby, members and spectators     */
    CONNSTAT_LOBBIES_CHANNEL, /* channel: the global lobby list                 */
    CONNSTAT_GROUP_CHANNEL,   /* channel: one group                             */
    CONNSTAT_GROUPS_CHANNEL,  /* channel: the global group list                 */
    CONNSTAT_PARTY_CHANNEL,   /* channel: one party                             */
    CONNSTAT_LIVE_VIEW,       /* connection: a browser tab                      */
    CONNSTAT_WEBRTC_PEER      /* connection: a WebRTC DataChannel peer          */
};

struct connstat_type {       /* how a type is declared at creation */
    const char *name;        /* [a-z0-9_]{1,31}, each once */
    enum connstat_kind kind; /* which of the two totals it counts in */
    uint32_t capacity;       /* slots at first, at most 2^24; 0: config.capacity */
};

#define CONNSTAT_GROW_BY_HAND 1u /* config.flags: tables grow by connstat_resize alone */

/* A type has `capacity` slots at first, and grows to its maximum while everybody works: by itself
 * when it is full, or ahead of that where somebody reaps. One that states no capacity, here or in
 * config, gets 16384 growing to 1048576; one that states a capacity and no maximum gets exactly
 * that. The maximum costs address space in each process (it counts in RLIMIT_AS), and memory of 1/8
 * byte a slot; what a table grows by is charged to the memory cgroup of the process that made it
 * grow. */
struct connstat_config {
    size_t size;                       /* sizeof(struct connstat_config) */
    const struct connstat_type *types; /* NULL: the nine above */
    size_t type_count;
    uint32_t capacity;              /* slots of a type that states none; 0: 16384, growing */
    uint32_t max_workers;           /* at most 8192; 0: 1024 */
    uint32_t metadata_bytes;        /* encoded metadata per slot, at most 4096; 0: 96 */
    mode_t mode;                    /* of the segment file; 0: 0640 */
    const char *directory;          /* NULL: as the environment says ($CONNSTAT_DIR ...) */
    gid_t gid;                      /* group of the segment file; 0: the creator's */
    uint32_t max_capacity;          /* slots that a type may grow to, at most 2^24; 0: see above */
    const uint32_t *max_capacities; /* one for each type, or NULL: max_capacity for all */
    unsigned flags;                 /* CONNSTAT_GROW_BY_HAND */
};
#ifdef __cplusplus
/* clang-format off */
#define CONNSTAT_CONFIG_INIT { sizeof(struct connstat_config), NULL, 0, 0, 0, 0, 0, NULL, 0, 0, NULL, 0 }
#else
#define CONNSTAT_CONFIG_INIT { .size = sizeof(struct connstat_config) }
#endif
/* clang-format on */

enum connstat_field_type {
    CONNSTAT_TEXT,
    CONNSTAT_INT,
    CONNSTAT_BOOL,
    CONNSTAT_FLOAT,
    CONNSTAT_SLICE /* given to the library only: what is read back is CONNSTAT_TEXT */
};

struct connstat_slice { /* text that no NUL ends, and that holds none */
    const char *data;   /* UTF-8; may be NULL where size is 0 */
    size_t size;
};

struct connstat_field { /* one pair of the metadata map */
    const char *name;
    enum connstat_field_type type;
    union {
        const char *text; /* UTF-8 */
        int64_t integer;
        bool boolean;
        double real;
        const struct connstat_slice *slice;
    } value;
};

static inline struct connstat_field connstat_text(const char *name, const char *text)
{
    struct connstat_field field;
    field.name = name;
    field.type = CONNSTAT_TEXT;
    field.value.text = text;
    return field;
}

static inline struct connstat_field connstat_int(const char *name, int64_t integer)
{
    struct connstat_field field;
    field.name = name;
    field.type = CONNSTAT_INT;
    field.value.integer = integer;
    return field;
}

static inline struct connstat_field connstat_bool(const char *name, bool boolean)
{
    struct connstat_field field;
    field.name = name;
    field.type = CONNSTAT_BOOL;
    field.value.boolean = boolean;
    return field;
}

static inline struct connstat_field connstat_float(const char *name, double real)
{
    struct connstat_field field;
    field.name = name;
    field.type = CONNSTAT_FLOAT;
    field.value.real = real;
    return field;
}

static inline struct connstat_field connstat_slice(const char *name,
                                                   const struct connstat_slice *text)
{
    struct connstat_field field;
    field.name = name;
    field.type = CONNSTAT_SLICE;
    field.value.slice = text;
    return field;
}

struct connstat_key { /* a user, a lobby: a 64-bit number, a UUID, or up to 16 bytes of text */
    uint8_t bytes[16];
};

struct connstat_counts {
    size_t type_count;
    uint64_t by_type[CONNSTAT_MAX_TYPES];
    uint64_t total_channels;    /* sum over kind CONNSTAT_CHANNEL    */
    uint64_t total_connections; /* sum over kind CONNSTAT_CONNECTION */
};

struct connstat_entry { /* valid during the visit only */
    connstat_id id;
    int type;
    pid_t pid;             /* the worker that owns it */
    int64_t started_at_ns; /* CLOCK_REALTIME, ns since the epoch, in steps of about 4 ms */
    const struct connstat_field *metadata;
    size_t metadata_count;
    const void *encoded; /* the same metadata as a CBOR map (RFC 8949) */
    size_t encoded_size;
    const struct connstat_key *key; /* NULL: registered without one */
    int64_t active_at_ns; /* CLOCK_REALTIME: its registration, last update, move or touch */
};

/* Called for one entry. Non-zero stops. May read, register and unregister; must not close, leave,
 * destroy or fork. It may be left by a C++ exception or by pthread_exit, which end the call; not by
 * longjmp: cancellation would stay off, the mapping would stay, and connstat_close would wait. */
typedef int (*connstat_visit_fn)(const struct connstat_entry *entry, void *arg);

/* ---- Life cycle --------------------------------------------------------------------------- */

/* Segments are files NAME.connstat in $CONNSTAT_DIR (not in a set-uid program; a relative one is
 * resolved when a handle is made), else /run/connstat where it exists and can
 * be used, else /dev/shm. A NULL name means $CONNSTAT_NAME, else "default". Names are
 * [A-Za-z0-9._-]{1,63}, not starting with a dot. */

/* Make the segment, or attach to the living one of the same name and layout, entries included, so
 * that a restarted master adopts its workers' connections. Where the layout differs only in
 * capacities, and the maxima are the same, it attaches, and types that have fewer slots than config
 * says grow. config.mode, gid and flags count where the segment is made.
 *
 * Requires  config NULL (all defaults) or with .size set (CONNSTAT_CONFIG_INIT).
 * Returns   0; -EINVAL cs, name or config; -EEXIST another layout while a live worker is in it (with
 *           no live worker it is replaced); -ENOSPC no memory for it, now, instead of a SIGBUS
 *           later; -EACCES no permission (also to give the file to config.gid), a symlink, or a
 *           segment owned by a stranger; -EBUSY another process is replacing it at this moment;
 *           -ENOENT no such directory; -EOPNOTSUPP the directory's file system makes no nameless
 *           files (O_TMPFILE), or neither /proc nor the kernel lets one have a name; -EFBIG
 *           RLIMIT_FSIZE is below its size (no SIGXFSZ is seen by the host); -EMFILE, -ENFILE,
 *           -ENOMEM no memory, or no address space for the maxima (RLIMIT_AS). On failure a living
 *           segment is as it was.
 * Cost      Milliseconds; reserves all memory of the segment. */
int connstat_create(connstat_t **cs, const char *name, const struct connstat_config *config);

/* Attach to a living segment.
 *
 * Requires  flags 0 or CONNSTAT_READ_ONLY, which maps read-only and can do all that reads.
 * Returns   0; -EINVAL name or flags; -ENOENT no such segment; -EBADMSG not a segment, or
 *           damaged; -EPROTO another layout version; -EACCES no permission, a symlink, or
 *           (read-write) owned by anybody but root or oneself; -EMFILE, -ENFILE; -ENOMEM no
 *           memory, or no address space for the maxima (RLIMIT_AS).
 * A read-only handle follows its name: when the segment is replaced, the next read sees the new
 * one, with the numbers that its types have there: ask connstat_type_find again when
 * connstat_info's created_at_ns is another. A read-write handle that has not joined follows only
 * where every type's name keeps its number; else registering and joining answer -ENOTCONN.
 * Caution   The file is mapped. Its owner can cut it at any time, and a process that then looks gets
 *           SIGBUS. The library sets no handler; the command connstat does, and survives. In a host,
 *           open what root, yourself or somebody whom you trust owns. connstat_for_each_segment reads
 *           copies, and is safe with files of anybody. */
int connstat_open(connstat_t **cs, const char *name, unsigned flags);

/* As connstat_open, in a directory of one's own choice. NULL: as connstat_open. */
int connstat_open_at(connstat_t **cs, const char *directory, const char *name, unsigned flags);

/* What would connstat_create do? Touches nothing: for the test of a server's configuration. Another
 * process may change the answer at once.
 *
 * Returns   0 make it; 1 attach to the living one; 2 attach and grow it; 3 replace it, since nobody
 *           lives in it; else the error that connstat_create would return, as far as it can be
 *           told beforehand (memory by what the file system says is free).
 * Cost      Microseconds; where a worker of another pid namespace has let go of its lock, a second. */
int connstat_probe(const char *name, const struct connstat_config *config);

/* Close a handle. The last one of a process on its segment leaves it (connstat_leave).
 *
 * Threads   Calls of other threads on this handle, visits included, end first or answer -ENOTCONN;
 *           so does every later call, until a thousand handles more have been closed: then its
 *           memory may be another handle's. NULL is fine. From inside a visit of this handle it
 *           would wait for itself: nothing is closed, and errno is EDEADLK. Inside a read-side
 *           section of the host's own (urcu-bp) nobody can be waited for: the segment stays mapped,
 *           and the entries stay, until some handle is closed outside of any. */
void connstat_close(connstat_t *cs);

/* Remove a segment's name. Whoever is attached keeps what it has until it closes.
 *
 * Returns   0; -EINVAL name; -ENOENT none; -EACCES, -EPERM no permission; -EBUSY another process
 *           is replacing it at this moment. */
int connstat_destroy(const char *name);
int connstat_destroy_at(const char *directory, const char *name); /* NULL: as connstat_destroy */

/* Become a worker now, with a label for people (cut at 31 bytes; NULL: none). Joining happens by
 * itself at the first registration; joining again changes the label.
 *
 * A worker that lives may be taken for dead by somebody's mistake: its host closed the descriptor of
 * its lock where nothing else tells of it, or somebody wrote into the file. Its entries are gone then,
 * and their ids answer -ENOENT. It notices when it next registers or joins, and joins anew.
 *
 * Returns   0; -ENOTCONN NULL or closed; -EROFS read-only; -EUSERS max_workers are alive;
 *           -EINVAL label is not UTF-8; -EMFILE, -ENFILE, -ENOMEM it could not be written down who
 *           this process is: it has not joined. */
int connstat_join(connstat_t *cs, const char *label);

/* Stop being a worker: the entries of this process go at once. It may join again.
 *
 * Returns   0, also when it never joined; -ENOTCONN; -EROFS; -EDEADLK inside a read-side section of
 *           the host's own urcu-bp; -EPERM a seccomp filter refuses membarrier(2), without which
 *           calls in flight cannot be waited for: its entries go with the process.
 * Threads   Waits for this process's calls in flight. Not from within a visit. */
int connstat_leave(connstat_t *cs);

/* Entries registered by this thread from now on go when the thread ends, as with one process a
 * connection. Default: the process owns. A thread that owns takes the place of one worker.
 *
 * Returns   0; -ENOTCONN; -EROFS; -EUSERS no place; -EMFILE, -ENFILE, -ENOMEM. */
int connstat_own_by_thread(connstat_t *cs, bool own);

/* Keep this worker's entries when it becomes another program by execve(2). Default: they go. Where
 * the program ends with status 0 they count as closed, and it is no death; any other status, a signal,
 * or an end of which nobody who reaps learns the status, is one. The new program goes on as the owner
 * once it joins. What a thread was in the middle of is settled then: an entry that was being updated
 * has its old metadata, one that was moving stayed or moved, one that came or went is there or not.
 *
 * The program inherits one descriptor, the lock that shows that it lives; so does every program that
 * it, or this process meanwhile, starts without fork's hooks (posix_spawn). Where a worker is judged by
 * its lock alone, it counts as alive until the last of them has closed it or ended.
 *
 * Returns   0; -ENOTCONN; -EROFS; -EUSERS; -EMFILE, -ENFILE, -ENOMEM. Joins if need be. */
int connstat_keep_on_exec(connstat_t *cs, bool keep);

/* Who runs liburcu's fork hooks. libconnstat uses the flavour urcu-bp, whose hooks must run
 * around each fork exactly once; by default libconnstat installs them (pthread_atfork) with the
 * first handle. A host that uses urcu-bp itself and runs its hooks calls this with false before
 * its first handle; both together deadlock in fork. Of several copies of libconnstat in one process
 * (a plugin with the archive inside) one installs them for all: the first with a handle.
 *
 * Returns   0; -EBUSY the hooks are installed already. */
int connstat_fork_hooks(bool install);

/* ---- Registering -------------------------------------------------------------------------- */

/* Enter a connection into the table.
 *
 * Requires  metadata: count fields with a name each, no name twice, text in UTF-8.
 * Returns   0 and its id; -ENOTCONN cs is NULL (tracking is off; nothing else happens) or closed, or
 *           its segment was replaced before this process had joined, again and again or by one
 *           whose types have other numbers (connstat_open anew);
 *           -EINVAL type or field; -EMSGSIZE metadata does not fit; -ENOSPC every slot of the type
 *           is taken, and it has its maximum, or there is no memory to grow by; -EUSERS no room for
 *           another worker; -EROFS read-only; in the first call of a process, which joins, -EMFILE,
 *           -ENFILE, -ENOMEM. A refused registration changes nothing and is counted.
 * Threads   Any. None waits for another, wherever that one may be stopped.
 * Cost      With its unregistration about 45 ns for three fields, 34 encoded beforehand (Zen 4;
 *           bench/README.md). Who finds the table full helps to clear dead workers, then makes it
 *           grow: up to 20 ms for a million slots; the others wait for nothing.
 * The same thing may be registered again: two entries. */
int connstat_register(connstat_t *cs, int type, const struct connstat_field *metadata, size_t count,
                      connstat_id *id);

/* Take it out again.
 *
 * Returns   0, also for (NULL, anything) and (cs, 0); -ENOENT id is not live (twice, stale,
 *           forged) or its owner is dead; -EPERM another living process owns it; -EROFS;
 *           -ENOTCONN closed.
 * Threads   Any thread of the owning process. */
int connstat_unregister(connstat_t *cs, connstat_id id);

/* Replace the metadata of a living entry as a whole; its id, key, start and type stay. A reader sees
 * the old map or the new one, never a mixture, never none, also while the caller is stopped or
 * after it was killed in the middle. Also counts as activity (connstat_touch).
 *
 * Returns   0, also for (NULL, anything) and (cs, 0); -ENOENT, -EPERM, -EROFS, -ENOTCONN as
 *           connstat_unregister; -EINVAL field; -EMSGSIZE the map does not fit, for which an entry
 *           that was updated has 8 bytes less than metadata_bytes rounded up to 8, and one that has
 *           moved 16 less; -EBUSY another thread updates or moves this entry at this moment. On
 *           failure the old map stands.
 * Threads   Any thread of the owning process. One that is stopped in the middle makes others get
 *           -EBUSY for this entry, and keeps its slot where another one unregisters it meanwhile.
 * Cost      About that of connstat_register alone. */
int connstat_update(connstat_t *cs, connstat_id id, const struct connstat_field *metadata,
                    size_t count);

/* The same with metadata as connstat_register_encoded takes it. */
int connstat_update_encoded(connstat_t *cs, connstat_id id, const void *encoded, size_t size);

/* An entry becomes one of another type, as an HTTP connection that turned into a WebSocket: with its
 * start, its key (a limit does not apply) and its owner, and a new id. metadata NULL and count 0: it
 * keeps its metadata. It counts as opened in the new type and closed in the old one, lost in none,
 * also where the caller is killed in the middle; wherever it is stopped, the entry is listed once.
 *
 * Returns   0 and the new id in *id; 0 for (NULL, ...) and *id 0; -ENOENT, -EPERM, -EROFS,
 *           -ENOTCONN as connstat_unregister; -EINVAL id, type or field; -EMSGSIZE the metadata does
 *           not fit (connstat_update: 16 bytes less); -ENOSPC every slot of the new type is taken, or
 *           no memory for its index of keys; -EBUSY as connstat_update. On failure nothing changes,
 *           *id included.
 * Threads   As connstat_update.
 * Cost      About that of a registration and an unregistration. Once anything has moved in a segment, a
 *           list of all types looks at each taken slot before its first visit: 2 ns each.
 * Counts and lists of two types are reads of two moments: an entry that moves meanwhile may be seen
 * in both or in none of them. A list of all types shows it once at most. */
int connstat_move(connstat_t *cs, connstat_id *id, int type, const struct connstat_field *metadata,
                  size_t count);

/* Now, this entry did something: entry.active_at_ns, in steps of about 4 ms.
 *
 * Returns   as connstat_unregister.
 * Threads   Any thread of the owning process.
 * Cost      About 10 ns: a clock is read, and one word stored. */
int connstat_touch(connstat_t *cs, connstat_id id);

/* Write the CBOR map that a slot holds, for those who register the same metadata often.
 *
 * Returns   bytes written; -EINVAL field; -EMSGSIZE buf is too small. */
int connstat_encode(const struct connstat_field *metadata, size_t count, void *buf, size_t size);

/* As connstat_register, with metadata from connstat_encode or any CBOR library: one definite map
 * of text to text, integer (of int64_t), boolean or float. size 0: no metadata.
 *
 * Returns   as connstat_register; -EINVAL also for bytes that are no such map. */
int connstat_register_encoded(connstat_t *cs, int type, const void *encoded, size_t size,
                              connstat_id *id);

/* Read such a map. Texts point into scratch, which needs size + 1 bytes.
 *
 * Returns   fields written; -EINVAL bytes are no such map; -EMSGSIZE more than max fields. */
int connstat_decode(const void *encoded, size_t size, void *scratch, struct connstat_field *fields,
                    size_t max);

/* ---- For hosts ---------------------------------------------------------------------------- *
 *
 * What a server has in its hands is not always what a map may hold: texts without a NUL
 * (connstat_slice, above), texts of strangers, and sockets. */

/* Make fields acceptable to connstat_register and connstat_update: what is not UTF-8 in a text, and
 * a NUL in a slice, becomes U+FFFD; the longest texts are cut, between characters, until the map
 * fits the segment. So a connection is counted even if its name is ugly. Texts that are right and
 * short enough stay where they are; the others become copies in scratch (CONNSTAT_TEXT), which must
 * live as long as the fields are used. As many bytes as the segment's metadata_bytes, and one a
 * field, always suffice for scratch.
 *
 * Returns   count; -EMSGSIZE it cannot be made to fit (too many names and numbers), or scratch is
 *           too small; -EINVAL fields, a text that is NULL, a name that is none, given twice, or not
 *           UTF-8; -ENOTCONN. On failure the fields are as they were.
 * Cost      A look at each byte of the texts. */
int connstat_fit(connstat_t *cs, struct connstat_field *fields, size_t count, void *scratch,
                 size_t size);

/* Fill field with {"socket", its cookie}: the kernel's own number for this socket (SO_COOKIE),
 * which sock_diag(7) and ss -e show, too.
 *
 * Returns   0; -EBADF; -ENOTSOCK; -ENOPROTOOPT the kernel has no cookies (before 4.12); -EINVAL NULL.
 * Cost      A system call. */
int connstat_socket(int fd, struct connstat_field *field);

/* ---- Reading ------------------------------------------------------------------------------ */

int connstat_type_count(connstat_t *cs);                  /* 0 for NULL; -ENOTCONN closed */
int connstat_type_find(connstat_t *cs, const char *name); /* index or -ENOENT */
/* NULL: no such type. The name lives as long as the process. */
const char *connstat_type_name(connstat_t *cs, int type);
int connstat_type_kind(connstat_t *cs, int type);         /* enum connstat_kind or -EINVAL */
int64_t connstat_type_capacity(connstat_t *cs, int type); /* slots there are now, or -EINVAL */
int64_t connstat_type_maximum(connstat_t *cs, int type);  /* slots there may be, or -EINVAL */
int64_t connstat_type_growths(connstat_t *cs, int type);  /* how often it grew, or -EINVAL */

/* Live entries of a type, or of all with CONNSTAT_ANY_TYPE. 0 for NULL or no such type.
 * Cost      The same for ten entries and a million. */
uint64_t connstat_count(connstat_t *cs, int type);

/* All counts. All zero for NULL or a closed handle.
 * Returns   0.
 * Cost      About 70 ns with four workers, the same for ten entries and a million. */
int connstat_counts(connstat_t *cs, struct connstat_counts *counts);

/* Visit the live entries of a type, or of all with CONNSTAT_ANY_TYPE. Every entry live for the
 * whole call is visited exactly once, with the metadata it was registered with.
 *
 * Returns   entries visited, one that stopped it included; 0 for NULL; -EINVAL no such type;
 *           -ENOTCONN closed; -ENOMEM, also where no room is left for mapping what has grown
 *           (vm.max_map_count); -EBADF, -EBADMSG as connstat_resize. */
int64_t connstat_for_each(connstat_t *cs, int type, connstat_visit_fn visit, void *arg);

/* The same without decoding: .metadata is NULL, .encoded holds the bytes for connstat_decode. */
int64_t connstat_for_each_encoded(connstat_t *cs, int type, connstat_visit_fn visit, void *arg);

/* Visit one entry by its id. Returns what the visit returned; -ENOENT not live; -ENOTCONN. */
int connstat_get(connstat_t *cs, connstat_id id, connstat_visit_fn visit, void *arg);

/* Uptime for people: "< 1m", "1h", "2d 3h 15m"; zero parts are left out.
 * Returns   buf, always terminated where size > 0. 32 bytes hold any. */
char *connstat_format_uptime(uint64_t seconds, char *buf, size_t size);

/* ---- Totals, workers, deaths -------------------------------------------------------------- */

enum connstat_refusal {
    CONNSTAT_REFUSED_FULL,    /* -ENOSPC   */
    CONNSTAT_REFUSED_SIZE,    /* -EMSGSIZE */
    CONNSTAT_REFUSED_INVALID, /* -EINVAL   */
    CONNSTAT_REFUSED_WORKERS, /* -EUSERS   */
    CONNSTAT_REFUSED_LIMIT,   /* -EDQUOT   */
    CONNSTAT_REFUSAL_COUNT
};

/* Since the segment was made, over any number of deaths and restarts; none ever falls.
 * opened = closed + lost + live. */
struct connstat_totals {
    size_t type_count;
    uint64_t opened[CONNSTAT_MAX_TYPES]; /* registered */
    uint64_t closed[CONNSTAT_MAX_TYPES]; /* unregistered, or left in order */
    uint64_t lost[CONNSTAT_MAX_TYPES];   /* gone with a worker that died */
    uint64_t refused[CONNSTAT_MAX_TYPES][CONNSTAT_REFUSAL_COUNT];
    uint64_t refused_no_type; /* -EINVAL: no such type */
    uint64_t deaths;          /* workers that died */
    uint64_t joins;           /* workers that joined */
};
int connstat_totals(connstat_t *cs, struct connstat_totals *totals); /* 0; all zero for NULL */

struct connstat_worker { /* valid during the visit only */
    pid_t pid;
    pid_t tid;            /* 0, or the thread of pid that owns (connstat_own_by_thread) */
    const char *label;    /* "" if none */
    int64_t joined_at_ns; /* CLOCK_REALTIME */
    bool foreign;         /* of another pid namespace, or an unknown one: pid is a number there */
    bool keeps_on_exec;
    uint64_t opened, closed; /* in this life */
    uint64_t live[CONNSTAT_MAX_TYPES];
    uint64_t live_total;
    uint64_t pid_namespace; /* inode; 0 unknown */
    bool locked;            /* shows by a lock that it lives: every observer can judge it */
};
typedef int (*connstat_worker_fn)(const struct connstat_worker *worker, void *arg);

/* Visit the living workers. Returns workers visited; 0 for NULL; -ENOTCONN closed. */
int connstat_for_each_worker(connstat_t *cs, connstat_worker_fn visit, void *arg);

enum connstat_cause {
    CONNSTAT_DIED,      /* the kernel did not tell how            */
    CONNSTAT_EXITED,    /* status: exit status                    */
    CONNSTAT_SIGNALLED, /* status: signal number                  */
    CONNSTAT_EXECED     /* became another program; process lives  */
};

struct connstat_death { /* valid during the visit only */
    uint64_t number;    /* 1, 2, 3 ... since the segment was made */
    pid_t pid;
    pid_t tid; /* as in struct connstat_worker */
    const char *label;
    enum connstat_cause cause;
    int status;
    int64_t joined_at_ns, died_at_ns; /* CLOCK_REALTIME; when it was noticed */
    uint64_t lost[CONNSTAT_MAX_TYPES];
    uint64_t lost_total;
};
typedef int (*connstat_death_fn)(const struct connstat_death *death, void *arg);

/* Visit the last deaths (256 are kept), the oldest first.
 * Returns deaths visited; 0 for NULL; -ENOTCONN closed. */
int connstat_for_each_death(connstat_t *cs, connstat_death_fn visit, void *arg);

/* ---- Growth ------------------------------------------------------------------------------- */

/* See to it that a type has at least so many slots from now on, in all processes: what is asked for,
 * or half as many again as there are if that is more, never above its maximum. Tables never shrink.
 * Workers go on meanwhile; nothing moves, and nobody waits.
 *
 * Returns   0, also where it has that many; -EINVAL no such type, or above its maximum; -ENOSPC no
 *           memory, or RLIMIT_FSIZE is in the way (no SIGXFSZ is seen by the host): nothing has
 *           changed; -ENOMEM no room for another mapping (vm.max_map_count); -EBADF the host has
 *           closed the segment's descriptor, and its name leads elsewhere by now; -EBADMSG the
 *           segment is damaged; -EROFS read-only; -ENOTCONN cs is NULL or closed.
 * Threads   Any; need not have joined.
 * Cost      16 ms for a million slots. The memory is charged to the caller's memory cgroup: in a
 *           container, one of its own processes should do it. What is more than the cgroup's limit
 *           leaves is -ENOSPC, as far as a look beforehand can tell; where others take the memory at
 *           the same moment, the kernel kills, as for any memory, and the segment stays whole. */
int connstat_resize(connstat_t *cs, int type, uint32_t capacity);

/* ---- Death -------------------------------------------------------------------------------- */

/* One pass: judge every worker, hide the entries of the dead, sweep what they left.
 * On a read-only handle: judge, and hide the dead ones' entries for this handle alone. Otherwise
 * tables that are 7/8 full grow, unless they do by hand alone, so that nobody who registers waits
 * for it where somebody reaps.
 *
 * Returns   how many dead workers it cleared (read-only: hid); -ENOTCONN.
 * Cost      A few microseconds a worker; sweeping in proportion to what the dead one used. */
int connstat_reap(connstat_t *cs);

/* A thread that reaps as deaths happen. The kernel wakes it when a worker dies, joins or becomes
 * another program (pidfds, and inotify on the segment's file); it does not wake up by the clock,
 * except where this user has no inotify left (ten times a second), a worker could take no lock (once
 * a second, for execve), or the kernel has no asynchronous I/O for us (every 20 seconds). A worker of
 * which nothing but its lock can tell, as one in another pid namespace, is called dead a second after
 * the lock was found let go. The thread blocks all signals but those that a thread's own instructions
 * raise, as SIGSEGV.
 *
 * Returns   0, also when it runs already; -ENOTCONN; -EAGAIN no thread, -EMFILE, -ENOMEM.
 * Fork      The child has none until it starts its own. */
int connstat_reaper_start(connstat_t *cs);
int connstat_reaper_stop(connstat_t *cs); /* 0, also when none runs; -ENOTCONN */

/* A descriptor for your own poll loop; readable: call connstat_reap. It belongs to the handle;
 * do not close it.
 *
 * Returns   the descriptor; -ENOTCONN; -EMFILE, -ENFILE, -ENOMEM. */
int connstat_reaper_fd(connstat_t *cs);

/* ---- Keys --------------------------------------------------------------------------------- */

struct connstat_key connstat_key_u64(uint64_t n);

/* Returns 0; -EMSGSIZE neither a UUID in text form nor at most 16 bytes; -EINVAL NULL. */
int connstat_key_text(const char *text, struct connstat_key *key);

/* The key of a socket address, without its port: IPv6 as it is, IPv4 as ::ffff:a.b.c.d, so that one
 * client has one key, whichever socket it came by.
 * Returns 0; -EAFNOSUPPORT neither AF_INET nor AF_INET6; -EINVAL NULL. */
int connstat_key_addr(const struct sockaddr *addr, struct connstat_key *key);

/* As connstat_register, findable by key, and never letting more than limit live entries of this
 * type and key exist (0: no limit), whichever threads and processes race, sleep or die.
 *
 * Returns   as connstat_register; -EDQUOT limit entries of that type and key live already.
 * Cost      With its connstat_unregister about twice a pair without a key at most, and a wait for
 *           the key's line of the index where it is in no cache (bench/README.md); under a limit a
 *           fence and an exchange more, and where it is reached a look at each entry of the key.
 *           The first key of a type reserves the memory of its index, 16 bytes for each slot that
 *           there may ever be and 24 for each that there is: -ENOSPC where there is none; -EBADF
 *           where this process has closed the segment's descriptor (closefrom) and its name leads
 *           elsewhere by now. */
int connstat_register_key(connstat_t *cs, int type, struct connstat_key key, uint32_t limit,
                          const struct connstat_field *metadata, size_t count, connstat_id *id);

/* Live entries of a type (or CONNSTAT_ANY_TYPE) with this key. 0 for NULL. What lives all the while
 * is counted, and once; the cost is that of the entries of the key, not of the table. What has grown
 * and cannot be mapped (connstat_for_each says so) is not counted. */
uint64_t connstat_count_key(connstat_t *cs, int type, struct connstat_key key);

/* As connstat_for_each, for the entries with this key. */
int64_t connstat_for_each_key(connstat_t *cs, int type, struct connstat_key key,
                              connstat_visit_fn visit, void *arg);

/* ---- Cluster and system ------------------------------------------------------------------- */

struct connstat_cluster_counts {
    struct connstat_counts counts;
    uint32_t nodes;  /* live nodes, this one included */
    bool clustered;  /* false: counts are this node's alone */
    uint32_t age_ms; /* of the last aggregate, also past its lease; 0: none */
};

/* The counts over all nodes. A read of shared memory, never a network call. This node's counts
 * alone where no agent runs, it is the only node, or the aggregate is older than its lease.
 * Returns   0; all zero for NULL. */
int connstat_cluster_counts(connstat_t *cs, struct connstat_cluster_counts *out);

/* What an agent writes (connstat agent does; a fleet on another engine may write its own). */
struct connstat_cluster_update {
    size_t size;                   /* sizeof(struct connstat_cluster_update) */
    struct connstat_counts counts; /* the sum over all live nodes, this one included */
    uint32_t nodes;
    uint32_t lease_ms; /* valid for so long after the call */
    const char
        *missing; /* names of nodes whose lease ran out, one a line; cut at 1 KiB; NULL: none */
    const char *node, *cluster; /* this node's id and the cluster's name; at most 63 bytes */
};
/* Returns 0; -EBUSY another living process is the agent of this segment; -EINVAL; -EROFS; -ENOTCONN. */
int connstat_cluster_publish(connstat_t *cs, const struct connstat_cluster_update *update);
int connstat_cluster_withdraw(connstat_t *cs); /* 0: the aggregate is gone; -EROFS, -ENOTCONN */

struct connstat_cluster_info {
    char node[64], cluster[64]; /* "" where no agent ever ran */
    pid_t agent;                /* 0: none lives */
    uint32_t lease_ms;
    char missing[1024]; /* one a line */
};
int connstat_cluster_info(connstat_t *cs, struct connstat_cluster_info *out); /* 0; -ENOTCONN */

struct connstat_system {
    char node[65];           /* host name                             */
    char version[32];        /* of this library                       */
    uint64_t uptime_seconds; /* of the segment                        */
    uint32_t cpus;           /* online                                */
    uint32_t workers, max_workers;
    uint64_t open_fds, max_fds;    /* summed over live workers              */
    uint64_t memory_total_bytes;   /* workers' PSS plus the segment         */
    uint64_t memory_workers_bytes; /* workers' private memory               */
    uint64_t memory_segment_bytes;
    uint32_t cluster_size;
};
/* Returns 0; all zero but node, version and cpus for NULL; -ENOTCONN closed.
 * What /proc refuses to tell of a worker counts as 0: connstat_system_untold says of how many.
 * Cost    Milliseconds: reads /proc of every worker. */
int connstat_system_stats(connstat_t *cs, struct connstat_system *out);

/* How many of the living workers' processes connstat_system_stats cannot ask about: of another user,
 * or of another pid namespace. Where there are any, open_fds, max_fds, memory_total_bytes and
 * memory_workers_bytes are sums over the others.
 * Returns a number; 0 for NULL; -ENOMEM; -ENOTCONN closed.
 * Cost    Opens a file of /proc for every worker. */
int connstat_system_untold(connstat_t *cs);

/* ---- Segments ----------------------------------------------------------------------------- */

struct connstat_info {
    char name[64];
    char path[256];
    uint64_t size_bytes;   /* memory it takes, everything included */
    int64_t created_at_ns; /* CLOCK_REALTIME */
    uint32_t layout_version;
    uint32_t max_workers;
    uint32_t metadata_bytes;
    uint32_t reapers;           /* living processes that watch for deaths */
    uint64_t slots, slots_used; /* over all types; dead workers' that no sweep came to are used */
    bool retired;               /* destroyed or replaced: the name no longer leads here */
};
int connstat_info(connstat_t *cs, struct connstat_info *out); /* 0; -ENOTCONN */

struct connstat_segment { /* valid during the visit only */
    const char *name, *path;
    int status; /* 0, or what connstat_open(read-only) says */
    uid_t uid;
    gid_t gid;
    mode_t mode;
    uint64_t size_bytes;
    int64_t created_at_ns;
    uint32_t workers; /* these where status is 0 */
    uint64_t entries;
    uint64_t slots, slots_max; /* of all types together: there are now, there may be */
};
typedef int (*connstat_segment_fn)(const struct connstat_segment *segment, void *arg);

/* Visit the segments of this machine. Returns how many; a negative errno of the directory. */
int connstat_for_each_segment(connstat_segment_fn visit, void *arg);

/* The directory of segments. Returns buf, or NULL where size is too small. */
char *connstat_directory(char *buf, size_t size);

/* The file of a segment, or where it would be; a NULL name as in connstat_open.
 * Returns buf, or NULL: no name for a segment, or size is too small. */
char *connstat_path(const char *name, char *buf, size_t size);

/* Verify every invariant of shm/FORMAT.md, live and read-only; report (may be NULL) hears each
 * violation in words.
 * Returns   violations found; -ENOTCONN; -ENOMEM. */
typedef void (*connstat_report_fn)(const char *message, void *arg);
int connstat_check(connstat_t *cs, connstat_report_fn report, void *arg);

/* Mend what a sweep can mend. Returns how many things were mended; -EROFS, -ENOTCONN. */
int connstat_repair(connstat_t *cs);

/* What an error of this library means, in a sentence that says what to do: "another layout, and
 * workers live in it: ...". Not thread-bound, never NULL; error: 0 or a negative errno. */
const char *connstat_strerror(int error);

const char *connstat_version(void);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
