/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "reaping/reap.h"

#include "os/clock.h"
#include "os/ending.h"
#include "os/identity.h"
#include "os/procfs.h"
#include "process/grow.h"
#include "process/uncancelled.h"
#include "records/fate.h"
#include "records/obituary.h"
#include "records/sweep.h"
#include "watch/watch.h"

#include <errno.h>

#define NOBODY UINT32_MAX

_Static_assert(CAUSE_EXITED == CONNSTAT_EXITED, "shm/ sees no public header");

static int watch_with_lock(struct attachment *a, struct watch **watch)
{
    int error = a->watch == NULL ? watch_new(&a->watch, a->segment) : 0;

    *watch = a->watch;
    return error;
}

int reap_watch(struct attachment *a, struct watch **watch)
{
    int error;

    process_lock();
    error = watch_with_lock(a, watch);
    process_unlock();
    return error;
}

/* Gives the attachment's watch, locked. -EAGAIN: another thread holds one of the two locks for so long
 * that it may be stopped; then the caller goes on without the watch. */
static int watch_briefly(struct attachment *a, struct watch **watch)
{
    int error;

    if (!process_lock_briefly())
        return -EAGAIN;
    error = watch_with_lock(a, watch);
    process_unlock();
    return error < 0 || watch_lock_briefly(*watch) ? error : -EAGAIN;
}

/* ---- who sweeps ----------------------------------------------------------------------------- */

struct sweeper {
    uint32_t record;
    uint64_t word; /* 0: it has no record; then it notices deaths, and leaves sweeping to others */
};

bool reap_record(struct attachment *a, uint32_t *record, uint64_t *word)
{
    struct identity identity;

    process_lock();
    if (a->reaper_word != 0 && !record_is(a->segment, a->reaper_record, a->reaper_word)) {
        /* Somebody has called us dead by mistake and taken the record, as may happen to a worker. */
        life_give(&a->life, a->reaper_record);
        a->reaper_word = 0;
    }
    if (a->reaper_word == 0 && a->handles > 0 && identity_of_self(&identity, false) == 0 &&
        life_begin(&a->life) == 0 &&
        record_join(a->segment, RECORD_REAPER, &identity, life_hold(&a->life), NULL, clock_now_ns(),
                    &a->reaper_record, &a->reaper_word) < 0)
        a->reaper_word = 0;
    *record = a->reaper_record;
    *word = a->reaper_word;
    process_unlock();
    return *word != 0;
}

/* Under which record this process sweeps: one of the reapers', or, where all sixteen are taken, its
 * worker's. */
static struct sweeper find_sweeper(struct attachment *a)
{
    struct sweeper sweeper = {0, 0};

    if (reap_record(a, &sweeper.record, &sweeper.word))
        return sweeper;
    process_lock();
    if (atomic_load_explicit(a->membership, memory_order_relaxed) != 0)
        sweeper = (struct sweeper){a->record, a->record_word};
    process_unlock();
    return sweeper;
}

/* Inside a guard section: leaving and closing wait for its end, so the record under which we sweep
 * stays ours meanwhile. */
static bool sweep(struct attachment *a, uint32_t record, uint64_t word, struct sweeper sweeper)
{
    bool swept = false;

    /* After the record was found dead: now all that its holder can have claimed has been published
     * (sweep.h). If we cannot map all of it, we leave the record to others. */
    if (mapping_keep_up(&a->mapping) < 0)
        return false;
    if (sweeper.word == 0)
        return sweep_idle_record(a->segment, record, word);
    guard_enter();
    if (record_is(a->segment, sweeper.record, sweeper.word)) {
        sweep_record(a->segment, record, word, sweeper.record, sweeper.word);
        swept = true;
    }
    guard_leave();
    return swept;
}

/* ---- one record ----------------------------------------------------------------------------- */

static void note_cause(struct attachment *a, struct watch *watch, uint32_t record, uint64_t word)
{
    struct identity identity;
    uint32_t cause, status;

    if (record_identity(a->segment, record, word, &identity) && identity.tid == 0 &&
        ending_of(watch_pidfd(watch, record, word), &identity, &cause, &status))
        obituary_set_cause(a->segment, record, word, cause, status);
}

