/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "process/attachment.h"

#include "file/mapping.h"
#include "process/lane.h"
#include "records/sweep.h"
#include "watch/watch.h"

#include <errno.h>
#include <stdlib.h>

static struct attachment *attachments; /* under the process lock */

struct attachment *attachments_first(void)
{
    return attachments;
}

/* ---- the first reference -------------------------------------------------------------------- */

static void attachment_free(struct attachment *a)
{
    free((void *)a->hidden.words);
    free(a->life.path);
    free(a);
}

static int attachment_new(struct attachment **made, struct mapping *mapping, const char *path)
{
    struct attachment *a = calloc(1, sizeof(*a));

    if (a == NULL)
        return -ENOMEM;
    a->mapping = *mapping;
    a->segment = &a->mapping.segment;
    a->read_only = mapping->read_only;
    a->id_salt = segment_header(a->segment)->id_salt;
    a->handles = 1;
    atomic_store_explicit(&a->references, 1, memory_order_relaxed);
    if (a->read_only)
        a->hidden.words = calloc(a->segment->geometry.record_count, sizeof(a->hidden.words[0]));
    if (life_init(&a->life, &a->mapping, path) < 0 || (a->read_only && a->hidden.words == NULL)) {
        attachment_free(a);
        return -ENOMEM;
    }
    *made = a;
    return 0;
}

int attachment_get(struct attachment **got, struct mapping *mapping, const char *path)
{
    struct attachment *a = NULL;
    int error;

    process_lock();
    if (!mapping->read_only)
        for (a = attachments; a != NULL; a = a->next)
            if (!a->read_only && a->mapping.segment.inode == mapping->segment.inode &&
                a->mapping.segment.device == mapping->segment.device)
                break;
    if (a != NULL) {
        a->handles++;
        process_unlock();
        mapping_close(mapping);
        *got = a;
        return 0;
    }
    error = attachment_new(&a, mapping, path);
    if (error == 0) {
        a->membership = process_membership_take();
        if (a->membership == NULL) {
            attachment_free(a);
            error = -EMFILE;
        }
    }
    if (error == 0) {
        a->next = attachments;
        attachments = a;
        *got = a;
    }
    process_unlock();
    if (error < 0)
        mapping_close(mapping);
    return error;
}

/* ---- the end -------------------------------------------------------------------------------- */

bool attachment_put(struct attachment *a)
{
    struct attachment **link = &attachments;
    bool last;

    process_lock();
    last = --a->handles == 0;
    if (last) {
        while (*link != a)
            link = &(*link)->next;
        *link = a->next;
    }
    process_unlock();
    return last;
}

void attachment_leave_record(struct attachment *a, uint32_t record, uint64_t word)
{
    uint64_t leaving = record_mark_leaving(a->segment, record, word);

    if (leaving == 0)
        return;
    attachment_sweep_own(a, record, leaving);
}

void attachment_sweep_own(struct attachment *a, uint32_t record, uint64_t leaving)
{
    sweep_holdings(a->segment, record, leaving, record, leaving);
    life_give(&a->life, record);
    record_release(a->segment, record, leaving);
}

void seats_free(struct seat *list)
{
    while (list != NULL) {
        struct seat *next = list->next;

        free(list);
        list = next;
    }
}

void attachment_forget_seats(struct attachment *a)
{
    a->own_shard_given = false;
    a->idle_seats = NULL;
}

/* With the process lock held: give back what the attachment still has in the segment. */
static void give_up(struct attachment *a)
{
    if (a->reaper_word != 0)
        attachment_leave_record(a, a->reaper_record, a->reaper_word);
    a->reaper_word = 0;
    seats_free(a->idle_seats);
    a->idle_seats = NULL;
}

void attachment_drop(struct attachment *a)
{
    /* acq_rel: every user's last access comes before the unmapping */
    if (atomic_fetch_sub_explicit(&a->references, 1, memory_order_acq_rel) != 1)
        return;
    /* Not before the last reference is gone: until then a call in flight may sweep under the
     * reaper's record, hold the watch's lock, or look at the membership. */
    process_lock();
    give_up(a);
    process_membership_give(a->membership);
    process_unlock();
    watch_free(a->watch);
    life_end(&a->life);
    mapping_close(&a->mapping);
    attachment_free(a);
}

bool attachment_parse_id(struct attachment *a, uint64_t id, struct id_parts *parts)
{
    return likely(id_parse(a->segment, a->id_salt, id, parts)) ||
           (segment_is_behind(a->segment) && mapping_follow(&a->mapping) == 0 &&
            id_parse(a->segment, a->id_salt, id, parts));
}
