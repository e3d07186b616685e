/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What happens to a segment's file, by inotify: somebody joined (the file's times were touched), or
 * closed a description that could write (died, became another program, left, closed a handle).
 * The kernel says so across namespaces and to anybody who may read the file.
 */
#ifndef LIB_LISTEN_H
#define LIB_LISTEN_H

#include "segment.h"

/* path: where /proc does not lead from the segment's descriptor to its file. Returns a descriptor to
 * poll, or a negative errno: -EMFILE also where this user has as many as the machine allows. */
int listen_open(const struct segment *segment, const char *path);

/* Take what waits. True: a description that could write was closed. */
bool listen_take(int listener);

#endif
