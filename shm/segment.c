/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "segment.h"

#include <sys/stat.h>

bool segment_has_file(const struct segment *s, struct stat *st)
{
    return fstat(s->fd, st) == 0 && st->st_dev == s->device && st->st_ino == s->inode;
}
