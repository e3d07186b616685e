/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What connstat.h tells about a segment: its workers, its deaths, itself; and which segments there
 * are on this machine.
 */
#include "os/identity.h"
#include "process/names.h"
#include "process/uncancelled.h"
#include "records/obituary.h"
#include "records/record.h"
#include "records/tally.h"
#include "worker/handle.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- workers -------------------------------------------------------------------------------- */

/* Fills worker and label from a record. False: the record is not ALIVE, or this handle has found it
 * dead, or it went to another holder during the look. */
static bool read_worker(struct attachment *a, uint32_t index, uint64_t namespace,
                        struct connstat_worker *worker, char label[CONNSTAT_LABEL_BYTES])
{
    const struct segment *s = a->segment;
    struct record *record = segment_record(s, index);
    struct worker_tally tally;
    struct identity identity;
    uint64_t flags, word;

    memset(worker, 0, sizeof(*worker));
    if (!record_visible(s, attachment_hidden(a), index, &word))
        return false;
    tally_record(s, index, &tally);
    record_get_label(record, label);
    worker->joined_at_ns = atomic_load_explicit(&record->joined_at_ns, memory_order_relaxed);
    flags = atomic_load_explicit(&record->flags, memory_order_relaxed);
    worker->keeps_on_exec = flags & RECORD_KEEPS_ON_EXEC;
    worker->locked = flags & RECORD_LOCKED;
    if (!record_identity(s, index, word, &identity))
        return false;
    worker->pid = (pid_t)identity.pid;
    worker->tid = (pid_t)identity.tid;
    worker->label = label;
    worker->pid_namespace = identity.pid_namespace;
    worker->foreign = identity.pid_namespace == 0 || identity.pid_namespace != namespace;
    worker->opened = tally.opened;
    worker->closed = tally.closed;
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++) {
        worker->live[t] = tally.live[t] > 0 ? (uint64_t)tally.live[t] : 0;
        worker->live_total += worker->live[t];
    }
    return true;
}

int connstat_for_each_worker(connstat_t *cs, connstat_worker_fn visit, void *arg)
{
    char label[CONNSTAT_LABEL_BYTES];
    struct connstat_worker worker;
    CALL(call, cs);
    struct attachment *a = call.attachment;
    uint64_t namespace;
    int visited = 0;

    if (cs == NULL)
        return 0;
    if (visit == NULL)
        return -EINVAL;
    if (a == NULL)
        return -ENOTCONN;
    (void)identity_own_namespace(&namespace);
    for (uint32_t i = 0; i < a->segment->geometry.shape.max_workers; i++) {
        if (!read_worker(a, i, namespace, &worker, label))
            continue;
        visited++;
        if (visit(&worker, arg) != 0)
            break;
    }
    return visited;
}

/* ---- deaths --------------------------------------------------------------------------------- */

/* An obituary holds 48 bits of milliseconds, which in nanoseconds may be more than 63 bits. Such a
 * time is an error in a damaged segment; it becomes the latest time there is, not a negative one. */
static int64_t ns_of_ms(int64_t ms)
{
    return ms > INT64_MAX / 1000000 ? INT64_MAX : ms * 1000000;
}

static void read_death(const struct obituary_text *text, uint32_t types,
                       struct connstat_death *death)
{
    memset(death, 0, sizeof(*death));
    death->number = text->number;
    death->pid = (pid_t)text->pid;
    death->tid = (pid_t)text->tid;
    death->label = text->label;
    death->cause = (enum connstat_cause)text->cause;
    death->status = (int)text->status;
    death->joined_at_ns = ns_of_ms(text->joined_at_ms);
    death->died_at_ns = ns_of_ms(text->died_at_ms);
    for (uint32_t t = 0; t < types; t++) {
        death->lost[t] = text->lost[t];
        death->lost_total += text->lost[t];
    }
}

int connstat_for_each_death(connstat_t *cs, connstat_death_fn visit, void *arg)
{
    struct obituary_text text;
    struct connstat_death death;
    CALL(call, cs);
    struct attachment *a = call.attachment;
    uint64_t last, number;
    int visited = 0;

    if (cs == NULL)
        return 0;
    if (visit == NULL)
        return -EINVAL;
    if (a == NULL)
        return -ENOTCONN;
    last = obituary_last(a->segment);
    number = last > OBITUARY_COUNT ? last - OBITUARY_COUNT + 1 : 1;
    /* Not more rounds than the ring has places, whatever a damaged segment says of its last number. */
    for (int i = 0; i < (int)OBITUARY_COUNT && number <= last; i++, number++) {
        if (!obituary_read(a->segment, number, &text))
            continue;
        read_death(&text, a->segment->geometry.shape.type_count, &death);
        visited++;
        if (visit(&death, arg) != 0)
            break;
    }
    return visited;
}

/* ---- the segment ---------------------------------------------------------------------------- */

