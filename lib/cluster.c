/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The counts of a cluster, called its aggregate. One agent for each segment fetches them and writes
 * them into the segment; anybody else reads them there, so no reader ever waits for a network.
 */
#include "cluster_area.h"
#include "os/clock.h"
#include "os/identity.h"
#include "reaping/reap.h"
#include "records/record.h"
#include "records/tally.h"
#include "worker/handle.h"
#include "worker/worker.h"

#include <errno.h>
#include <string.h>

/* Reads the aggregate and how old it is. False: there is none, or it says a time that cannot be. The
 * time is checked before anything is computed with it: in a damaged segment it may be any number. */
static bool read_aggregate(const struct segment *s, struct cluster_view *view, uint64_t *age_ms)
{
    int64_t now = clock_boot_ns();

    if (!cluster_read(s, view) || view->nodes == 0 || view->at_ns < 0 || now < view->at_ns)
        return false;
    *age_ms = (uint64_t)(now - view->at_ns) / 1000000;
    return true;
}

int connstat_cluster_counts(connstat_t *cs, struct connstat_cluster_counts *out)
{
    struct cluster_view view;
    CALL(call, cs);
    struct attachment *a = call.attachment;
    uint64_t age_ms = 0;

    if (out == NULL)
        return -EINVAL;
    memset(out, 0, sizeof(*out));
    if (a == NULL)
        return 0;
    out->nodes = 1;
    if (read_aggregate(a->segment, &view, &age_ms))
        out->age_ms = age_ms < UINT32_MAX ? (uint32_t)age_ms : UINT32_MAX;
    else
        view.nodes = 0;
    if (view.nodes > 1 && age_ms < view.lease_ms) {
        out->clustered = true;
        out->nodes = view.nodes;
        out->counts.type_count = a->segment->geometry.shape.type_count;
        memcpy(out->counts.by_type, view.by_type,
               out->counts.type_count * sizeof(out->counts.by_type[0]));
        out->counts.total_channels = view.total_channels;
        out->counts.total_connections = view.total_connections;
    }
    return out->clustered ? 0 : connstat_counts(cs, &out->counts);
}

/* ---- the agent ------------------------------------------------------------------------------ */

static bool record_lives(const struct segment *s, uint32_t index, uint32_t incarnation)
{
    struct identity identity;
    uint64_t word;

    if (index >= s->geometry.record_count)
        return false;
    word = atomic_load_explicit(&segment_record(s, index)->word, memory_order_acquire);
    return record_state(word) == RECORD_ALIVE && record_incarnation(word) == incarnation &&
           record_identity(s, index, word, &identity) && !identity_is_dead(&identity, false);
}

/* Makes this process the segment's agent, by the record under which it reaps. Returns 0, or -EBUSY:
 * the present agent lives, or all records of reapers are taken. */
static int become_agent(struct attachment *a)
{
    const struct segment *s = a->segment;
    _Atomic uint64_t *agent = &segment_cluster(s)->agent;
    uint64_t seen = atomic_load_explicit(agent, memory_order_acquire), mine;
    uint32_t record;
    uint64_t word;

    if (!reap_record(a, &record, &word))
        return -EBUSY;
    mine = (uint64_t)record_incarnation(word) << 32 | (record + 1);
    if (seen == mine)
        return 0;
    if (seen != 0 && record_lives(s, (uint32_t)seen - 1, (uint32_t)(seen >> 32)))
        return -EBUSY;
    /* acq_rel. Release, with the acquire load above in another process that wants to be the agent:
     * it must see our record ALIVE. Weaker, it could take us for dead and displace us. Acquire, with
     * the last agent's exchange: we come after it. It is dead, so it writes no buffer any more. */
    return atomic_compare_exchange_strong_explicit(agent, &seen, mine, memory_order_acq_rel,
                                                   memory_order_relaxed)
               ? 0
               : -EBUSY;
}

static bool text_fits(const char *text, size_t size)
{
    return text == NULL || strnlen(text, size) < size;
}

static void make_view(struct cluster_view *view, const struct connstat_cluster_update *update)
{
    memset(view, 0, sizeof(*view));
    view->at_ns = clock_boot_ns();
    view->lease_ms = update->lease_ms;
    view->nodes = update->nodes;
    memcpy(view->by_type, update->counts.by_type, sizeof(view->by_type));
    view->total_channels = update->counts.total_channels;
    view->total_connections = update->counts.total_connections;
    if (update->node != NULL)
        strcpy(view->node, update->node);
    if (update->cluster != NULL)
        strcpy(view->cluster, update->cluster);
    if (update->missing != NULL)
        strncpy(view->missing, update->missing, sizeof(view->missing) - 1);
}

static int with_agent(connstat_t *cs, int (*act)(struct attachment *a, const void *what),
                      const void *what)
{
    CALL(call, cs);
    struct attachment *a = call.attachment;
    int error;

    if (a == NULL)
        return -ENOTCONN;
    error = a->read_only ? -EROFS : become_agent(a);
    if (error == 0)
        error = act(a, what);
    return error;
}

static int publish(struct attachment *a, const void *view)
{
    process_lock(); /* two threads of the agent's process may publish at once */
    cluster_write(a->segment, view);
    process_unlock();
    return 0;
}

static int withdraw(struct attachment *a, const void *unused)
{
    (void)unused;
    process_lock();
    cluster_clear(a->segment);
    process_unlock();
    return 0;
}

int connstat_cluster_publish(connstat_t *cs, const struct connstat_cluster_update *update)
{
    struct cluster_view view;

    if (update == NULL || update->size < sizeof(*update) || update->nodes == 0 ||
        !text_fits(update->node, sizeof(view.node)) ||
        !text_fits(update->cluster, sizeof(view.cluster)))
        return -EINVAL;
    make_view(&view, update);
    return with_agent(cs, publish, &view);
}

int connstat_cluster_withdraw(connstat_t *cs)
{
    return with_agent(cs, withdraw, NULL);
}

int connstat_cluster_info(connstat_t *cs, struct connstat_cluster_info *out)
{
    struct cluster_view view;
    CALL(call, cs);
    struct attachment *a = call.attachment;
    uint64_t agent;

    if (out == NULL)
        return -EINVAL;
    if (a == NULL)
        return -ENOTCONN;
    memset(out, 0, sizeof(*out));
    if (cluster_read(a->segment, &view)) {
        memcpy(out->node, view.node, sizeof(out->node));
        memcpy(out->cluster, view.cluster, sizeof(out->cluster));
        memcpy(out->missing, view.missing, sizeof(out->missing));
        out->lease_ms = (uint32_t)view.lease_ms;
    }
    agent = atomic_load_explicit(&segment_cluster(a->segment)->agent, memory_order_acquire);
    if (agent != 0 && record_lives(a->segment, (uint32_t)agent - 1, (uint32_t)(agent >> 32)))
        out->agent = (pid_t)record_pid(atomic_load_explicit(
            &segment_record(a->segment, (uint32_t)agent - 1)->word, memory_order_relaxed));
    return 0;
}
