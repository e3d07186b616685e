/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/sample/sampler.h"

#include <errno.h>
#include <time.h>

#include "serve/sample/subjects.h"

static void *run(void *arg)
{
    struct sampler *sampler = arg;
    struct timespec next;
    unsigned second = 0;
    clock_gettime(CLOCK_MONOTONIC, &next);

    pthread_mutex_lock(&sampler->lock);
    while (!sampler->stopping) {
        next.tv_sec++;
        while (!sampler->stopping &&
               pthread_cond_timedwait(&sampler->wake, &sampler->lock, &next) != ETIMEDOUT)
            continue;
        if (sampler->stopping)
            break;
        pthread_mutex_unlock(&sampler->lock);
        if (++second % SAMPLER_FIND_SECONDS == 0)
            subjects_find(sampler->subjects);
        subjects_sample(sampler->subjects);
        sampler->after(sampler->after_arg);
        pthread_mutex_lock(&sampler->lock);
    }
    pthread_mutex_unlock(&sampler->lock);
    return NULL;
}

int sampler_start(struct sampler *sampler, struct subjects *subjects, void (*after)(void *arg),
                  void *after_arg)
{
    *sampler = (struct sampler){.subjects = subjects, .after = after, .after_arg = after_arg};
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&sampler->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&sampler->lock, NULL);
    return -pthread_create(&sampler->thread, NULL, run, sampler);
}

void sampler_stop(struct sampler *sampler)
{
    pthread_mutex_lock(&sampler->lock);
    sampler->stopping = true;
    pthread_cond_signal(&sampler->wake);
    pthread_mutex_unlock(&sampler->lock);
    pthread_join(sampler->thread, NULL);
    pthread_cond_destroy(&sampler->wake);
    pthread_mutex_destroy(&sampler->lock);
}
