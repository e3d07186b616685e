/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Descriptors in a process that belongs to somebody else. None of ours is 0, 1 or 2: a host that
 * has closed those goes on writing to them.
 */
#ifndef LIB_DESCRIPTOR_H
#define LIB_DESCRIPTOR_H

#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>

/* open(2), with O_CLOEXEC. At no moment is the file to be had as 0, 1 or 2. Returns a descriptor or
 * a negative errno. */
int descriptor_open(const char *path, int flags, mode_t mode);

/* For what cannot be written to by mistake: the same descriptor, or one above 2 in its place, which
 * is closed where there is none. fd may be negative, with the reason in errno. Returns as above. */
int descriptor_raise(int fd);

/* A negative errno that is only so for the moment; anything else is a fact about this machine, or
 * this jail. */
static inline bool descriptor_is_scarce(int error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOMEM;
}

#endif
