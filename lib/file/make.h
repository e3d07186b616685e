/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The two steps of making a segment's file. Replacing one takes them, too.
 */
#ifndef LIB_MAKE_H
#define LIB_MAKE_H

#include "file/file.h"

/* Makes a whole segment in a file without a name. If we are killed anywhere in here, the kernel removes
 * the file. */
int file_make_nameless(struct mapping *mapping, const struct path *path,
                       const struct file_rights *rights);

/* Gives a file without a name a name that is free. Returns 0; -EEXIST: the name is taken, which is all
 * that kept it from working; -EOPNOTSUPP: it is possible neither by /proc nor without; ... */
int file_give_name(const struct mapping *mapping, const char *name);

#endif
