/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "worker/worker.h"

#include "os/clock.h"
#include "os/identity.h"
#include "reaping/reap.h"
#include "records/resume.h"
#include "records/sweep.h"

#include <errno.h>
#include <stdlib.h>

static _Atomic bool exiting;

void worker_refuse_joining(void)
{
    atomic_store_explicit(&exiting, true, memory_order_relaxed);
}

/* ---- joining -------------------------------------------------------------------------------- */

/* A creator that found no living worker in the segment has retired it: its name leads to another
 * one now, or soon will. */
static bool is_retired(const struct attachment *a)
{
    return atomic_load_explicit(&segment_header(a->segment)->state, memory_order_relaxed) ==
           SEGMENT_RETIRED;
}

/* Was the record kept by another program than the one that runs now, that is, from before an execve? If not,
 * it belongs to a second copy of the library in this process, which keeps it. The number of the execve
 * decides, where both sides have one: without address randomization the fingerprints of two programs may
 * be the same. */
static bool is_of_another_execve(const struct identity *kept, const struct identity *self)
{
    if (kept->execution != 0 && self->execution != 0)
        return kept->execution != self->execution;
    return kept->program != self->program && self->program != 0;
}

/* Finds the record that this process had before an execve, and kept over it (connstat_keep_on_exec). The
 * process goes on under that record. */
static bool find_kept(const struct segment *s, const struct identity *self, uint32_t *index,
                      uint64_t *word)
{
    for (uint32_t i = 0; i < s->geometry.shape.max_workers; i++) {
        struct record *record = segment_record(s, i);
        uint64_t flags = atomic_load_explicit(&record->flags, memory_order_relaxed);
        struct identity kept;

        *word = atomic_load_explicit(&record->word, memory_order_acquire);
        if (record_state(*word) != RECORD_ALIVE || !(flags & RECORD_KEEPS_ON_EXEC) ||
            record_pid(*word) != self->pid || !record_identity(s, i, *word, &kept) ||
            kept.tid != 0 || !is_of_another_execve(&kept, self) || !identity_is_self(&kept))
            continue;
        /* relaxed: others look at these only when the record is no longer kept, and what says so releases
         * them (join.c) */
        atomic_store_explicit(&record->program, self->program, memory_order_relaxed);
        atomic_store_explicit(&record->execution, self->execution, memory_order_relaxed);
        *index = i;
        return true;
    }
    return false;
}

/* Returns the word of a record if it belongs to a thread of the worker whose record is `process` and whose
 * word there is process_word; else 0. */
static uint64_t word_of_thread(const struct segment *s, uint32_t index, uint32_t process,
                               uint64_t process_word)
{
    const struct record *record = segment_record(s, index);
    /* acquire: with the joiner's release: its thread is that of this word */
    uint64_t word = atomic_load_explicit(&record->word, memory_order_acquire);
    uint64_t thread = atomic_load_explicit(&record->thread, memory_order_relaxed);

    return record_state(word) == RECORD_ALIVE && record_pid(word) == record_pid(process_word) &&
                   thread >> 32 != 0 && (uint32_t)thread == process + 1
               ? word
               : 0;
}

/* A host may have closed a descriptor that is not its own, and with it let go of the lock that shows
 * that we live. */
static void renew_life(struct attachment *a)
{
    if (!life_was_closed(&a->life) || life_begin(&a->life) < 0)
        return;
    life_renew(&a->life, a->record, a->record_word);
    if (a->reaper_word != 0)
        life_renew(&a->life, a->reaper_record, a->reaper_word);
    for (uint32_t i = 0; i < a->segment->geometry.shape.max_workers; i++) {
        uint64_t word = word_of_thread(a->segment, i, a->record, a->record_word);

        if (word != 0)
            life_renew(&a->life, i, word);
    }
}

/* Has somebody taken this process for dead, and its record from it? Called with the process lock held. */
static bool was_taken(const struct attachment *a)
{
    return atomic_load_explicit(a->membership, memory_order_relaxed) != 0 &&
           !record_is(a->segment, a->record, a->record_word);
}

int worker_join(struct attachment *a, const char *label)
{
    struct identity identity;
    uint32_t record;
    uint64_t word;
    int error;

    if (a->read_only)
        return -EROFS;
    if (atomic_load_explicit(a->membership, memory_order_relaxed) != 0) {
        if (was_taken(a))
            return -ESTALE;
        renew_life(a);
        return 0;
    }
    if (a->handles == 0 || atomic_load_explicit(&exiting, memory_order_relaxed))
        return -ENOTCONN;
    if (is_retired(a))
        return -ESTALE;
    error = identity_of_self(&identity, false);
    if (error == 0)
        error = life_begin(&a->life);
    if (error < 0)
        return error;
    if (find_kept(a->segment, &identity, &record, &word))
        resume_record(a->segment, record, word);
    else
        error = record_join(a->segment, RECORD_WORKER, &identity, life_hold(&a->life), label,
                            clock_now_ns(), &record, &word);
    if (error < 0)
        return error;
    /* seq_cst: we went ALIVE, and now look whether the segment is retired. A creator that replaces
     * it does the opposite: it retires, and then looks who is ALIVE (file/replace.c). So one of the
     * two sees the other at least. Weaker, neither might, and we would live in a segment without a
     * name. */
    atomic_thread_fence(memory_order_seq_cst);
    if (is_retired(a)) {
        uint64_t leaving = record_mark_leaving(a->segment, record, word);

        attachment_sweep_own(a, record, leaving);
        return -ESTALE;
    }
    a->record = record;
    a->record_word = word;
    attachment_forget_seats(a);
    /* release: with seat_of: whoever sees the number sees the record */
    atomic_store_explicit(a->membership, process_unique(), memory_order_release);
    life_announce(&a->life);
    return 0;
}

