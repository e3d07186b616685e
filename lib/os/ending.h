/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How a process ended: by which signal, or with which exit status.
 */
#ifndef LIB_ENDING_H
#define LIB_ENDING_H

#include "os/identity.h"

/* Fills cause and status (enum connstat_cause) and returns true if the kernel tells. pidfd: one that
 * was opened while the process lived, or -1. */
bool ending_of(int pidfd, const struct identity *identity, uint32_t *cause, uint32_t *status);

#endif
