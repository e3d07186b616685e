/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "alerts/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

struct look { /* what one look gathers, before the watch takes it over */
    struct alert_watch next;
    size_t room;
    bool proc_is_ours;
};

static int order_of(const struct watched_worker *worker, pid_t pid, pid_t tid)
{
    if (worker->pid != pid)
        return worker->pid < pid ? -1 : 1;
    return (worker->tid > tid) - (worker->tid < tid);
}

static int compare_workers(const void *left, const void *right)
{
    const struct watched_worker *b = right;
    return order_of(left, b->pid, b->tid);
}

static int take_worker(const struct connstat_worker *worker, void *arg)
{
    struct look *look = arg;
    struct alert_watch *next = &look->next;
    if (next->worker_count == look->room) {
        size_t room = look->room ? 2 * look->room : 16;
        struct watched_worker *workers = reallocarray(next->workers, room, sizeof(*workers));
        if (!workers)
            return 1;
        next->workers = workers;
        look->room = room;
    }
    struct watched_worker *copy = &next->workers[next->worker_count++];
    *copy = (struct watched_worker){
        .pid = worker->pid,
        .tid = worker->tid,
        .foreign = worker->foreign,
        .locked = worker->locked,
        .joined_at_ns = worker->joined_at_ns,
        .opened = worker->opened,
        .live_total = worker->live_total,
    };
    snprintf(copy->label, sizeof(copy->label), "%s", worker->label);
    struct procstat stat;
    if (look->proc_is_ours && !worker->foreign && procstat_read(worker->pid, worker->tid, &stat))
        copy->state = stat.state;
    return 0;
}

static int take_workers(struct look *look, connstat_t *cs)
{
    look->proc_is_ours = procstat_is_ours();
    int visited = connstat_for_each_worker(cs, take_worker, look);
    if (visited < 0)
        return visited;
    struct alert_watch *next = &look->next;
    if (next->worker_count < (size_t)visited)
        return -ENOMEM;
    if (next->worker_count > 0)
        qsort(next->workers, next->worker_count, sizeof(*next->workers), compare_workers);
    return 0;
}

const struct watched_worker *alert_watch_find(const struct alert_watch *watch, pid_t pid, pid_t tid,
                                              int64_t joined_at_ns)
{
    struct watched_worker key = {.pid = pid, .tid = tid};
    const struct watched_worker *found =
        watch->worker_count
            ? bsearch(&key, watch->workers, watch->worker_count, sizeof(key), compare_workers)
            : NULL;
    return found && found->joined_at_ns == joined_at_ns ? found : NULL;
}

