/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "common/failure.h"

#include <connstat.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void complain(const struct context *context, const char *format, va_list arguments)
{
    fflush(stdout);
    fputs("connstat", stderr);
    if (context && context->command)
        fprintf(stderr, " %s", context->command);
    fputs(": ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int usage_error(const struct context *context, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(context, format, arguments);
    va_end(arguments);
    if (context->command)
        fprintf(stderr, "\"connstat help %s\" tells its usage\n", context->command);
    else
        fputs("\"connstat help\" lists the commands\n", stderr);
    return STATUS_USAGE;
}

int failure(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(NULL, format, arguments);
    va_end(arguments);
    return STATUS_RUNTIME;
}

const char *segment_name(const char *name)
{
    if (name)
        return name;
    const char *from_environment = getenv("CONNSTAT_NAME");
    return from_environment && *from_environment ? from_environment : "default";
}

int segment_status(int error)
{
    switch (-error) {
    case 0:
        return STATUS_OK;
    case EINVAL:
        return STATUS_USAGE;
    case ENOENT:
        return STATUS_NO_SEGMENT;
    case EACCES:
    case EPERM:
    case EROFS:
        return STATUS_PERMISSION;
    case EBADMSG:
    case EISDIR:
    case EPROTO:
        return STATUS_DAMAGED;
    default:
        return STATUS_RUNTIME;
    }
}

struct others { /* the names of the segments there are */
    char text[256];
    int count;
};

static int add_name(const struct connstat_segment *segment, void *arg)
{
    enum { SHOWN = 5 };
    struct others *others = arg;
    size_t length = strlen(others->text);
    if (segment->status == 0 && others->count++ < SHOWN)
        snprintf(others->text + length, sizeof(others->text) - length, "%s%s",
                 length > 0 ? ", " : "", segment->name);
    return 0;
}

static void missing_advice(const char *name, const char *directory, char *buf, size_t size)
{
    struct others others = {.count = 0};
    connstat_for_each_segment(add_name, &others);
    if (others.count > 0)
        snprintf(buf, size,
                 "no segment \"%s\" in %s: there %s %s%s; choose with -n NAME or $CONNSTAT_NAME",
                 name, directory, others.count == 1 ? "is" : "are", others.text,
                 others.count > 5 ? " ... (\"connstat ls\" shows all)" : "");
    else
        snprintf(buf, size,
                 "no segment \"%s\" in %s: is the server running? "
                 "\"connstat ls\" shows what is there",
                 name, directory);
}

/* What is wrong with the file itself, where that is plain to see. */
static bool file_advice(const char *name, char *buf, size_t size)
{
    char path[512];
    struct stat st;
    const char *what = NULL;
    if (!connstat_path(name, path, sizeof(path)) || lstat(path, &st) != 0)
        return false;
    if (S_ISLNK(st.st_mode))
        what = "is a symbolic link, which is not followed";
    else if (S_ISDIR(st.st_mode))
        what = "is a directory";
    else if (!S_ISREG(st.st_mode))
        what = "is no regular file";
    if (what)
        snprintf(buf, size, "%s %s: remove it, or choose another name", path, what);
    else if (st.st_uid != 0 && st.st_uid != geteuid())
        snprintf(buf, size,
                 "%s belongs to user %u, neither you nor root: become that user, or choose another "
                 "name if a stranger has taken this one",
                 path, (unsigned)st.st_uid);
    else
        return false;
    return true;
}

char *segment_advice(const char *name, int error, char *buf, size_t size)
{
    char directory[256];
    if (!connstat_directory(directory, sizeof(directory)))
        strcpy(directory, "its directory");
    name = segment_name(name);

    switch (-error) {
    case EINVAL:
        snprintf(buf, size,
                 "\"%s\" is no name for a segment: 1 to 63 of A-Z a-z 0-9 . _ -, "
                 "not starting with a dot",
                 name);
        break;
    case ENOENT:
        missing_advice(name, directory, buf, size);
        break;
    case EACCES:
    case EPERM:
        if (file_advice(name, buf, size))
            break;
        snprintf(
            buf, size,
            "no permission for segment \"%s\" in %s: "
            "\"connstat ls\" shows its owner and mode; use that user, or a member of its group",
            name, directory);
        break;
    case EBADMSG:
    case EISDIR:
        if (file_advice(name, buf, size))
            break;
        snprintf(buf, size,
                 "segment \"%s\" in %s is damaged or no segment: restart its server, or "
                 "remove it with \"connstat destroy --force -n %s\"",
                 name, directory, name);
        break;
    case EPROTO:
        snprintf(buf, size,
                 "segment \"%s\" has another layout than connstat %s reads: "
                 "use the connstat of the version that its server was built with",
                 name, connstat_version());
        break;
    case ENOSPC:
        snprintf(buf, size,
                 "no memory for segment \"%s\" in %s: ask for less capacity, or enlarge that tmpfs",
                 name, directory);
        break;
    default:
        snprintf(buf, size, "segment \"%s\": %s", name, strerror(-error));
    }
    return buf;
}

int segment_failure(const char *name, int error)
{
    char advice[1024];
    failure("%s", segment_advice(name, error, advice, sizeof(advice)));
    return segment_status(error);
}

int visit_status(const char *name, int64_t visited)
{
    return visited < 0 ? segment_failure(name, (int)visited) : STATUS_OK;
}
