/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The members of a worker are those of "connstat workers".
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/container.h"
#include "alerts/worker_row.h"
#include "cli/segment.h"
#include "serve/api/documents.h"
#include "serve/api/parameters.h"
#include "serve/api/rows.h"
#include "serve/sample/subject.h"

struct page {
    uint64_t limit, offset;
};

static unsigned take_page(struct request *request, const char *name, const char *value, void *arg)
{
    struct page *page = arg;
    if (strcmp(name, "limit") == 0)
        return parameter_number(request, name, value, 1, 1000, &page->limit);
    return parameter_number(request, name, value, 0, UINT32_MAX, &page->offset);
}

struct worker_copy {
    struct connstat_worker worker;
    char label[CONNSTAT_LABEL_BYTES];
};

struct workers {
    struct worker_copy *copies;
    size_t count, capacity;
    bool failed;
};

static int keep_worker(const struct connstat_worker *worker, void *arg)
{
    struct workers *workers = arg;
    if (workers->count == workers->capacity) {
        size_t capacity = workers->capacity ? 2 * workers->capacity : 64;
        struct worker_copy *copies =
            reallocarray(workers->copies, capacity, sizeof(*workers->copies));
        if (!copies) {
            workers->failed = true;
            return 1;
        }
        workers->copies = copies;
        workers->capacity = capacity;
    }
    struct worker_copy *copy = &workers->copies[workers->count++];
    copy->worker = *worker;
    snprintf(copy->label, sizeof(copy->label), "%s", worker->label);
    return 0;
}

static int by_load(const void *a, const void *b)
{
    const struct connstat_worker *x = &((const struct worker_copy *)a)->worker;
    const struct connstat_worker *y = &((const struct worker_copy *)b)->worker;
    if (x->live_total != y->live_total)
        return x->live_total < y->live_total ? 1 : -1;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    return (x->tid > y->tid) - (x->tid < y->tid);
}

static void write_workers(struct jsonw *json, struct request *request,
                          const struct workers *workers, const struct page *page)
{
    struct subject *subject = request->subject;
    const char *names[CONNSTAT_MAX_TYPES];
    size_t type_count = segment_count_names(request->cs, names);
    struct containers containers = {0};
    pthread_mutex_lock(&subject->lock);
    for (uint64_t i = page->offset; i < workers->count && i - page->offset < page->limit; i++) {
        struct connstat_worker worker = workers->copies[i].worker;
        char path[CONTAINER_BYTES];
        struct worker_row row;
        const struct watched_worker *watched =
            alert_watch_find(&subject->watch, worker.pid, worker.tid, worker.joined_at_ns);
        worker.label = workers->copies[i].label; /* the copies have moved since they were made */
        row_json(json, NULL, worker_columns, WORKER_COLUMNS,
                 worker_values(&worker, watched, container_of(&containers, &worker, path), names,
                               type_count, &row));
    }
    pthread_mutex_unlock(&subject->lock);
    containers_free(&containers);
}

unsigned api_workers(struct request *request)
{
    struct page page = {.limit = 100};
    unsigned status = parameters_read(request, take_page, &page);
    if (status)
        return status;
    struct workers workers = {0};
    if (!request->cs || connstat_for_each_worker(request->cs, keep_worker, &workers) < 0) {
        free(workers.copies);
        return request_no_segment(request);
    }
    if (workers.failed) {
        free(workers.copies);
        return request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
    }
    if (workers.count)
        qsort(workers.copies, workers.count, sizeof(*workers.copies), by_load);
    struct jsonw json = rows_start(request, "workers", workers.count);
    write_workers(&json, request, &workers, &page);
    rows_end(&json);
    free(workers.copies);
    return MHD_HTTP_OK;
}
