/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The steps of making a segment's file, which replacing one takes too.
 */
#ifndef LIB_MAKE_H
#define LIB_MAKE_H

#include "file/file.h"

/* A whole segment without a name: killed anywhere in here, nothing is left. */
int file_make_nameless(struct mapping *mapping, const struct path *path,
                       const struct file_rights *rights);

/* Give a nameless file a name that is free. Returns 0; -EEXIST the name is taken, and it would have
 * worked otherwise; -EOPNOTSUPP neither /proc nor the kernel lets us; ... */
int file_give_name(const struct mapping *mapping, const char *name);

#endif
