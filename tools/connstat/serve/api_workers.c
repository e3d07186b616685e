/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Workers and deaths. Their members are those of "connstat workers" and "connstat deaths".
 */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "failure.h"
#include "json.h"
#include "names.h"
#include "parameters.h"
#include "routes.h"
#include "segment.h"
#include "text.h"
#include "value.h"

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

static void write_time(struct json *json, const char *name, int64_t time_ns)
{
    value_json(json, name, VALUE_TIME, &(struct value){.integer = time_ns});
}

static void write_seconds(struct json *json, const char *name, double seconds)
{
    value_json(json, name, VALUE_SECONDS, &(struct value){.real = seconds});
}

static void write_process(struct json *json, pid_t pid, pid_t tid, const char *label)
{
    json_integer(json, "pid", pid);
    if (tid)
        json_integer(json, "tid", tid);
    else
        json_text(json, "tid", NULL);
    json_text(json, "label", *label ? label : NULL);
}

static void write_tally(struct json *json, const char *name, connstat_t *cs,
                        const uint64_t counts[CONNSTAT_MAX_TYPES])
{
    const char *names[CONNSTAT_MAX_TYPES];
    size_t count = segment_count_names(cs, names);
    json_open(json, name, '{');
    for (size_t i = 0; i < count; i++)
        json_unsigned(json, names[i], counts[i]);
    json_close(json);
}

static void write_worker(struct json *json, connstat_t *cs, const struct worker_copy *copy)
{
    const struct connstat_worker *worker = &copy->worker;
    json_open(json, NULL, '{');
    write_process(json, worker->pid, worker->tid, copy->label);
    json_unsigned(json, "live_total", worker->live_total);
    json_unsigned(json, "opened", worker->opened);
    json_unsigned(json, "closed", worker->closed);
    write_time(json, "joined_at", worker->joined_at_ns);
    write_seconds(json, "age_s", text_age_seconds(worker->joined_at_ns));
    json_bool(json, "foreign", worker->foreign);
    json_bool(json, "keeps_on_exec", worker->keeps_on_exec);
    write_tally(json, "live", cs, worker->live);
    json_close(json);
}

static struct json start_rows(struct request *request, const char *rows, uint64_t total)
{
    struct json json = json_start(request->out);
    json_open(&json, NULL, '{');
    json_unsigned(&json, "schema", SCHEMA);
    json_text(&json, "segment", segment_name(request->server->attachment.name));
    json_unsigned(&json, "total", total);
    json_open(&json, rows, '[');
    return json;
}

static void end_rows(struct json *json)
{
    json_close(json);
    json_close(json);
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
    struct json json = start_rows(request, "workers", workers.count);
    for (uint64_t i = page.offset; i < workers.count && i - page.offset < page.limit; i++)
        write_worker(&json, request->cs, &workers.copies[i]);
    end_rows(&json);
    free(workers.copies);
    return MHD_HTTP_OK;
}

/* The segment keeps so many; they are visited the oldest first and told the latest first. */
#define DEATHS_KEPT 256

struct death_copy {
    struct connstat_death death;
    char label[CONNSTAT_LABEL_BYTES];
};

struct deaths {
    struct death_copy *copies; /* DEATHS_KEPT of them, a ring */
    size_t count;
    uint64_t limit, before;
};

static unsigned take_deaths(struct request *request, const char *name, const char *value, void *arg)
{
    struct deaths *deaths = arg;
    if (strcmp(name, "limit") == 0)
        return parameter_number(request, name, value, 1, DEATHS_KEPT, &deaths->limit);
    return parameter_number(request, name, value, 1, UINT64_MAX, &deaths->before);
}

static int keep_death(const struct connstat_death *death, void *arg)
{
    struct deaths *deaths = arg;
    if (death->number >= deaths->before)
        return 0;
    struct death_copy *copy = &deaths->copies[deaths->count++ % DEATHS_KEPT];
    copy->death = *death;
    snprintf(copy->label, sizeof(copy->label), "%s", death->label);
    return 0;
}

static void write_death(struct json *json, connstat_t *cs, const struct death_copy *copy)
{
    const struct connstat_death *death = &copy->death;
    char signal[TEXT_NUMBER_BYTES];
    double lived_s = (double)(death->died_at_ns - death->joined_at_ns) / 1e9;
    json_open(json, NULL, '{');
    json_unsigned(json, "number", death->number);
    write_process(json, death->pid, death->tid, copy->label);
    json_text(json, "cause", name_of_cause(death->cause));
    if (death->cause == CONNSTAT_EXITED)
        json_integer(json, "status", death->status);
    else
        json_text(json, "status", NULL);
    json_text(json, "signal",
              death->cause == CONNSTAT_SIGNALLED
                  ? name_of_signal(death->status, signal, sizeof(signal))
                  : NULL);
    write_time(json, "joined_at", death->joined_at_ns);
    write_time(json, "died_at", death->died_at_ns);
    write_seconds(json, "lived_s", lived_s > 0 ? lived_s : 0);
    json_unsigned(json, "lost_total", death->lost_total);
    write_tally(json, "lost", cs, death->lost);
    json_close(json);
}

static unsigned write_deaths(struct request *request, struct deaths *deaths)
{
    struct connstat_totals totals;
    if (!request->cs || connstat_totals(request->cs, &totals) != 0 ||
        connstat_for_each_death(request->cs, keep_death, deaths) < 0)
        return request_no_segment(request);
    struct json json = start_rows(request, "deaths", totals.deaths);
    size_t kept = deaths->count < DEATHS_KEPT ? deaths->count : DEATHS_KEPT;
    for (size_t i = 0; i < kept && i < deaths->limit; i++)
        write_death(&json, request->cs, &deaths->copies[(deaths->count - 1 - i) % DEATHS_KEPT]);
    end_rows(&json);
    return MHD_HTTP_OK;
}

unsigned api_deaths(struct request *request)
{
    struct deaths deaths = {.limit = 100, .before = UINT64_MAX};
    unsigned status = parameters_read(request, take_deaths, &deaths);
    if (status)
        return status;
    deaths.copies = reallocarray(NULL, DEATHS_KEPT, sizeof(*deaths.copies));
    if (!deaths.copies)
        return request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
    status = write_deaths(request, &deaths);
    free(deaths.copies);
    return status;
}
