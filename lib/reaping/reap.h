/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Reaping: finding out who died, hiding its entries by one store, burying it, sweeping after it.
 * Any number of reapers may be at it, in any processes; none waits for another.
 */
#ifndef LIB_REAP_H
#define LIB_REAP_H

#include "process/attachment.h"
#include "process/lane.h"

/* One pass on a read-write attachment. look_for_exec: also find workers that became another
 * program. Returns how many records it cleared. */
int reap_pass(struct attachment *a, bool look_for_exec);

/* The same, and what a reaper does besides: tables that are nearly full grow. */
int reap_and_grow(struct attachment *a, bool look_for_exec);

/* One pass on a read-only attachment: hides the entries of the dead from this attachment alone. */
int reap_private(struct attachment *a);

/* From within a registration that found its table full, or a joining (no seat yet) that found no
 * record. True: there was somebody to clear, so it is worth another look. */
bool reap_help(struct attachment *a, struct seat *seat);

/* This process's record among the reapers, taken if need be. False: none to be had. */
bool reap_record(struct attachment *a, uint32_t *record, uint64_t *word);

/* The attachment's watch, made if need be. Returns 0 or a negative errno. */
int reap_watch(struct attachment *a, struct watch **watch);

#endif
