/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A table under one robust process-shared mutex: the usual way to survive a dead worker. It
 * survives, but what the dead one had half done, and all its entries, stay.
 */
#include "locked.h"
#include "loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct mutex_table {
    pthread_mutex_t mutex;
    uint64_t bytes;
    struct locked_table table __attribute__((aligned(128)));
};

struct mutex_session {
    struct mutex_table *shared;
    uint32_t owner;
};

static void *mutex_create(const struct peer_shape *shape)
{
    uint64_t bytes = offsetof(struct mutex_table, table) + locked_table_bytes(shape);
    struct mutex_table *shared = shared_alloc(bytes);
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&shared->mutex, &attributes);
    shared->bytes = bytes;
    locked_table_init(&shared->table, shape);
    return shared;
}

static void *mutex_attach(void *table, unsigned seat)
{
    (void)seat;
    struct mutex_session *session = malloc(sizeof(*session));
    if (session == NULL)
        bench_fail("no memory");
    *session = (struct mutex_session){table, (uint32_t)getpid()};
    return session;
}

static inline struct locked_table *lock(struct mutex_session *session)
{
    if (__builtin_expect(pthread_mutex_lock(&session->shared->mutex) == EOWNERDEAD, 0))
        pthread_mutex_consistent(&session->shared->mutex);
    return &session->shared->table;
}

static inline void unlock(struct mutex_session *session)
{
    pthread_mutex_unlock(&session->shared->mutex);
}

static inline uint64_t mutex_add(void *arg, const struct record *record)
{
    struct mutex_session *session = arg;
    uint64_t id = locked_table_add(lock(session), session->owner, record);
    unlock(session);
    return id;
}

static inline void mutex_remove(void *arg, uint64_t id)
{
    struct mutex_session *session = arg;
    locked_table_remove(lock(session), id);
    unlock(session);
}

static void mutex_fill(void *session, struct churn *churn)
{
    churn_fill(session, churn, mutex_add);
}

static void mutex_pairs(void *session, struct churn *churn, unsigned count)
{
    churn_pairs(session, churn, count, mutex_add, mutex_remove);
}

static uint64_t mutex_counts(void *arg)
{
    struct mutex_session *session = arg;
    uint64_t sum = locked_table_counts(lock(session));
    unlock(session);
    return sum;
}

static void mutex_destroy(void *table)
{
    struct mutex_table *shared = table;
    shared_free(shared, shared->bytes);
}

const struct peer peer_mutex = {
    .name = "mutex",
    .summary = "a table under one robust process-shared mutex",
    .chunk = 1024,
    .create = mutex_create,
    .attach = mutex_attach,
    .fill = mutex_fill,
    .pairs = mutex_pairs,
    .counts = mutex_counts,
    .detach = free,
    .destroy = mutex_destroy,
};
