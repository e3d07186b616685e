/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "alerts/container.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alerts/procstat.h"

struct inner_process { /* of a pid namespace below ours */
    uint64_t namespace;
    pid_t inner, here; /* its number there, and with us */
};

static bool read_of(pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, text, size - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

static uint64_t namespace_of(const char *process)
{
    char path[300];
    struct stat st;
    snprintf(path, sizeof(path), "/proc/%s/ns/pid", process);
    return stat(path, &st) < 0 ? 0 : st.st_ino;
}

/* The last number of the line NSpid is that of the innermost namespace. */
static pid_t inner_pid_of(pid_t pid)
{
    static const char name[] = "\nNSpid:";
    char text[4096];
    if (!read_of(pid, "status", text, sizeof(text)))
        return 0;
    const char *line = strstr(text, name);
    if (!line)
        return 0;
    line += sizeof(name) - 1;
    long number = 0;
    for (char *end; *line != '\n' && *line; line = end) {
        long next = strtol(line, &end, 10);
        if (end == line)
            break;
        number = next;
    }
    return (pid_t)number;
}

static int compare(const void *left, const void *right)
{
    const struct inner_process *a = left, *b = right;
    if (a->namespace != b->namespace)
        return a->namespace < b->namespace ? -1 : 1;
    return (a->inner > b->inner) - (a->inner < b->inner);
}

static void take(struct containers *containers, const char *name, size_t *room)
{
    uint64_t namespace = namespace_of(name);
    pid_t here = (pid_t)strtol(name, NULL, 10);
    if (namespace == 0)
        return;
    if (containers->count == *room) {
        size_t more = *room ? 2 * *room : 64;
        void *grown = reallocarray(containers->processes, more, sizeof(*containers->processes));
        if (!grown)
            return;
        containers->processes = grown;
        *room = more;
    }
    containers->processes[containers->count++] =
        (struct inner_process){.namespace = namespace, .inner = inner_pid_of(here), .here = here};
}

/* All processes that are not of our own namespace. Best effort: who is not found is out of sight. */
static void look(struct containers *containers)
{
    uint64_t own = namespace_of("self");
    DIR *proc = opendir("/proc");
    size_t room = 0;
    containers->looked = true;
    if (!proc)
        return;
    for (struct dirent *entry; (entry = readdir(proc)) != NULL;)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            namespace_of(entry->d_name) != own)
            take(containers, entry->d_name, &room);
    closedir(proc);
    if (containers->count > 0)
        qsort(containers->processes, containers->count, sizeof(*containers->processes), compare);
}

/* The pid that a worker has in our own pid namespace; 0: it has none, or /proc does not tell. */
static pid_t here_of(struct containers *containers, const struct connstat_worker *worker)
{
    struct inner_process key = {.namespace = worker->pid_namespace, .inner = worker->pid};
    if (!procstat_is_ours())
        return 0;
    if (!worker->foreign)
        return worker->pid;
    if (!containers->looked)
        look(containers);
    const struct inner_process *found =
        containers->count && key.namespace
            ? bsearch(&key, containers->processes, containers->count, sizeof(key), compare)
            : NULL;
    return found ? found->here : 0;
}

/* A line is "number:controllers:path"; version 2's number is 0. */
const char *container_parse(const char *text, char buf[CONTAINER_BYTES])
{
    const char *best = NULL;
    size_t length = 0;
    for (const char *line = text; *line; line += *line == '\n') {
        const char *controllers = strchr(line, ':');
        const char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        size_t line_length = strcspn(line, "\n");
        if (path && path < line + line_length) {
            size_t path_length = (size_t)(line + line_length - ++path);
            /* On a machine with both versions the one that is in use tells more than "/". */
            if (!best || (length == 1 && path_length > 1)) {
                best = path;
                length = path_length;
            }
        }
        line += line_length;
    }
    if (!best || length == 0)
        return NULL;
    size_t cut = length < CONTAINER_BYTES ? 0 : length - CONTAINER_BYTES + 1;
    memcpy(buf, best + cut, length - cut);
    buf[length - cut] = '\0';
    return buf;
}

const char *container_of(struct containers *containers, const struct connstat_worker *worker,
                         char buf[CONTAINER_BYTES])
{
    char text[4096];
    pid_t here = here_of(containers, worker);
    return here && read_of(here, "cgroup", text, sizeof(text)) ? container_parse(text, buf) : NULL;
}

void containers_free(struct containers *containers)
{
    free(containers->processes);
    *containers = (struct containers){0};
}
