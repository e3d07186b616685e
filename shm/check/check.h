/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Every invariant of FORMAT.md, looked at from outside, while the workers go on. What is merely in
 * motion is no violation: a finding counts if the words it rests on have not changed.
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

/* Slots, the taken map, owners, what they touched, the payload of entries. Returns 0 or -ENOMEM:
 * nothing was looked at. */
int check_slots(const struct segment *s, struct check *check);

/* The index of keys. */
void check_index(const struct segment *s, struct check *check);

/* Records, the live map, the extra shards. */
void check_records(const struct segment *s, struct check *check);

/* One look at whether each living worker's counters say what its slots say: adds to
 * suspects[record] where they do not, sets 0 where they do or where they moved meanwhile. Returns 0
 * or -ENOMEM: nothing was looked at. */
int check_counters(const struct segment *s, uint8_t *suspects);

void check_report(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Mend what can be mended without waiting for anybody, as the living record me: free slots that
 * the map hides, slots of nobody, living workers missing from the live map. Returns how many. */
int check_mend(const struct segment *s, uint32_t me);

#endif
