/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "alerts/worker_row.h"

#include "common/color.h"
#include "common/text.h"

const struct column worker_columns[WORKER_COLUMNS] = {
    {"pid", "WORKER", VALUE_NUMBER},
    {"tid", "THREAD", VALUE_NUMBER, .wide = true},
    {"label", "LABEL", VALUE_TEXT},
    {"live_total", "ENTRIES", VALUE_COUNT},
    {"opened", "OPENED", VALUE_COUNT},
    {"closed", "CLOSED", VALUE_COUNT},
    {"joined_at", "JOINED", VALUE_TIME, .wide = true},
    {"age_s", "AGE", VALUE_SECONDS},
    {"foreign", "FOREIGN", VALUE_BOOL, .wide = true},
    {"keeps_on_exec", "KEEPS ON EXEC", VALUE_BOOL, .wide = true},
    {NULL, "STATE", VALUE_TEXT},
    {NULL, "IDLE", VALUE_SECONDS},
    {"live", "OF TYPE", VALUE_TALLY},
    {"state", NULL, VALUE_TEXT}, /* programs find new columns at the end */
    {"idle_s", NULL, VALUE_SECONDS},
    {"pid_namespace", "NAMESPACE", VALUE_NUMBER, .wide = true},
    {NULL, "CONTAINER", VALUE_TEXT},
    {"container", NULL, VALUE_TEXT},
    {"locked", "LOCKED", VALUE_BOOL, .wide = true},
};

/* The time since its last registration, as far as that is known. */
static struct value idle_of(const struct watched_worker *worker)
{
    return (struct value){.real = worker ? text_age_seconds(worker->registered_at_ns) : 0,
                          .none = !worker};
}

static struct value state_of(const struct watched_worker *worker)
{
    const char *state = worker ? name_of_state(worker->state) : NULL;
    bool stands = worker && (worker->state == PROCESS_STOPPED || worker->state == PROCESS_TRACED);
    return (struct value){.text = state, .none = !state, .color = stands ? COLOR_RED : NULL};
}

const struct value *worker_values(const struct connstat_worker *worker,
                                  const struct watched_worker *watched, const char *container,
                                  const char *const *names, size_t type_count,
                                  struct worker_row *row)
{
    struct value *value = row->values;
    *value++ = (struct value){.integer = worker->pid};
    *value++ = (struct value){.integer = worker->tid, .none = worker->tid == 0};
    *value++ = (struct value){.text = worker->label, .none = *worker->label == '\0'};
    *value++ = (struct value){.count = worker->live_total};
    *value++ = (struct value){.count = worker->opened};
    *value++ = (struct value){.count = worker->closed};
    *value++ = (struct value){.integer = worker->joined_at_ns};
    *value++ = (struct value){.real = text_age_seconds(worker->joined_at_ns)};
    *value++ = (struct value){.boolean = worker->foreign};
    *value++ = (struct value){.boolean = worker->keeps_on_exec};
    *value++ = state_of(watched);
    *value++ = idle_of(watched);
    *value++ = (struct value){.tally = {names, worker->live, type_count}};
    *value++ = state_of(watched);
    *value++ = idle_of(watched);
    *value++ = (struct value){.integer = (int64_t)worker->pid_namespace,
                              .none = worker->pid_namespace == 0};
    *value++ = (struct value){.text = container ? container : "out of sight"};
    *value++ = (struct value){.text = container, .none = !container};
    *value = (struct value){.boolean = worker->locked};
    return row->values;
}