static bool keeps_on_exec(const struct attachment *a, uint32_t record)
{
    return atomic_load_explicit(&segment_record(a->segment, record)->flags, memory_order_acquire) &
           RECORD_KEEPS_ON_EXEC;
}

/* Marks a record dead: the one store that hides what the worker had. If the worker keeps its entries over
 * execve, how it ended is noted before that, because it decides whether they count as closed or as lost.
 * A reaper that cannot find out how it ended notes that it could not. */
static void declare_dead(struct attachment *a, struct watch *watch, uint32_t record, uint64_t word,
                         int64_t now_ns)
{
    if (record_state(word) == RECORD_ALIVE && keeps_on_exec(a, record)) {
        note_cause(a, watch, record, word);
        obituary_set_cause(a->segment, record, word, CONNSTAT_DIED, 0);
    }
    (void)record_mark_dead(a->segment, record, word, now_ns);
}

/* Has the process become another program? Its fingerprint tells. (A look at what it has mapped would not:
 * the new program may have opened the same segment.) Under an emulator /proc may tell a process other
 * things of itself than it tells others, and then the fingerprints differ without cause. So a process that
 * still holds its life lock, which execve drops, has not become another program. */
static bool has_execed(struct attachment *a, uint32_t record, uint64_t word)
{
    struct identity identity;
    uint64_t program;

    if (keeps_on_exec(a, record) || !record_identity(a->segment, record, word, &identity) ||
        identity.program == 0)
        return false;
    program = identity_program_now(&identity);
    return program != 0 && program != identity.program && !watch_is_held(a->segment, record);
}

/* Judges a record's holder, and marks the record if it is dead. Returns the record's word after that. */
static uint64_t judge(struct attachment *a, struct watch *watch, uint32_t record, uint64_t word,
                      bool look_for_exec)
{
    const struct segment *s = a->segment;

    if (!watch_is_dead(watch, s, record, word)) {
        if (!look_for_exec || record_state(word) != RECORD_ALIVE || !has_execed(a, record, word))
            return word;
        obituary_set_cause(s, record, word, CONNSTAT_EXECED, 0);
    }
    declare_dead(a, watch, record, word, clock_now_ns());
    return atomic_load_explicit(&segment_record(s, record)->word, memory_order_acquire);
}

/* Takes one record through all steps of a death that are due. True: its holder has died, and everything is
 * done. */
static bool process_record(struct attachment *a, struct watch *watch, uint32_t record,
                           struct sweeper *sweeper, bool look_for_exec)
{
    const struct segment *s = a->segment;
    struct record *r = segment_record(s, record);
    uint64_t word = atomic_load_explicit(&r->word, memory_order_acquire);
    bool left;

    if (record_state(word) == RECORD_FREE)
        return false;
    if (record_state(word) != RECORD_DEAD && record_state(word) != RECORD_BURIED)
        word = judge(a, watch, record, word, look_for_exec);
    if (record_state(word) == RECORD_DEAD) {
        note_cause(a, watch, record, word);
        obituary_write(s, record, word, clock_now_ns());
        word = atomic_load_explicit(&r->word, memory_order_acquire);
    }
    if (record_state(word) != RECORD_BURIED)
        return false;
    obituary_finish(s, clock_now_ns());
    left = record_has_left(s, record, word);
    if (sweeper->word == 0)
        *sweeper = find_sweeper(a);
    return sweep(a, record, word, *sweeper) && !left && record < s->geometry.shape.max_workers;
}

/* This process's own record, which a pass need not judge. NOBODY: it is no worker. */
static struct sweeper find_self(const struct attachment *a)
{
    struct sweeper self = {NOBODY, 0};

    process_lock();
    if (atomic_load_explicit(a->membership, memory_order_relaxed) != 0)
        self = (struct sweeper){a->record, a->record_word};
    process_unlock();
    return self;
}

/* The first step of a pass: hide the entries of all who are known to be dead. All else can wait. */
static void hide_the_dead(struct attachment *a, struct watch *watch)
{
    struct dead dead[WAKE_EVENTS];
    uint32_t count = watch_take_dead(watch, dead, WAKE_EVENTS);
    int64_t now_ns = count > 0 ? clock_now_ns() : 0;

    for (uint32_t i = 0; i < count; i++)
        declare_dead(a, watch, dead[i].record, dead[i].word, now_ns);
}

