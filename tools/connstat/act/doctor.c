/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat doctor: what could be wrong, and what to do about it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "alerts/alerts.h"
#include "cli/options.h"
#include "cli/segment.h"
#include "common/clock.h"
#include "common/color.h"
#include "common/failure.h"
#include "common/text.h"
#include "format/sheet.h"
#include "net/look.h"

enum verdict { FINE, WARNING, BROKEN };

static const struct column columns[] = {
    {"check", NULL, VALUE_TEXT},
    {"verdict", NULL, VALUE_TEXT},
    {"finding", NULL, VALUE_TEXT},
    {"advice", NULL, VALUE_TEXT},
};

struct examination {
    const struct context *context;
    bool for_people;
    struct sheet sheet;
    connstat_t *cs; /* NULL: cannot be opened */
    int status;     /* of the first thing that is broken */
    struct alerts alerts;
};

static void tell(struct examination *examination, const char *check, enum verdict verdict,
                 const char *advice, const char *format, ...) __attribute__((format(printf, 5, 6)));

static void tell(struct examination *examination, const char *check, enum verdict verdict,
                 const char *advice, const char *format, ...)
{
    static const char *const words[] = {"ok", "warning", "broken"};
    static const char *const colors[] = {COLOR_GREEN, COLOR_YELLOW, COLOR_RED};
    char finding[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding, sizeof(finding), format, arguments);
    va_end(arguments);

    if (!examination->for_people) {
        sheet_row(&examination->sheet, (struct value[]){{.text = check},
                                                        {.text = words[verdict]},
                                                        {.text = finding},
                                                        {.text = advice, .none = !advice}});
        return;
    }
    bool color = examination->context->color;
    printf("%s%-8s%s  %-10s  %s\n", color ? colors[verdict] : "", words[verdict],
           color ? COLOR_RESET : "", check, finding);
    if (advice)
        printf("%*s%s\n", 22, "", advice);
}

static void examine_directory(struct examination *examination)
{
    char directory[256] = "?", free_text[TEXT_NUMBER_BYTES];
    struct statvfs fs;
    connstat_directory(directory, sizeof(directory));
    if (statvfs(directory, &fs) < 0) {
        tell(examination, "directory", BROKEN, "make it, or let CONNSTAT_DIR name another one",
             "%s: %s", directory, strerror(errno));
        examination->status = segment_status(-errno);
        return;
    }
    double used =
        fs.f_blocks ? 100.0 * (double)(fs.f_blocks - fs.f_bavail) / (double)fs.f_blocks : 0;
    char used_text[TEXT_NUMBER_BYTES];
    uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    text_bytes(free_bytes, free_text, sizeof(free_text));
    tell(examination, "directory", used >= 90 ? WARNING : FINE,
         used >= 90 ? "a new segment may not fit: enlarge this tmpfs (mount -o remount,size=...)"
                    : NULL,
         "%s is %s %% full, %s free", directory, text_percent(used, used_text, sizeof(used_text)),
         free_text);
}

static void tell_alert(struct examination *examination, const struct alert *alert)
{
    tell(examination, check_of_alert(alert->kind), alert->level == ALERT_NOTE ? FINE : WARNING,
         *alert->advice ? alert->advice : NULL, "%s", alert->text);
}

static bool examine_segment(struct examination *examination)
{
    const char *name = segment_name(examination->context->segment);
    int error = connstat_open(&examination->cs, name, CONNSTAT_READ_ONLY);
    if (error < 0) {
        examination->cs = NULL;
        examination->status = segment_status(error);
        alerts_make_absent(&examination->alerts, name, error, clock_now_ns());
        for (size_t i = 0; i < examination->alerts.count; i++) {
            const struct alert *alert = &examination->alerts.rows[i];
            tell(examination, "segment", BROKEN, *alert->advice ? alert->advice : NULL, "%s",
                 alert->text);
        }
        return false;
    }
    connstat_reap(examination->cs);
    struct connstat_info info;
    char size[TEXT_NUMBER_BYTES], age[TEXT_NUMBER_BYTES];
    connstat_info(examination->cs, &info);
    text_bytes(info.size_bytes, size, sizeof(size));
    text_duration(text_age_seconds(info.created_at_ns), age, sizeof(age));
    tell(examination, "segment", FINE, NULL, "%s: %s, made %s ago", info.path, size, age);
    tell(examination, "layout", FINE, NULL, "version %u, which connstat %s reads",
         info.layout_version, connstat_version());
    return true;
}

static void fine_reaper(const struct alert_watch *watch, char *buf, size_t size)
{
    uint32_t reapers = watch->info.reapers;
    snprintf(buf, size, "%u process%s watch%s for deaths", reapers, reapers == 1 ? "" : "es",
             reapers == 1 ? "es" : "");
}

static void fine_workers(const struct alert_watch *watch, char *buf, size_t size)
{
    snprintf(buf, size, "%zu of at most %u live, none is stopped", watch->worker_count,
             watch->info.max_workers);
}

static void fine_deaths(const struct alert_watch *watch, char *buf, size_t size)
{
    char deaths[TEXT_NUMBER_BYTES];
    snprintf(buf, size, "%s died so far, none within the last minute",
             watch->deaths ? text_count(watch->deaths, deaths, sizeof(deaths)) : "none");
}

