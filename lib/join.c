/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Being a worker: joining, leaving, and what a worker may ask for itself.
 */
#include "metadata/utf8.h"
#include "reaping/reap.h"
#include "records/record.h"
#include "worker/handle.h"
#include "worker/seat.h"
#include "worker/worker.h"

#include <errno.h>
#include <string.h>

int connstat_join(connstat_t *cs, const char *label)
{
    if (cs == NULL)
        return -ENOTCONN;
    if (label != NULL && !utf8_valid((const uint8_t *)label, strlen(label)))
        return -EINVAL;
    for (int round = 0; round < 3; round++) {
        CALL(call, cs);
        struct attachment *a = call.attachment;
        int error;

        if (a == NULL)
            return -ENOTCONN;
        worker_resign(a);
        process_lock();
        error = worker_join_helping(a, label);
        if (error == 0)
            record_set_label(segment_record(a->segment, a->record), label);
        process_unlock();
        if (error == -ESTALE)
            handle_follow(cs, a);
        if (error != -ESTALE)
            return error;
    }
    return -ENOTCONN;
}

int connstat_keep_on_exec(connstat_t *cs, bool keep)
{
    CALL(call, cs);
    struct attachment *a = call.attachment;
    int error;

    if (a == NULL)
        return -ENOTCONN;
    worker_resign(a);
    process_lock();
    error = worker_join_helping(a, NULL);
    if (error == 0) {
        _Atomic uint64_t *flags = &segment_record(a->segment, a->record)->flags;

        if (keep)
            atomic_fetch_or_explicit(flags, RECORD_KEEPS_ON_EXEC, memory_order_relaxed);
        else
            /* release: with has_execed (reap.c): the fingerprint is this program's */
            atomic_fetch_and_explicit(flags, ~(uint64_t)RECORD_KEEPS_ON_EXEC, memory_order_release);
        life_keep_on_exec(&a->life, keep);
    }
    process_unlock();
    return error == -ESTALE ? -ENOTCONN : error;
}

int connstat_leave(connstat_t *cs)
{
    CALL(call, cs);
    struct attachment *a = call.attachment;
    int error;

    if (a == NULL)
        return -ENOTCONN;
    error = a->read_only ? -EROFS : worker_leave(a);
    return error;
}

int connstat_own_by_thread(connstat_t *cs, bool own)
{
    CALL(call, cs);
    struct attachment *a = call.attachment;
    int error;

    if (a == NULL)
        return -ENOTCONN;
    worker_resign(a);
    process_lock();
    error = seat_own_by_thread(a, own);
    process_unlock();
    if (error == -EUSERS && reap_help(a, NULL)) {
        process_lock();
        error = seat_own_by_thread(a, own);
        process_unlock();
    }
    return error == -ESTALE ? -ENOTCONN : error;
}
