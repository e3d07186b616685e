/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "describe/death.h"

#include "format/names.h"

const struct column death_columns[DEATH_COLUMNS] = {
    {"number", NULL, VALUE_COUNT},     {"pid", NULL, VALUE_NUMBER},
    {"tid", NULL, VALUE_NUMBER},       {"label", NULL, VALUE_TEXT},
    {"cause", NULL, VALUE_TEXT},       {"status", NULL, VALUE_NUMBER},
    {"signal", NULL, VALUE_TEXT},      {"joined_at", NULL, VALUE_TIME},
    {"died_at", NULL, VALUE_TIME},     {"lived_s", NULL, VALUE_SECONDS},
    {"lost_total", NULL, VALUE_COUNT}, {"lost", NULL, VALUE_TALLY},
};

const struct value *death_values(const struct connstat_death *death, const char *const *names,
                                 size_t type_count, struct death_row *row)
{
    bool signalled = death->cause == CONNSTAT_SIGNALLED, exited = death->cause == CONNSTAT_EXITED;
    const char *signal =
        signalled ? name_of_signal(death->status, row->signal, sizeof(row->signal)) : NULL;
    double lived = text_span_seconds(death->joined_at_ns, death->died_at_ns);
    struct value *value = row->values;
    *value++ = (struct value){.count = death->number};
    *value++ = (struct value){.integer = death->pid};
    *value++ = (struct value){.integer = death->tid, .none = death->tid == 0};
    *value++ = (struct value){.text = death->label, .none = *death->label == '\0'};
    *value++ = (struct value){.text = name_of_cause(death->cause)};
    *value++ = (struct value){.integer = death->status, .none = !exited};
    *value++ = (struct value){.text = signal, .none = !signal};
    *value++ = (struct value){.integer = death->joined_at_ns};
    *value++ = (struct value){.integer = death->died_at_ns};
    *value++ = (struct value){.real = lived};
    *value++ = (struct value){.count = death->lost_total};
    *value = (struct value){.tally = {names, death->lost, type_count}};
    return row->values;
}

static void print_cause(struct buffer *buffer, const struct connstat_death *death)
{
    char signal[TEXT_NUMBER_BYTES];
    switch (death->cause) {
    case CONNSTAT_EXITED:
        buffer_format(buffer, "exited with status %d", death->status);
        break;
    case CONNSTAT_SIGNALLED:
        buffer_format(buffer, "killed by %s",
                      name_of_signal(death->status, signal, sizeof(signal)));
        break;
    case CONNSTAT_EXECED:
        buffer_text(buffer, "became another program");
        break;
    case CONNSTAT_DIED:
        buffer_text(buffer, "died");
        break;
    }
}

void death_print(struct buffer *buffer, const struct connstat_death *death)
{
    char ago[TEXT_NUMBER_BYTES], lost[TEXT_NUMBER_BYTES];
    buffer_format(buffer, "worker %d ", (int)death->pid);
    if (death->tid != 0)
        buffer_format(buffer, "thread %d ", (int)death->tid);
    if (*death->label != '\0') {
        buffer_text(buffer, "(");
        buffer_safe(buffer, death->label);
        buffer_text(buffer, ") ");
    }
    print_cause(buffer, death);
    text_duration(text_age_seconds(death->died_at_ns), ago, sizeof(ago));
    text_count(death->lost_total, lost, sizeof(lost));
    buffer_format(buffer, " %s ago, %s %s lost", ago, death->lost_total ? lost : "no",
                  death->lost_total == 1 ? "entry" : "entries");
}
