/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What an operator must know before anything else, the gravest first.
 */
#include "common/failure.h"
#include "common/text.h"
#include "format/names.h"
#include "show/deaths.h"
#include "top/state.h"

#define RECENT_SECONDS 60.0

static void gone(const struct top *top, struct buffer *words)
{
    buffer_format(words, "segment \"%s\" is gone since ", segment_name(top->context->segment));
    top_cell_duration(words, (double)(top->data.now_ns - top->gone_since_ns) / 1e9);
    char advice[1024];
    if (segment_status(top->gone_error) == STATUS_NO_SEGMENT)
        buffer_text(words, ": waiting for it to come back; is the server running?");
    else
        buffer_format(
            words, ": %s",
            segment_advice(top->context->segment, top->gone_error, advice, sizeof(advice)));
}

static const struct top_type *refusing_type(const struct top *top)
{
    for (size_t i = 0; i < top->model.type_count; i++) {
        if (top->model.types[i].refusing)
            return &top->model.types[i];
    }
    return NULL;
}

static void refusing(const struct top_type *type, struct buffer *words)
{
    int most = 0;
    for (int i = 1; i < CONNSTAT_REFUSAL_COUNT; i++) {
        if (type->refused_by[i] > type->refused_by[most])
            most = i;
    }
    buffer_text(words, "refusing ");
    buffer_safe(words, type->name);
    buffer_format(words, " (%s): ", name_of_refusal(most));
    top_cell_count(words, type->refused);
    buffer_text(words, " refused so far");
    if (most == CONNSTAT_REFUSED_FULL)
        buffer_text(words, "; create the segment with more capacity");
}

static bool died_recently(const struct top *top)
{
    return top->model.death_count > 0 &&
           (double)(top->data.now_ns - top->model.deaths[0].died_at_ns) / 1e9 < RECENT_SECONDS;
}

static void death(const struct top *top, struct buffer *words)
{
    const struct top_death *last = &top->model.deaths[0];
    death_print(words, &(struct connstat_death){
                           .pid = last->pid,
                           .tid = last->tid,
                           .label = last->label,
                           .cause = last->cause,
                           .status = last->status,
                           .died_at_ns = last->died_at_ns,
                           .lost_total = last->lost_total,
                       });
}

enum top_look top_alert(const struct top *top, struct buffer *words)
{
    const struct top_type *type = refusing_type(top);
    if (top->gone_since_ns != 0) {
        gone(top, words);
        return LOOK_BAD;
    }
    if (top->replaced_at_ns != 0 &&
        (double)(top->data.now_ns - top->replaced_at_ns) / 1e9 < RECENT_SECONDS / 4) {
        buffer_text(words, "another segment took the name: counting anew");
        return LOOK_WARN;
    }
    if (type) {
        refusing(type, words);
        return LOOK_BAD;
    }
    if (died_recently(top)) {
        death(top, words);
        return LOOK_WARN;
    }
    if (top->model.worker_count == 0) {
        buffer_text(words, "no worker: the server is down, or nobody has registered yet");
        return LOOK_WARN;
    }
    if (top->model.info.reapers == 0) {
        buffer_text(words, "nobody clears up after dead workers: start a reaper");
        return LOOK_WARN;
    }
    return LOOK_PLAIN;
}
