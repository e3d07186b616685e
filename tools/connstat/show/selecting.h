/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The options that say which entries a command is about.
 */
#ifndef TOOLS_SELECTING_H
#define TOOLS_SELECTING_H

#include "cli/options.h"
#include "cli/segment.h"
#include "query/select.h"

enum { OPTION_OLDER = OPTION_LONG + 100, OPTION_IDLE, OPTION_OR };

/* The rows of these options, for a command's option table. */
#define SELECTING_OPTIONS                                                                          \
    {'t',         "type",                                                                          \
     "TYPE",      "of this type only; repeatable, for several",                                    \
     CHOOSE_TYPE, .is_repeatable = true},                                                          \
        {'w',         "where",                                                                     \
         "CONDITION", "FIELD=VALUE; see above; repeatable: all of them must hold",                 \
         NULL,        .is_repeatable = true},                                                      \
        {OPTION_OR, "or", NULL, "one --where is enough", NULL},                                    \
        {'W', "worker", "PID", "of this worker only", CHOOSE_PID},                                 \
        {OPTION_OLDER, "older", "TIME", "that have lived for 10m, 2h, 1d ... or longer", NULL},    \
        {OPTION_IDLE, "idle", "TIME", "that have done nothing for 10m, 2h ... or longer", NULL},   \
    {                                                                                              \
        'k', "key", "KEY", "registered with this key: a number, a UUID, ip:ADDRESS or a text",     \
            NULL                                                                                   \
    }

struct selecting {           /* starts as {0} */
    struct type_names types; /* with none, all types */
    const char *wheres[SELECT_MAX_WHERES + 1];
    size_t where_count;
    struct selection selection;
};

/* For options_take: take one of these options. False: its value is wrong, which was printed. */
bool selecting_take(struct options *options, int id, struct selecting *selecting);

/* Read the conditions, once all options are known: .selection.source may have been set meanwhile.
 * Returns STATUS_OK, or that of the error that was printed. */
int selecting_read(struct selecting *selecting, const struct context *context);

/* Look up what they mean in this segment. False: it has no such type, which was printed; *status is
 * set. */
bool selecting_bind(struct selecting *selecting, const struct context *context, connstat_t *cs,
                    int *status);

/* Print on standard error what may surprise in the answer. */
void selecting_remarks(const struct selecting *selecting);

#endif