static void fine_capacity(const struct alert_watch *watch, char *buf, size_t size)
{
    char live[TEXT_NUMBER_BYTES], slots[TEXT_NUMBER_BYTES];
    size_t fullest = 0;
    for (size_t i = 1; i < watch->type_count; i++)
        if ((double)watch->counts.by_type[i] * (double)watch->capacity[fullest] >
            (double)watch->counts.by_type[fullest] * (double)watch->capacity[i])
            fullest = i;
    snprintf(buf, size, "every type has room; the fullest, %s, has %s of at most %s",
             watch->types[fullest], text_count(watch->counts.by_type[fullest], live, sizeof(live)),
             text_count((uint64_t)watch->capacity[fullest], slots, sizeof(slots)));
}

static void fine_refusals(const struct alert_watch *watch, char *buf, size_t size)
{
    (void)watch;
    snprintf(buf, size, "no registrations were refused so far");
}

static void fine_cluster(const struct alert_watch *watch, char *buf, size_t size)
{
    if (watch->cluster.all.clustered)
        snprintf(buf, size, "%u nodes, counted %u ms ago", watch->cluster.all.nodes,
                 watch->cluster.all.age_ms);
    else
        snprintf(buf, size, "this node alone%s",
                 watch->cluster.info.agent ? "" : ", without agent");
}

static void fine_sockets(const struct alert_watch *watch, char *buf, size_t size)
{
    snprintf(buf, size, "%s",
             watch->sockets.known
                 ? "every socket that an entry names is open, and every connection has an entry"
                 : "the kernel does not tell of the entries' sockets: \"connstat audit\" says why");
}

/* The checks, and for each the function that says what is well when no alert belongs to it. */
static const struct {
    const char *name;
    void (*fine)(const struct alert_watch *watch, char *buf, size_t size);
} checks[] = {
    {"reaper", fine_reaper},     {"workers", fine_workers},   {"deaths", fine_deaths},
    {"capacity", fine_capacity}, {"refusals", fine_refusals}, {"cluster", fine_cluster},
    {"sockets", fine_sockets},
};

static struct watched_sockets audit(connstat_t *cs)
{
    char problem[512];
    struct look look;
    struct watched_sockets found = {.known = false};
    if (look_twice(&look, cs, NULL, 1, problem, sizeof(problem)) == 0)
        found = look_conclude(&look, cs);
    look_free(&look);
    return found;
}

static void examine_alerts(struct examination *examination)
{
    const struct alerts *alerts = &examination->alerts;
    struct alert_watch watch = {0};
    int error = alert_watch_look(&watch, examination->cs);
    if (error != 0) {
        examination->status = segment_status(error);
        tell(examination, "segment", BROKEN, "try again", "it went away meanwhile");
        return;
    }
    watch.sockets = audit(examination->cs);
    alerts_make(&examination->alerts, &watch);
    for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
        char fine[256];
        size_t told = 0;
        for (size_t j = 0; j < alerts->count; j++) {
            if (strcmp(check_of_alert(alerts->rows[j].kind), checks[i].name) != 0)
                continue;
            tell_alert(examination, &alerts->rows[j]);
            told++;
        }
        checks[i].fine(&watch, fine, sizeof(fine));
        if (told == 0)
            tell(examination, checks[i].name, FINE, NULL, "%s", fine);
    }
    alert_watch_free(&watch);
}

/* What wakes a reaper when somebody joins, and at deaths in other namespaces. The limits are those of
 * a user, and this is the user's who asks. */
static void examine_events(struct examination *examination)
{
    struct connstat_info info;
    connstat_info(examination->cs, &info);
    int fd = inotify_init1(IN_CLOEXEC);
    int error = fd < 0 || inotify_add_watch(fd, info.path, IN_ATTRIB) < 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    if (error == 0) {
        tell(examination, "events", FINE, NULL, "the kernel tells of who joins and who dies");
        return;
    }
    tell(examination, "events", WARNING,
         error == EMFILE   ? "raise fs.inotify.max_user_instances (sysctl)"
         : error == ENOSPC ? "raise fs.inotify.max_user_watches (sysctl)"
                           : "let this user have inotify",
         "inotify is refused (%s): reapers of this user wake up ten times a second",
         strerror(error));
}

static void examine_consistency(struct examination *examination)
{
    int violations = connstat_check(examination->cs, NULL, NULL);
    if (violations <= 0) {
        tell(examination, "check", FINE, NULL, "every invariant holds");
        return;
    }
    examination->status = STATUS_DAMAGED;
    tell(examination, "check", BROKEN,
         "\"connstat check\" tells which; \"connstat check --repair\" "
         "mends what a sweep can",
         "%d invariants do not hold", violations);
}

static void examine(struct examination *examination)
{
    examine_directory(examination);
    if (!examine_segment(examination))
        return;
    examine_alerts(examination);
    examine_events(examination);
    examine_consistency(examination);
    connstat_close(examination->cs);
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    struct options options;
    if (!options_parse(&options, call, NULL, NULL))
        return options.status;

    struct examination examination = {.context = context, .for_people = for_people(context)};
    struct sheet_about about = {.rows = "checks", .segment = segment_name(context->segment)};
    if (!examination.for_people)
        sheet_start(&examination.sheet, context, columns, COLUMN_COUNT(columns), &about);
    examine(&examination);
    if (!examination.for_people)
        sheet_end(&examination.sheet);
    return examination.status;
}

const struct command command_doctor = {
    .name = "doctor",
    .summary = "what could be wrong, and what to do about it",
    .usage = "[OPTION]...",
    .details =
        "Is there a segment, may you read it, do versions fit, who reaps, is a worker stopped, is\n"
        "there one that nobody can judge, is there room, is the cluster up, is inotify refused,\n"
        "are entries or sockets leaked? "
        "The exit\nstatus is that of the first thing that is broken; warnings are 0.",
    .run = run,
};
