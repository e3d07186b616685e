/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Checks every invariant of FORMAT.md from outside, while the workers go on working. A check looks at
 * several words one after the other, and a worker may change one in between: then they contradict
 * each other though nothing is wrong. So each finding is reported only if the word that it rests on
 * is still the same after the look.
 */
#ifndef SHM_CHECK_H
#define SHM_CHECK_H

#include "segment.h"

struct check {
    void (*report)(const char *message, void *arg); /* may be NULL */
    void *arg;
    /* Whether bytes are metadata; 0 or a negative errno. The segment stores bytes and does not know
     * what they mean, so the caller brings the rule. */
    int (*validate)(const void *bytes, size_t size);
    int violations;
};

/* Checks each slot against the taken map, its owner's record and touched map, and the payload of each
 * entry. Returns 0, or -ENOMEM: then nothing was checked. */
int check_slots(const struct segment *s, struct check *check);

/* Checks that the growth log has nothing behind its end. */
void check_growth_log(const struct segment *s, struct check *check);

/* Checks that each entry with a key is found under it, and that each cell of the index has a slot. */
void check_index(const struct segment *s, struct check *check);

/* Checks the records, the live map, and who holds the extra shards. */
void check_records(const struct segment *s, struct check *check);

/* Compares, once, the counters of each living worker with the number of its entries. Adds 1 to
 * suspects[record] where they differ; sets it to 0 where they agree, or where the counters changed
 * during the look. One difference proves nothing (an entry is counted a little before it can be
 * seen), so the caller looks several times. Returns 0, or -ENOMEM: then nothing was compared. */
int check_counters(const struct segment *s, uint8_t *suspects);

void check_report(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Mends what can be mended without waiting for anybody; returns how many things it mended.
 *   - A free slot that is marked taken is marked free.
 *   - A slot whose owner is free, or no record at all, is emptied.
 *   - A living worker that is missing from the live map is put into it.
 * me: a record of the caller's that is ALIVE; it owns the slots while they are emptied, so that they
 * are swept if the caller dies. */
int check_mend(const struct segment *s, uint32_t me);

#endif
