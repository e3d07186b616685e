/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A worker that keeps its entries goes on after an execve (connstat_keep_on_exec). Threads of the
 * program that it was may have been in the middle of any call then, and none of them will end it.
 */
#ifndef SHM_RESUME_H
#define SHM_RESUME_H

#include "segment.h"

/* Settle what they left, for the new program, of which nobody uses the record yet: an entry that was
 * being updated has its old metadata; one that was moving is in one of the two types, and LIVE; a
 * slot that was being filled or emptied is free; the record counts what it has; no spare is held.
 * Killed, or replaced by another program, in the middle: it is settled with its owner's death, or
 * once more. */
void resume_record(const struct segment *s, uint32_t record, uint64_t word);

#endif
