/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Sums over the counters: what lives now, and what ever was. Readers only.
 */
#ifndef SHM_TALLY_H
#define SHM_TALLY_H

#include "slots/table.h"

/* Live entries of each type, over the ALIVE workers that are not hidden. Touches their shards
 * only, whatever the tables hold. */
void tally_live(const struct segment *s, const struct hidden *hidden, uint64_t live[MAX_TYPES]);

/* The same for one type. */
uint64_t tally_live_type(const struct segment *s, const struct hidden *hidden, uint32_t type);

struct worker_tally {
    uint64_t opened, closed; /* by this holder, over all types */
    int64_t live[MAX_TYPES];
};

/* What one record's holder has open (ALIVE), or had when it died (DEAD). */
void tally_record(const struct segment *s, uint32_t record, struct worker_tally *tally);

struct totals {
    uint64_t opened[MAX_TYPES], closed[MAX_TYPES], lost[MAX_TYPES];
};

/* Since the segment was made: opened = closed + lost + live; what a hidden worker had is lost. */
void tally_totals(const struct segment *s, const struct hidden *hidden, struct totals *totals);

/* Slots taken, over all types: also those of the dead that no sweep has come to yet. */
uint64_t tally_taken(const struct segment *s);

#endif