/* The first worker of that process in the list; other threads of the process follow it. */
static struct watched_worker *first_of(struct alert_watch *watch, pid_t pid)
{
    size_t low = 0, high = watch->worker_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (watch->workers[middle].pid < pid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < watch->worker_count ? &watch->workers[low] : NULL;
}

/* An entry names its process, not its thread: so it counts for all workers of the process. */
static int date_worker(const struct connstat_entry *entry, void *arg)
{
    struct alert_watch *watch = arg;
    struct watched_worker *end = watch->workers + watch->worker_count;
    struct watched_worker *worker = first_of(watch, entry->pid);
    for (; worker && worker < end && worker->pid == entry->pid; worker++) {
        if (worker->registered_at_ns < entry->started_at_ns)
            worker->registered_at_ns = entry->started_at_ns;
    }
    return 0;
}

/* Find the newest entry of each worker. That is a walk over the whole table, and so is done only
 * when a watch begins. */
static void begin(struct alert_watch *next, connstat_t *cs)
{
    next->began_ns = next->now_ns;
    for (size_t i = 0; i < next->worker_count; i++) {
        struct watched_worker *worker = &next->workers[i];
        worker->registered_at_ns = worker->joined_at_ns;
        worker->state_since_ns = next->now_ns;
    }
    if (next->worker_count > 0)
        connstat_for_each_encoded(cs, CONNSTAT_ANY_TYPE, date_worker, next);
}

static void carry_worker(struct watched_worker *worker, const struct watched_worker *before,
                         int64_t now_ns)
{
    worker->state_since_ns = worker->state == before->state ? before->state_since_ns : now_ns;
    worker->registered_at_ns = worker->opened > before->opened ? now_ns : before->registered_at_ns;
    worker->share_own = before->share_own;
    worker->share_all = before->share_all;
    worker->all_then = before->all_then;
    worker->all_at_first = before->all_at_first;
}

/* How much each worker has registered since the last look. */
static uint64_t risen_since(const struct watched_worker *worker,
                            const struct watched_worker *before)
{
    if (!before)
        return worker->opened;
    return worker->opened > before->opened ? worker->opened - before->opened : 0;
}

static void carry_workers(struct alert_watch *next, const struct alert_watch *before)
{
    next->all_registered = before->all_registered;
    for (size_t i = 0; i < next->worker_count; i++) {
        const struct watched_worker *worker = &next->workers[i];
        next->all_registered += risen_since(
            worker, alert_watch_find(before, worker->pid, worker->tid, worker->joined_at_ns));
    }
    for (size_t i = 0; i < next->worker_count; i++) {
        struct watched_worker *worker = &next->workers[i];
        const struct watched_worker *earlier =
            alert_watch_find(before, worker->pid, worker->tid, worker->joined_at_ns);
        uint64_t risen = risen_since(worker, earlier);
        worker->registered_at_ns = worker->opened ? next->now_ns : worker->joined_at_ns;
        worker->state_since_ns = next->now_ns;
        worker->all_at_first = before->all_registered;
        worker->all_then = next->all_registered;
        if (earlier)
            carry_worker(worker, earlier, next->now_ns);
        if (risen) {
            worker->share_own += risen;
            worker->share_all = next->all_registered - worker->all_at_first;
            worker->all_then = next->all_registered;
        }
    }
}

static void carry_refusals(struct alert_watch *next, const struct alert_watch *before)
{
    for (size_t i = 0; i < next->type_count; i++) {
        struct watched_refusals *now = &next->refused[i];
        const struct watched_refusals *then = &before->refused[i];
        now->first_ns = then->first_ns;
        now->last_ns = then->last_ns;
        if (now->count > then->count) {
            now->last_ns = next->now_ns;
            now->first_ns = now->first_ns ? now->first_ns : next->now_ns;
        }
    }
}

static int take_death(const struct connstat_death *death, void *arg)
{
    struct alert_watch *next = arg;
    next->last_death = *death;
    snprintf(next->last_death_label, sizeof(next->last_death_label), "%s", death->label);
    return 0;
}

static void take_refusals(struct alert_watch *next, const struct connstat_totals *totals)
{
    next->refused_no_type = totals->refused_no_type;
    for (size_t i = 0; i < totals->type_count; i++) {
        for (int reason = 0; reason < CONNSTAT_REFUSAL_COUNT; reason++) {
            if (reason == CONNSTAT_REFUSED_LIMIT)
                continue;
            next->refused[i].by_reason[reason] = totals->refused[i][reason];
            next->refused[i].count += totals->refused[i][reason];
        }
    }
}

static int gather(struct look *look, connstat_t *cs)
{
    struct alert_watch *next = &look->next;
    struct connstat_totals totals;
    int error = connstat_info(cs, &next->info);
    if (error == 0)
        error = connstat_counts(cs, &next->counts);
    if (error == 0)
        error = connstat_totals(cs, &totals);
    if (error == 0)
        error = cluster_view_read(&next->cluster, cs);
    if (error == 0)
        error = take_workers(look, cs);
    if (error != 0)
        return error;
    next->now_ns = clock_now_ns();
    next->type_count =
        next->counts.type_count < totals.type_count ? next->counts.type_count : totals.type_count;
    for (size_t i = 0; i < next->type_count; i++) {
        next->types[i] = connstat_type_name(cs, (int)i);
        next->capacity[i] = connstat_type_maximum(cs, (int)i);
        if (!next->types[i])
            return -EAGAIN; /* the segment was replaced meanwhile by one with fewer types */
    }
    take_refusals(next, &totals);
    next->deaths = totals.deaths;
    connstat_for_each_death(cs, take_death, next);
    return 0;
}

int alert_watch_look(struct alert_watch *watch, connstat_t *cs)
{
    struct look look = {0};
    int error = gather(&look, cs);
    if (error != 0) {
        free(look.next.workers);
        return error;
    }
    struct alert_watch *next = &look.next;
    if (watch->looks > 0 && watch->info.created_at_ns == next->info.created_at_ns) {
        next->looks = watch->looks;
        next->began_ns = watch->began_ns;
        next->replaced_at_ns = watch->replaced_at_ns;
        carry_workers(next, watch);
        carry_refusals(next, watch);
    } else {
        begin(next, cs);
        next->replaced_at_ns = watch->looks > 0 ? next->now_ns : 0;
    }
    next->looks++;
    free(watch->workers);
    *watch = *next;
    return 0;
}

void alert_watch_free(struct alert_watch *watch)
{
    free(watch->workers);
    *watch = (struct alert_watch){0};
}

double alert_watch_seconds(const struct alert_watch *watch, int64_t then_ns)
{
    double seconds = (double)(watch->now_ns - then_ns) / 1e9;
    return seconds > 0 ? seconds : 0;
}
