/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What is wrong with workers that live. One alert of each kind names the worker that holds the
 * most entries, and counts the others: a thousand workers stopped at once are one trouble.
 */
#include "alerts/rules_workers.h"

#include <stdio.h>

#include "common/buffer.h"
#include "common/text.h"

typedef bool worker_test(const struct alert_watch *watch, const struct watched_worker *worker);

struct finding {
    const struct watched_worker *worker; /* NULL: none */
    size_t others;
};

static struct finding find(const struct alert_watch *watch, worker_test *test)
{
    struct finding finding = {0};
    size_t count = 0;
    for (size_t i = 0; i < watch->worker_count; i++) {
        const struct watched_worker *worker = &watch->workers[i];
        if (!test(watch, worker))
            continue;
        count++;
        if (!finding.worker || worker->live_total > finding.worker->live_total)
            finding.worker = worker;
    }
    finding.others = count ? count - 1 : 0;
    return finding;
}

/* "worker 4711 (chat-one)" */
static void name_worker(struct buffer *words, const struct watched_worker *worker)
{
    buffer_format(words, "worker %d", (int)worker->pid);
    if (worker->tid > 0)
        buffer_format(words, " thread %d", (int)worker->tid);
    if (*worker->label) {
        buffer_text(words, " (");
        buffer_safe(words, worker->label);
        buffer_text(words, ")");
    }
}

/* "worker 4711 (chat-one) WHAT for 12 s and holds 1,312 entries; so it is with 2 others" */
static void tell(struct alerts *alerts, const struct alert_watch *watch, enum alert_kind kind,
                 const struct finding *finding, const char *what, int64_t since_ns,
                 const char *advice)
{
    char subject[32], number[TEXT_NUMBER_BYTES];
    struct buffer words = {0};
    name_worker(&words, finding->worker);
    buffer_format(&words, " %s", what);
    /* What was so at the first look may have been so for long before. */
    double seconds = alert_watch_seconds(watch, since_ns);
    if (seconds >= 1)
        buffer_format(&words, " for %s%s", since_ns == watch->began_ns ? "more than " : "",
                      text_duration(seconds, number, sizeof(number)));
    buffer_format(&words, " and holds %s %s",
                  text_count(finding->worker->live_total, number, sizeof(number)),
                  finding->worker->live_total == 1 ? "entry" : "entries");
    if (finding->others)
        buffer_format(&words, "; so it is with %zu other%s", finding->others,
                      finding->others == 1 ? "" : "s");
    snprintf(subject, sizeof(subject), "%d", (int)finding->worker->pid);
    alert_add(alerts, kind, subject, advice, "%s", words.bytes ? words.bytes : what);
    buffer_free(&words);
}

static bool is_stopped(const struct alert_watch *watch, const struct watched_worker *worker)
{
    (void)watch;
    return worker->state == PROCESS_STOPPED || worker->state == PROCESS_TRACED;
}

void rules_of_stopped_workers(struct alerts *alerts, const struct alert_watch *watch)
{
    struct finding finding = find(watch, is_stopped);
    if (!finding.worker)
        return;
    bool traced = finding.worker->state == PROCESS_TRACED;
    char advice[128];
    snprintf(advice, sizeof(advice),
             traced ? "a debugger or strace holds it: let it go on"
                    : "its clients wait: \"kill -CONT %d\" lets it go on",
             (int)finding.worker->pid);
    tell(alerts, watch, ALERT_STOPPED, &finding, traced ? "is held by a debugger" : "is stopped",
         finding.worker->state_since_ns, advice);
}

/* Whether the worker hangs in the kernel. One look may find any worker waiting there for a moment;
 * only one that every look finds there for many seconds is stuck. */
static bool is_stuck(const struct alert_watch *watch, const struct watched_worker *worker)
{
    return worker->state == PROCESS_WAITING &&
           alert_watch_seconds(watch, worker->state_since_ns) >= ALERT_STUCK_S;
}

void rules_of_stuck_workers(struct alerts *alerts, const struct alert_watch *watch)
{
    struct finding finding = find(watch, is_stuck);
    if (finding.worker)
        tell(alerts, watch, ALERT_STUCK, &finding, "is stuck in the kernel",
             finding.worker->state_since_ns,
             "it waits for a disk or a network file system: dmesg and /proc/PID/stack tell more");
}

/* Whether the worker had a share of all registrations and has none of the last ones, although
 * ALERT_QUIET_SHARE of them were to be expected. That happens by chance once in 10^13 times;
 * otherwise it hangs in a loop or a lock, or was taken out of service. */
static bool is_quiet(const struct alert_watch *watch, const struct watched_worker *worker)
{
    if (worker->share_own == 0 || is_stopped(watch, worker) || is_stuck(watch, worker) ||
        alert_watch_seconds(watch, worker->registered_at_ns) < ALERT_QUIET_S)
        return false;
    double share = (double)worker->share_own / (double)worker->share_all;
    double expected = share * (double)(watch->all_registered - worker->all_then);
    return share < 1 && expected >= ALERT_QUIET_SHARE;
}

void rules_of_quiet_workers(struct alerts *alerts, const struct alert_watch *watch)
{
    struct finding finding = find(watch, is_quiet);
    if (finding.worker)
        tell(alerts, watch, ALERT_QUIET, &finding, "has registered nothing",
             finding.worker->registered_at_ns,
             "others do: it hangs, or nothing is sent to it any more");
}

static bool is_foreign(const struct alert_watch *watch, const struct watched_worker *worker)
{
    (void)watch;
    return worker->foreign && !worker->locked;
}

void rules_of_foreign_workers(struct alerts *alerts, const struct alert_watch *watch)
{
    struct finding finding = find(watch, is_foreign);
    if (!finding.worker)
        return;
    struct buffer words = {0};
    buffer_text(&words, "nobody here can tell whether ");
    name_worker(&words, finding.worker);
    buffer_text(&words, " lives");
    if (finding.others)
        buffer_format(&words, ", nor %zu other%s", finding.others, finding.others == 1 ? "" : "s");
    buffer_text(&words, ": another pid namespace, and no lock on the segment");
    alert_add(
        alerts, ALERT_FOREIGN, "",
        "let its user write to the segment's file (its mode and group), share the pid namespace, "
        "or run \"connstat reaper\" in its container",
        "%s", words.bytes ? words.bytes : "there are workers that nobody here can judge");
    buffer_free(&words);
}
