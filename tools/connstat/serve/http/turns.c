/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/http/turns.h"

void turns_init(struct turns *turns)
{
    *turns = (struct turns){.lock = PTHREAD_MUTEX_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER};
}

static bool wait_for_turn(struct turns *turns)
{
    turns->waiting++;
    while (turns->running == TURNS_RUNNING && !turns->closed)
        pthread_cond_wait(&turns->freed, &turns->lock);
    turns->waiting--;
    return !turns->closed;
}

bool turns_begin(struct turns *turns)
{
    pthread_mutex_lock(&turns->lock);
    bool room = turns->running < TURNS_RUNNING || turns->waiting < TURNS_WAITING;
    bool admitted = room && wait_for_turn(turns);
    turns->running += admitted;
    pthread_mutex_unlock(&turns->lock);
    return admitted;
}

void turns_end(struct turns *turns)
{
    pthread_mutex_lock(&turns->lock);
    turns->running--;
    pthread_cond_signal(&turns->freed);
    pthread_mutex_unlock(&turns->lock);
}

void turns_close(struct turns *turns)
{
    pthread_mutex_lock(&turns->lock);
    turns->closed = true;
    pthread_cond_broadcast(&turns->freed);
    pthread_mutex_unlock(&turns->lock);
}