static uint32_t count_reapers(const struct segment *s)
{
    uint32_t count = 0;

    for (uint32_t i = s->geometry.shape.max_workers; i < s->geometry.record_count; i++) {
        uint64_t word = atomic_load_explicit(&segment_record(s, i)->word, memory_order_acquire);
        struct identity identity;

        if (record_state(word) == RECORD_ALIVE &&
            (atomic_load_explicit(&segment_record(s, i)->flags, memory_order_relaxed) &
             RECORD_WATCHES) &&
            record_identity(s, i, word, &identity) && !identity_is_dead(&identity, false))
            count++;
    }
    return count;
}

static uint64_t bytes_taken(const struct attachment *a)
{
    struct stat st;

    return segment_has_file(a->segment, &st) ? (uint64_t)st.st_size : a->segment->geometry.size;
}

int connstat_info(connstat_t *cs, struct connstat_info *out)
{
    struct path path;
    const struct segment *s;
    CALL(call, cs);
    struct attachment *a = call.attachment;

    if (out == NULL)
        return -EINVAL;
    if (a == NULL)
        return -ENOTCONN;
    s = a->segment;
    (void)mapping_keep_up(&a->mapping);
    memset(out, 0, sizeof(*out));
    path_make(&path, cs->directory, cs->name);
    memcpy(out->name, path.name, sizeof(out->name));
    snprintf(out->path, sizeof(out->path), "%.*s", (int)sizeof(out->path) - 1, path.file);
    out->size_bytes = bytes_taken(a);
    out->created_at_ns = segment_header(s)->created_at_ns;
    out->layout_version = LAYOUT_VERSION;
    out->max_workers = s->geometry.shape.max_workers;
    out->metadata_bytes = s->geometry.shape.metadata_bytes;
    out->reapers = count_reapers(s);
    out->retired = file_is_retired(&a->mapping);
    out->slots_used = tally_taken(s);
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++)
        out->slots += segment_capacity(s, t);
    return 0;
}

const char *connstat_type_name(connstat_t *cs, int type)
{
    struct attachment *a = cs == NULL ? NULL : handle_enter_reader(cs);
    const char *name = NULL;

    if (a == NULL)
        return NULL;
    if ((unsigned)type < a->segment->geometry.shape.type_count)
        name = name_keep(a->segment->geometry.shape.types[type].name);
    guard_leave();
    return name;
}

/* ---- the segments of the machine ------------------------------------------------------------ */

static int count_worker(const struct connstat_worker *worker, void *arg)
{
    *(uint32_t *)arg += worker->tid == 0;
    return 0;
}

static int open_copy(connstat_t **cs, const struct path *path)
{
    MAPPING_ROOM(mapping);
    int error = mapping == NULL ? -ENOMEM : handles_init();

    if (error == 0)
        error = file_open_copy(mapping, path);
    return error < 0 ? error : handle_new(cs, path, mapping);
}

static void look_inside(struct connstat_segment *segment, const struct path *path)
{
    struct connstat_info info;
    connstat_t *cs;

    segment->status = open_copy(&cs, path);
    if (segment->status < 0)
        return;
    (void)connstat_reap(cs);
    segment->entries = connstat_count(cs, CONNSTAT_ANY_TYPE);
    (void)connstat_for_each_worker(cs, count_worker, &segment->workers);
    if (connstat_info(cs, &info) == 0) {
        segment->created_at_ns = info.created_at_ns;
        segment->slots = info.slots;
    }
    for (int type = 0; type < connstat_type_count(cs); type++)
        segment->slots_max += (uint64_t)connstat_type_maximum(cs, type);
    connstat_close(cs);
}

/* Fills segment and path for a file in the directory of segments. False: it is no segment's file. */
static bool read_segment(const char *directory, const char *file, struct connstat_segment *segment,
                         struct path *path)
{
    size_t length = strlen(file), suffix = strlen(SEGMENT_SUFFIX);
    char name[SEGMENT_NAME_BYTES];
    struct stat st;

    if (length <= suffix || strcmp(file + length - suffix, SEGMENT_SUFFIX) != 0 ||
        !path_name_is_valid(file, length - suffix) || strlen(directory) >= DIRECTORY_BYTES)
        return false;
    memcpy(name, file, length - suffix);
    name[length - suffix] = '\0';
    path_make(path, directory, name);
    if (lstat(path->file, &st) < 0)
        return false;
    *segment = (struct connstat_segment){.name = path->name,
                                         .path = path->file,
                                         .uid = st.st_uid,
                                         .gid = st.st_gid,
                                         .mode = st.st_mode & 07777,
                                         .size_bytes = (uint64_t)st.st_size};
    return true;
}

static void close_directory(DIR **directory)
{
    if (*directory != NULL)
        closedir(*directory);
}

int connstat_for_each_segment(connstat_segment_fn visit, void *arg)
{
    UNCANCELLED;
    struct connstat_segment segment;
    struct path path;
    __attribute__((cleanup(close_directory))) DIR *directory = opendir(path_directory());
    int visited = 0;

    if (visit == NULL)
        return -EINVAL;
    if (directory == NULL)
        return -errno;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (!read_segment(path_directory(), entry->d_name, &segment, &path))
            continue;
        look_inside(&segment, &path);
        visited++;
        if (visit(&segment, arg) != 0)
            break;
    }
    return visited;
}
