/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What opening, making and replacing a segment's file share (file.c, make.c, replace.c).
 */
#ifndef LIB_FILE_PARTS_H
#define LIB_FILE_PARTS_H

#include "os/file.h"

#include <sys/stat.h>

/* A descriptor of what has the name, if it is a file that may be trusted so far; else a negative
 * errno. */
int file_open_descriptor(const struct path *path, bool read_only, struct stat *st);

/* Map fd, which the mapping takes over, by the geometry that it has. */
int file_map(struct mapping *mapping, int fd, bool read_only, const struct stat *st);

/* A whole segment without a name: killed anywhere in here, nothing is left. */
int file_make_nameless(struct mapping *mapping, const struct path *path,
                       const struct file_rights *rights);

/* Give a nameless file a name that is free. Returns 0; -EEXIST the name is taken, and it would have
 * worked otherwise; -EOPNOTSUPP neither /proc nor the kernel lets us; ... */
int file_give_name(const struct mapping *mapping, const char *name);

bool file_has_name(const struct mapping *mapping);

#endif