int worker_join_helping(struct attachment *a, const char *label)
{
    int error = worker_join(a, label);
    bool helped;

    if (error != -EUSERS)
        return error;
    process_unlock();
    helped = reap_help(a, NULL);
    process_lock();
    return helped ? worker_join(a, label) : error;
}

/* ---- leaving -------------------------------------------------------------------------------- */

void worker_leave_thread(struct attachment *a, uint32_t record, uint64_t word)
{
    uint64_t leaving = record_mark_leaving(a->segment, record, word);

    if (leaving == 0)
        return;
    /* Other threads may be unregistering its entries: they count on its shard. Where they cannot be
     * waited for, it stays hidden, and whoever reaps sweeps it when the thread is gone. */
    if (!guard_wait() && guard_is_refused())
        return;
    /* These are the steps of attachment_sweep_own. Its first one may take long, so the process lock is taken
     * after that. */
    sweep_holdings(a->segment, record, leaving, record, leaving);
    process_lock();
    life_give(&a->life, record);
    process_unlock();
    record_release(a->segment, record, leaving);
}

/* Gives up the records of the process's threads. It finds them by what they say of the process's record, which
 * nobody else can have yet: it is still ours. */
static void leave_records_of_threads(struct attachment *a, uint32_t process, uint64_t process_word)
{
    for (uint32_t i = 0; i < a->segment->geometry.shape.max_workers; i++) {
        uint64_t word = word_of_thread(a->segment, i, process, process_word);

        if (word != 0)
            attachment_leave_record(a, i, word);
    }
}

/* With the lock held: from now on no call begins as this worker. Returns the seats of threads that
 * ended. */
static struct seat *end_membership(struct attachment *a)
{
    struct seat *idle = a->idle_seats;

    atomic_store_explicit(a->membership, 0, memory_order_relaxed);
    a->idle_seats = NULL;
    return idle;
}

/* Called with the process lock held, when this process's record was taken from it. Returns for each record of
 * the segment the word that it has if it belongs to one of this process's threads, else 0. NULL: there is
 * no memory. */
static uint64_t *note_records_of_threads(const struct attachment *a)
{
    uint32_t count = a->segment->geometry.shape.max_workers;
    uint64_t *words = calloc(count, sizeof(words[0]));

    for (uint32_t i = 0; words != NULL && i < count; i++)
        words[i] = word_of_thread(a->segment, i, a->record, a->record_word);
    return words;
}

/* Gives up the records that were noted, and no others: since then this process may have got the same record
 * again, and one of its threads a record that names it. If there was no memory to note them, they stay
 * until their threads end, or the process does. */
static void leave_noted_records(struct attachment *a, uint64_t *words)
{
    for (uint32_t i = 0; words != NULL && i < a->segment->geometry.shape.max_workers; i++)
        if (words[i] != 0)
            attachment_leave_record(a, i, words[i]);
    free(words);
}

void worker_resign(struct attachment *a)
{
    uint64_t *threads;
    struct seat *idle;
    uint32_t record;

    process_lock();
    if (!was_taken(a)) {
        process_unlock();
        return;
    }
    record = a->record;
    threads = note_records_of_threads(a);
    a->resigned = atomic_load_explicit(a->membership, memory_order_relaxed);
    idle = end_membership(a);
    /* Our life lock on the record goes before anybody can join, us included: the next holder of the record
     * takes it. */
    life_give(&a->life, record);
    process_unlock();
    /* A call that was in flight when the record was taken still counts on its shard. It has to end before we
     * join anew, because we may get the same record and shard again. */
    (void)guard_wait();
    /* Our threads' own records name the lost record as their process's. */
    leave_noted_records(a, threads);
    seats_free(idle);
}

int worker_leave(struct attachment *a)
{
    struct seat *idle;
    uint32_t record;
    uint64_t word;

    if (a->read_only)
        return 0;
    worker_resign(a);
    if (urcu_bp_read_ongoing())
        return -EDEADLK;
    if (guard_is_refused())
        return -EPERM;
    process_lock();
    if (atomic_load_explicit(a->membership, memory_order_relaxed) == 0) {
        process_unlock();
        return 0;
    }
    record = a->record;
    word = a->record_word;
    a->resigned = 0;
    idle = end_membership(a);
    process_unlock();
    /* Calls of other threads that are in flight end first. Otherwise one of them could publish an
     * entry in a slot that we have swept already. */
    (void)guard_wait();
    leave_records_of_threads(a, record, word);
    attachment_leave_record(a, record, word);
    seats_free(idle);
    return 0;
}