static int pass(struct attachment *a, struct watch *watch, struct sweeper self,
                struct sweeper sweeper, bool look_for_exec)
{
    uint32_t workers = a->segment->geometry.shape.max_workers;
    uint32_t records = a->segment->geometry.record_count;
    int cleared = 0;

    hide_the_dead(a, watch);
    watch_refresh(watch, a->segment, self.record);
    /* The reapers' records first: if dead reapers have all sixteen, one of them becomes free for
     * us. */
    for (uint32_t n = 0, i = workers; n < records; n++, i = (i + 1) % records) {
        /* Whoever dies meanwhile does not wait for thousands of others to be judged. */
        if ((n + 1) % WAKE_EVENTS == 0)
            hide_the_dead(a, watch);
        if (i != self.record || !record_is(a->segment, i, self.word))
            cleared += process_record(a, watch, i, &sweeper, look_for_exec);
    }
    return cleared;
}

int reap_pass(struct attachment *a, bool look_for_exec)
{
    struct watch *watch;
    int cleared, error = reap_watch(a, &watch);

    if (error < 0)
        return error;
    watch_lock(watch);
    cleared = watch_keep(watch);
    if (cleared == 0) {
        look_for_exec |= watch_begin(watch);
        cleared = pass(a, watch, find_self(a), (struct sweeper){0, 0}, look_for_exec);
        watch_end(watch);
    }
    watch_unlock(watch);
    return cleared;
}

int reap_and_grow(struct attachment *a, bool look_for_exec)
{
    int cleared = reap_pass(a, look_for_exec);

    grow_ahead(a);
    return cleared;
}

/* Has somebody found a death and not finished its steps? The live map names the record until it is
 * swept. */
static bool is_unfinished(const struct segment *s)
{
    struct live_walk walk = LIVE_WALK_BEGIN;
    uint32_t index;

    while ((index = live_walk_next(s, &walk)) != LIVE_WALK_END) {
        /* relaxed: this only decides whether to make a pass, which loads the word again. Behind the last
         * worker only a damaged map has a bit. */
        uint64_t word =
            index < s->geometry.shape.max_workers
                ? atomic_load_explicit(&segment_record(s, index)->word, memory_order_relaxed)
                : 0;

        if (record_state(word) == RECORD_DEAD || record_state(word) == RECORD_BURIED)
            return true;
    }
    return false;
}

bool reap_help(struct attachment *a, struct seat *seat)
{
    UNCANCELLED;
    struct watch *watch;
    bool news;

    /* Where another thread has the watch for longer than a pass takes, it may be stopped, and a registration
     * does not wait for it. */
    if (watch_briefly(a, &watch) < 0)
        return false;
    news = watch_keep(watch) < 0 || watch_is_stale(watch, a->segment) || watch_has_news(watch) ||
           is_unfinished(a->segment);
    if (news && seat != NULL)
        (void)pass(a, watch, (struct sweeper){seat->process_record, seat->process_word},
                   (struct sweeper){seat->owner, seat->owner_word}, false);
    else if (news)
        (void)pass(a, watch, find_self(a), (struct sweeper){0, 0}, false);
    watch_unlock(watch);
    return news;
}

int reap_private(struct attachment *a)
{
    const struct segment *s = a->segment;
    struct watch *watch;
    int hidden = 0, error = reap_watch(a, &watch);

    if (error < 0)
        return error;
    watch_lock(watch);
    error = watch_keep(watch);
    if (error < 0) {
        watch_unlock(watch);
        return error;
    }
    (void)watch_begin(watch);
    watch_refresh(watch, s, NOBODY);
    for (uint32_t i = 0; i < s->geometry.shape.max_workers; i++) {
        uint64_t word = atomic_load_explicit(&segment_record(s, i)->word, memory_order_acquire);

        if (record_state(word) != RECORD_ALIVE ||
            atomic_load_explicit(&a->hidden.words[i], memory_order_relaxed) == word)
            continue;
        if (watch_is_dead(watch, s, i, word) || has_execed(a, i, word)) {
            atomic_store_explicit(&a->hidden.words[i], word, memory_order_relaxed);
            watch_mute(watch, i);
            hidden++;
        }
    }
    watch_end(watch);
    watch_unlock(watch);
    return hidden;
}
