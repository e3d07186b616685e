/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "describe/death.h"

#include "common/text.h"
#include "format/names.h"

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
