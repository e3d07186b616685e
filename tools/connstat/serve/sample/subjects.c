/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/sample/subjects.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "serve/sample/subject.h"

static int add(struct subjects *subjects, const char *name)
{
    struct subject *subject = subject_new(name, subjects->audit_seconds);
    if (!subject)
        return -ENOMEM;
    subject->holders = 1; /* the list holds it */
    pthread_mutex_lock(&subjects->lock);
    size_t at = subjects->count;
    while (subjects->all && at > 0 && strcmp(subjects->list[at - 1]->name, name) > 0) {
        subjects->list[at] = subjects->list[at - 1];
        at--;
    }
    subjects->list[at] = subject;
    subjects->count++;
    pthread_mutex_unlock(&subjects->lock);
    return 0;
}

static bool has(const struct subjects *subjects, const char *name)
{
    for (size_t i = 0; i < subjects->count; i++) {
        if (strcmp(subjects->list[i]->name, name) == 0)
            return true;
    }
    return false;
}

int subjects_init(struct subjects *subjects, const char *const *names, size_t count,
                  double audit_seconds)
{
    *subjects = (struct subjects){
        .lock = PTHREAD_MUTEX_INITIALIZER, .all = count == 0, .audit_seconds = audit_seconds};
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        if (!has(subjects, names[i]))
            error = subjects->count < SUBJECTS_MAX ? add(subjects, names[i]) : -E2BIG;
    }
    if (subjects->all)
        subjects_find(subjects);
    return error;
}

void subjects_free(struct subjects *subjects)
{
    while (subjects->count > 0)
        subject_free(subjects->list[--subjects->count]);
}

static struct subject *choose(struct subjects *subjects, const char *name)
{
    for (size_t i = 0; i < subjects->count; i++) {
        struct subject *subject = subjects->list[i];
        if (name ? strcmp(subject->name, name) == 0 : source_handle(&subject->source) != NULL)
            return subject;
    }
    return !name && subjects->count > 0 ? subjects->list[0] : NULL;
}

struct subject *subjects_take(struct subjects *subjects, const char *name)
{
    pthread_mutex_lock(&subjects->lock);
    struct subject *subject = choose(subjects, name);
    if (subject)
        subject->holders++;
    pthread_mutex_unlock(&subjects->lock);
    return subject;
}

void subjects_drop(struct subjects *subjects, struct subject *subject)
{
    if (!subject)
        return;
    pthread_mutex_lock(&subjects->lock);
    bool last = --subject->holders == 0;
    pthread_mutex_unlock(&subjects->lock);
    if (last)
        subject_free(subject);
}

size_t subjects_take_asked(struct subjects *subjects, struct subject *asked,
                           struct subject *taken[SUBJECTS_MAX])
{
    pthread_mutex_lock(&subjects->lock);
    struct subject *const *from = asked ? &asked : subjects->list;
    size_t count = asked ? 1 : subjects->count;
    for (size_t i = 0; i < count; i++) {
        taken[i] = from[i];
        taken[i]->holders++;
    }
    pthread_mutex_unlock(&subjects->lock);
    return count;
}

void subjects_drop_all(struct subjects *subjects, struct subject *const *taken, size_t count)
{
    for (size_t i = 0; i < count; i++)
        subjects_drop(subjects, taken[i]);
}

void subjects_sample(struct subjects *subjects)
{
    struct subject *taken[SUBJECTS_MAX];
    size_t count = subjects_take_asked(subjects, NULL, taken);
    for (size_t i = 0; i < count; i++)
        subject_sample(taken[i]);
    subjects_drop_all(subjects, taken, count);
}

static bool is_forgotten(const struct subject *subject, int64_t now_ns)
{
    return subject->gone_since_ns &&
           (now_ns - subject->gone_since_ns) / 1000000000 >= SUBJECTS_GONE_SECONDS;
}

static void forget_old(struct subjects *subjects)
{
    struct subject *forgotten[SUBJECTS_MAX];
    size_t kept = 0, count = 0;
    int64_t now_ns = clock_monotonic_ns();
    pthread_mutex_lock(&subjects->lock);
    for (size_t i = 0; i < subjects->count; i++) {
        if (is_forgotten(subjects->list[i], now_ns))
            forgotten[count++] = subjects->list[i];
        else
            subjects->list[kept++] = subjects->list[i];
    }
    subjects->count = kept;
    pthread_mutex_unlock(&subjects->lock);
    subjects_drop_all(subjects, forgotten, count);
}

static int visit_segment(const struct connstat_segment *segment, void *arg)
{
    struct subjects *subjects = arg;
    /* Only the sampler changes the list, so it may read it without the lock. */
    if (subjects->count < SUBJECTS_MAX && !has(subjects, segment->name))
        add(subjects, segment->name);
    return 0;
}

void subjects_find(struct subjects *subjects)
{
    if (!subjects->all)
        return;
    forget_old(subjects);
    connstat_for_each_segment(visit_segment, subjects);
}
