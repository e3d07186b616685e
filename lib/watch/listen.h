/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Listens to a segment's file, by inotify. The kernel tells anybody who may read the file, in whatever
 * namespace, of two things:
 *   - The file's times were touched: somebody joined, or a table should grow.
 *   - A description that could write was closed: somebody died, became another program, left, or closed
 *     a handle.
 */
#ifndef LIB_LISTEN_H
#define LIB_LISTEN_H

#include "segment.h"

/* Returns a descriptor to poll, or a negative errno; -EMFILE also where this user has as many inotify
 * instances as the machine allows. The file is found by the segment's descriptor and /proc, or else by
 * path. */
int listen_open(const struct segment *segment, const char *path);

/* Reads all events that wait. True: a description that could write was closed. */
bool listen_take(int listener);

#endif
