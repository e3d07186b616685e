/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Opens descriptors in a process that belongs to somebody else. None of ours is ever 0, 1 or 2: a host
 * may have closed these and still write to them, and would write into our file.
 */
#ifndef LIB_DESCRIPTOR_H
#define LIB_DESCRIPTOR_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* open(2) with O_CLOEXEC. At no moment can the file be reached by the numbers 0, 1 or 2. Returns a
 * descriptor or a negative errno. */
int descriptor_open(const char *path, int flags, mode_t mode);

/* Moves a descriptor above 2, for files to which a stray write does no harm. Returns fd itself or its
 * new number; or a negative errno, and then fd is closed. A negative fd, with the reason in errno, gives
 * that errno. */
int descriptor_raise(int fd);

/* Is this negative errno one that may pass (no descriptor, no memory)? Any other is a fact about this
 * machine or this jail, and will come again. */
static inline bool descriptor_is_scarce(int error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOMEM;
}

/* Can the file system of this file take so many bytes more? A look: others may take them in the next
 * moment. True where it has no limit, or does not tell. */
bool descriptor_has_room(int fd, uint64_t bytes);

#endif
