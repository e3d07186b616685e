/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "commands.h"

#ifdef HAVE_TOP
extern const struct command command_top;
#endif
extern const struct command command_counts;
extern const struct command command_list;
extern const struct command command_count;
extern const struct command command_get;
extern const struct command command_watch;
extern const struct command command_workers;
extern const struct command command_deaths;
extern const struct command command_totals;
extern const struct command command_system;
#ifdef HAVE_SERVE
extern const struct command command_serve;
#endif
extern const struct command command_ls;
extern const struct command command_create;
extern const struct command command_destroy;
extern const struct command command_resize;
extern const struct command command_reap;
extern const struct command command_reaper;
extern const struct command command_check;
extern const struct command command_audit;
extern const struct command command_doctor;
extern const struct command command_exec;
#ifdef HAVE_REDIS
extern const struct command command_cluster;
extern const struct command command_agent;
#endif
extern const struct command command_completion;
extern const struct command command_help;

const struct command *const commands[] = {
#ifdef HAVE_TOP
    &command_top,
#endif
    &command_counts,     &command_list,   &command_count,
    &command_get,        &command_watch,  &command_workers,
    &command_deaths,     &command_totals, &command_system,
#ifdef HAVE_SERVE
    &command_serve,
#endif
    &command_ls,         &command_create, &command_destroy,
    &command_resize,     &command_reap,   &command_reaper,
    &command_check,      &command_audit,  &command_doctor,
    &command_exec,
#ifdef HAVE_REDIS
    &command_cluster,    &command_agent,
#endif
    &command_completion, &command_help,   NULL,
};
