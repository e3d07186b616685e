/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * LMDB: a database a type, an entry a key, a transaction a call, in memory and without syncing,
 * as one would keep what does not outlive the machine.
 */
#include "loop.h"
#include "measure.h"
#include "scratch.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>

struct lmdb_table {
    char path[128];
    size_t map_bytes;
};

struct lmdb_session {
    MDB_env *env;
    MDB_dbi databases[PEER_TYPES];
    uint64_t next_id;
};

/* What is stored: a start time before the metadata. */
struct lmdb_value {
    int64_t started_at_ns;
    uint8_t metadata[WORKLOAD_MAX_BYTES];
};

static MDB_env *process_env; /* a process may open an environment only once */
static pthread_mutex_t process_env_lock = PTHREAD_MUTEX_INITIALIZER;

static void check(int error, const char *call)
{
    if (error != 0)
        bench_fail("%s: %s", call, mdb_strerror(error));
}

static void *lmdb_create(const struct peer_shape *shape)
{
    static unsigned number;
    struct lmdb_table *table = malloc(sizeof(*table));
    if (table == NULL)
        bench_fail("no memory");
    snprintf(table->path, sizeof(table->path), "%s/lmdb-%u", scratch_path(), number++);
    table->map_bytes = (size_t)(64u << 20) + peer_capacity(shape) * 512;
    if (mkdir(table->path, 0700) != 0)
        bench_fail("%s: %m", table->path);
    return table;
}

static MDB_env *env_of_process(const struct lmdb_table *table)
{
    pthread_mutex_lock(&process_env_lock);
    if (process_env == NULL) {
        check(mdb_env_create(&process_env), "mdb_env_create");
        check(mdb_env_set_maxdbs(process_env, PEER_TYPES), "mdb_env_set_maxdbs");
        check(mdb_env_set_mapsize(process_env, table->map_bytes), "mdb_env_set_mapsize");
        check(mdb_env_open(process_env, table->path, MDB_NOSYNC | MDB_WRITEMAP, 0600),
              "mdb_env_open");
    }
    pthread_mutex_unlock(&process_env_lock);
    return process_env;
}

static void *lmdb_attach(void *arg, unsigned seat)
{
    struct lmdb_session *session = malloc(sizeof(*session));
    if (session == NULL)
        bench_fail("no memory");
    session->env = env_of_process(arg);
    session->next_id = (uint64_t)(seat + 1) << 40;

    MDB_txn *txn;
    check(mdb_txn_begin(session->env, NULL, 0, &txn), "mdb_txn_begin");
    for (int i = 0; i < PEER_TYPES; i++) {
        char name[16];
        snprintf(name, sizeof(name), "type%d", i);
        check(mdb_dbi_open(txn, name, MDB_CREATE | MDB_INTEGERKEY, &session->databases[i]),
              "mdb_dbi_open");
    }
    check(mdb_txn_commit(txn), "mdb_txn_commit");
    return session;
}

static inline uint64_t lmdb_add(void *arg, const struct record *record)
{
    struct lmdb_session *session = arg;
    uint64_t id = session->next_id++;
    struct lmdb_value value = {.started_at_ns = (int64_t)clock_ns(CLOCK_REALTIME_COARSE)};
    memcpy(value.metadata, record->encoded, record->size);

    MDB_val key = {sizeof(id), &id};
    MDB_val data = {offsetof(struct lmdb_value, metadata) + record->size, &value};
    MDB_txn *txn;
    check(mdb_txn_begin(session->env, NULL, 0, &txn), "mdb_txn_begin");
    check(mdb_put(txn, session->databases[0], &key, &data, MDB_NOOVERWRITE), "mdb_put");
    check(mdb_txn_commit(txn), "mdb_txn_commit");
    return id;
}

static inline void lmdb_remove(void *arg, uint64_t id)
{
    struct lmdb_session *session = arg;
    MDB_val key = {sizeof(id), &id};
    MDB_txn *txn;
    check(mdb_txn_begin(session->env, NULL, 0, &txn), "mdb_txn_begin");
    check(mdb_del(txn, session->databases[0], &key, NULL), "mdb_del");
    check(mdb_txn_commit(txn), "mdb_txn_commit");
}

static void lmdb_fill(void *session, struct churn *churn)
{
    churn_fill(session, churn, lmdb_add);
}

static void lmdb_pairs(void *session, struct churn *churn, unsigned count)
{
    churn_pairs(session, churn, count, lmdb_add, lmdb_remove);
}

static uint64_t lmdb_counts(void *arg)
{
    struct lmdb_session *session = arg;
    uint64_t sum = 0;
    MDB_txn *txn;
    check(mdb_txn_begin(session->env, NULL, MDB_RDONLY, &txn), "mdb_txn_begin");
    for (int i = 0; i < PEER_TYPES; i++) {
        MDB_stat stat;
        check(mdb_stat(txn, session->databases[i], &stat), "mdb_stat");
        sum += stat.ms_entries;
    }
    mdb_txn_abort(txn);
    return sum;
}

const struct peer peer_lmdb = {
    .name = "lmdb",
    .summary = "LMDB, a transaction a call, not synced",
    .chunk = 32,
    .create = lmdb_create,
    .attach = lmdb_attach,
    .fill = lmdb_fill,
    .pairs = lmdb_pairs,
    .counts = lmdb_counts,
    .detach = free,
    .destroy = free,
};
