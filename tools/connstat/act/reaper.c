/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat reaper: the service that clears dead workers, for servers that cannot host a reaper.
 * One thread waits for the reaper descriptor of each segment and for signals.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/segment.h"
#include "common/failure.h"
#include "common/notify.h"
#include "common/output.h"
#include "describe/death.h"

enum {
    MAX_SEGMENTS = 64,
    LOOK_AGAIN_MS = 1000 /* how often to look whether a segment was replaced, removed or made */
};

static const struct command_option reaper_options[] = {
    {'w', "wait", NULL, "wait for segments that are not there yet, or are removed", NULL},
    {'q', "quiet", NULL, "do not report deaths on standard output", NULL},
    {0},
};

struct ward { /* a segment that this reaper looks after */
    const char *name;
    connstat_t *cs;      /* NULL: the segment does not exist at the moment */
    uint64_t last_death; /* reported */
};

struct reaper {
    bool wait, quiet;
    size_t count;
    struct ward wards[MAX_SEGMENTS];
    struct pollfd fds[MAX_SEGMENTS + 1]; /* one for each segment, and after them one for signals */
};

static int remember_death(const struct connstat_death *death, void *arg)
{
    struct ward *ward = arg;
    ward->last_death = death->number;
    return 0;
}

static int report_death(const struct connstat_death *death, void *arg)
{
    struct ward *ward = arg;
    if (death->number <= ward->last_death)
        return 0;
    ward->last_death = death->number;
    struct buffer sentence = {0};
    death_print(&sentence, death);
    printf("%s: %s\n", segment_name(ward->name), sentence.bytes ? sentence.bytes : "");
    buffer_free(&sentence);
    return 0;
}

/* Returns an enum status; STATUS_OK also where the segment does not exist and --wait was given. */
static int open_segment(struct reaper *reaper, struct ward *ward, struct pollfd *poll_fd)
{
    poll_fd->fd = -1;
    int error = connstat_open(&ward->cs, ward->name, 0);
    if (error < 0) {
        ward->cs = NULL;
        return reaper->wait && error == -ENOENT ? STATUS_OK : segment_failure(ward->name, error);
    }
    ward->last_death = 0;
    connstat_for_each_death(ward->cs, remember_death, ward);
    connstat_reap(ward->cs);
    poll_fd->fd = connstat_reaper_fd(ward->cs);
    poll_fd->events = POLLIN;
    return poll_fd->fd < 0 ? segment_failure(ward->name, poll_fd->fd) : STATUS_OK;
}

/* Open the segment that has the name now, where it is another one than before or did not exist. */
static int look_again(struct reaper *reaper, struct ward *ward, struct pollfd *poll_fd)
{
    struct connstat_info info;
    if (ward->cs && connstat_info(ward->cs, &info) == 0 && !info.retired)
        return STATUS_OK;
    connstat_close(ward->cs);
    ward->cs = NULL;
    return open_segment(reaper, ward, poll_fd);
}

static void tend(const struct reaper *reaper, struct ward *ward)
{
    connstat_reap(ward->cs);
    if (!reaper->quiet)
        connstat_for_each_death(ward->cs, report_death, ward);
}

static int tend_until_signal(struct reaper *reaper)
{
    const struct pollfd *signals = &reaper->fds[reaper->count];
    for (;;) {
        if (poll(reaper->fds, reaper->count + 1, LOOK_AGAIN_MS) < 0 && errno != EINTR)
            return failure("poll: %s", strerror(errno));
        if (signals->revents != 0)
            return STATUS_OK;
        for (size_t i = 0; i < reaper->count; i++) {
            if (reaper->wards[i].cs)
                tend(reaper, &reaper->wards[i]);
            int status = look_again(reaper, &reaper->wards[i], &reaper->fds[i]);
            if (status != STATUS_OK)
                return status;
        }
        output_flush();
    }
}

static int open_signals(struct pollfd *poll_fd)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    poll_fd->fd = signalfd(-1, &set, SFD_CLOEXEC);
    poll_fd->events = POLLIN;
    return poll_fd->fd < 0 ? failure("signalfd: %s", strerror(errno)) : STATUS_OK;
}

static int serve(struct reaper *reaper)
{
    int status = open_signals(&reaper->fds[reaper->count]);
    for (size_t i = 0; i < reaper->count && status == STATUS_OK; i++)
        status = open_segment(reaper, &reaper->wards[i], &reaper->fds[i]);
    if (status == STATUS_OK) {
        notify(NOTIFY_READY);
        status = tend_until_signal(reaper);
        notify(NOTIFY_STOPPING);
    }
    for (size_t i = 0; i < reaper->count; i++)
        connstat_close(reaper->wards[i].cs);
    if (reaper->fds[reaper->count].fd >= 0)
        close(reaper->fds[reaper->count].fd);
    return status;
}

static bool take_option(struct options *options, int id, void *arg)
{
    (void)options;
    struct reaper *reaper = arg;
    if (id == 'w')
        reaper->wait = true;
    else
        reaper->quiet = true;
    return true;
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    static struct reaper reaper;
    struct options options;
    if (!options_parse(&options, call, take_option, &reaper))
        return options.status;
    if (context->segment && options.operand_count > 0)
        return usage_error(context, "segments are named by -n or as arguments, not both");

    reaper.count = options.operand_count > 0 ? (size_t)options.operand_count : 1;
    for (size_t i = 0; i < reaper.count; i++)
        reaper.wards[i].name = options.operand_count > 0 ? options.operands[i] : context->segment;
    return serve(&reaper);
}

const struct command command_reaper = {
    .name = "reaper",
    .summary = "clear dead workers as they die, as a service",
    .usage = "[OPTION]... [SEGMENT]...",
    .details =
        "For servers that host no reaper themselves; any number of reapers get along. Reports "
        "each\n"
        "death in a line, tells systemd when it is ready, ends on SIGTERM and SIGINT, and follows\n"
        "a segment that is replaced.",
    .options = reaper_options,
    .operand_choices = CHOOSE_SEGMENT,
    .most_operands = MAX_SEGMENTS,
    .has_one_format = true,
    .run = run,
};
