/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Whoever changes what a name leads to holds a lock, and has seen under it where the name leads:
 * so two of them cannot both. It is an OFD write lock on a file beside the segment, .NAME.lock,
 * which only those can open who may write to the segment: any lock on the segment itself could be
 * kept by whoever may read it. The kernel drops it with its holder. The file stays as long as the
 * segment, so that nobody else takes its name in a directory that all may write to.
 */
#ifndef LIB_NAME_LOCK_H
#define LIB_NAME_LOCK_H

#include "os/path.h"

/* Make the lock's file, with the owner of segment, for those who may write to it. Best effort:
 * name_lock makes it too. */
void name_lock_prepare(const struct path *path, int segment);

/* Returns a descriptor, whose closing unlocks; -EAGAIN the name does not lead to segment (any
 * more); -EBUSY another holds it, with wait for a second already; -EACCES and others. */
int name_lock(const struct path *path, int segment, bool wait);

/* The name leads to this segment now: whoever may write to it may lock it. */
void name_lock_hand_over(int lock, int segment);

/* With the lock, once the segment's name is gone. */
void name_lock_remove(const struct path *path);

#endif
