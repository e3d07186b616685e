/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The lock of a name. Whoever changes to which file a segment's name leads holds it, and looks under it
 * where the name leads now; so no two processes change it at once. It is an OFD write lock on a file
 * beside the segment, .NAME.lock:
 *   - Only those can open that file who may write to the segment. A lock on the segment itself could be
 *     held for ever by anybody who may read it.
 *   - The kernel drops the lock when its holder dies.
 *   - The file stays as long as the segment, so that in a directory that all may write to nobody else
 *     can put a file of that name there.
 */
#ifndef LIB_NAME_LOCK_H
#define LIB_NAME_LOCK_H

#include "os/path.h"

/* Makes the lock's file for a new segment, with the segment's owner and for those who may write to the
 * segment. If that fails, name_lock makes it when it is needed. */
void name_lock_prepare(const struct path *path, int segment);

/* Takes the lock, if the name leads to `segment`. Returns a descriptor, which unlocks when it is closed;
 * -EAGAIN: the name leads elsewhere; -EBUSY: another process holds the lock (with wait, for a second
 * already); -EACCES and others. */
int name_lock(const struct path *path, int segment, bool wait);

/* Called with the lock held, when the name leads to a new segment: from now on those may lock it who may
 * write to the new one. */
void name_lock_hand_over(int lock, int segment);

/* Removes the lock's file. Called with the lock held, once the segment's name is gone. */
void name_lock_remove(const struct path *path);

#endif
