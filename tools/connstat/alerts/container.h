/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * In which container a worker runs, as far as this process's /proc shows it: the path of its control
 * group, which names a container, a pod or a service. A worker of another pid namespace has a number
 * of its own there; whoever sees that namespace from above, as a host sees its containers, finds the
 * process by it.
 */
#ifndef ALERTS_CONTAINER_H
#define ALERTS_CONTAINER_H

#include <connstat.h>
#include <stddef.h>

struct containers { /* of one look; starts as {0} */
    struct inner_process *processes;
    size_t count;
    bool looked;
};

#define CONTAINER_BYTES 256

/* The path of the worker's control group, in buf; NULL: out of sight. A longer one loses its
 * beginning. */
const char *container_of(struct containers *containers, const struct connstat_worker *worker,
                         char buf[CONTAINER_BYTES]);

/* The same from the text of /proc/PID/cgroup; for tests, too. */
const char *container_parse(const char *text, char buf[CONTAINER_BYTES]);

void containers_free(struct containers *containers);

#endif
