/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Gives up the rights that a reader of one file does not need.
 */
#ifndef SERVE_PRIVILEGES_H
#define SERVE_PRIVILEGES_H

#include <stddef.h>

/* Root becomes another user for good, with the segments' groups and no other, so that they can
 * be read and not written; everybody gives up gaining privileges by exec. Before any thread.
 *
 * segments: the names of those served; with count 0 all of this machine.
 *
 * Without a user: nobody, where that user can reach the segments' directory, else its owner. Of
 * an owner who is root all capabilities go.
 *
 * Returns 0; a negative errno, with what is wrong in problem. */
int privileges_drop(const char *user, const char *const *segments, size_t count, char *problem,
                    size_t size);

#endif
