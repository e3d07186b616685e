/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat_check and connstat_repair.
 */
#include "check/check.h"

#include "metadata/metadata.h"
#include "os/identity.h"
#include "os/procfs.h"
#include "reaping/reap.h"
#include "records/record.h"
#include "worker/handle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOKS    4 /* at counters that do not fit: a worker in the middle of a call has that long */
#define PAUSE_NS 20000000

/* A stopped worker may be in the middle of a call for as long as it likes; and of one in another pid
 * namespace nobody here can tell whether it is stopped. */
static bool may_be_stopped(const struct segment *s, uint32_t record, uint64_t word)
{
    struct identity identity;
    struct proc_stat stat;

    return !record_identity(s, record, word, &identity) || !identity_is_near(&identity) ||
           procfs_stat(identity.pid, 0, &stat) < 0 || stat.state == 'T' || stat.state == 't';
}

static bool any(const uint8_t *suspects, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (suspects[i] > 0)
            return true;
    return false;
}

static int check_counts(struct attachment *a, struct check *check)
{
    const struct segment *s = a->segment;
    uint32_t workers = s->geometry.shape.max_workers;
    uint8_t *suspects = calloc(workers, 1);
    int error = 0;

    if (suspects == NULL)
        return -ENOMEM;
    for (int look = 0; error == 0 && look < LOOKS && (look == 0 || any(suspects, workers));
         look++) {
        if (look > 0)
            nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
        /* Entries in slots that came since the last look are counted, too. What cannot be followed has
         * been told of by now. */
        (void)mapping_keep_up(&a->mapping);
        error = check_counters(s, suspects);
    }
    for (uint32_t i = 0; error == 0 && i < workers; i++) {
        uint64_t word = atomic_load_explicit(&segment_record(s, i)->word, memory_order_acquire);

        if (suspects[i] == LOOKS && !may_be_stopped(s, i, word))
            check_report(check, "the counters of worker %u do not agree with its entries",
                         record_pid(word));
    }
    free(suspects);
    return error;
}

/* What the checksum is of; the rest moves. */
static void copy_constants(struct header *copy, const struct header *header)
{
    memset(copy, 0, sizeof(*copy));
    memcpy(copy, header, offsetof(struct header, state));
    memcpy(&copy->size_bytes, &header->size_bytes,
           offsetof(struct header, joins) - offsetof(struct header, size_bytes));
    memcpy(copy->types, header->types, sizeof(copy->types));
}

static int check_header(const struct segment *s, struct check *check)
{
    /* 12 KB: no stack's */
    struct {
        struct header header;
        struct geometry geometry;
    } *copy = malloc(sizeof(*copy));

    if (copy == NULL)
        return -ENOMEM;
    copy_constants(&copy->header, segment_header(s));
    if (geometry_from_header(&copy->geometry, &copy->header) < 0)
        check_report(check, "the header is damaged");
    free(copy);
    return 0;
}

int connstat_check(connstat_t *cs, connstat_report_fn report, void *arg)
{
    struct check check = {.report = report, .arg = arg, .validate = metadata_validate};
    CALL(call, cs);
    struct attachment *a = call.attachment;
    int error;

    if (a == NULL)
        return -ENOTCONN;
    error = mapping_follow(&a->mapping); /* from the beginning */
    if (error < 0 && error != -EBADMSG)
        return error;
    if (error < 0)
        check_report(&check, "the growth log is damaged, or the file was cut");
    error = check_header(a->segment, &check);
    if (error < 0)
        return error;
    check_growth_log(a->segment, &check);
    check_records(a->segment, &check);
    check_index(a->segment, &check);
    error = check_slots(a->segment, &check);
    if (error == 0)
        error = check_counts(a, &check);
    return error < 0 ? error : check.violations;
}

int connstat_repair(connstat_t *cs)
{
    CALL(call, cs);
    struct attachment *a = call.attachment;
    uint32_t record;
    uint64_t word;
    int mended;

    if (a == NULL)
        return -ENOTCONN;
    mended = a->read_only ? -EROFS : reap_pass(a, true);
    if (mended >= 0 && mapping_keep_up(&a->mapping) < 0)
        mended = -EBADMSG;
    if (mended >= 0 && reap_record(a, &record, &word))
        mended += check_mend(a->segment, record);
    return mended;
}
