/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The last deaths, in order, each once. Reapers help each other: one that is killed or stopped in
 * the middle leaves nothing that another cannot finish, so a record waits for nobody.
 *
 *   1. n = deaths. Entry n of the ring is begun for a DEAD record, by one exchange of its subject.
 *   2. The entry's words are filled from the record.
 *   3. The record becomes BURIED.
 *   4. deaths becomes n + 1.
 *
 * Whoever finds entry n begun by another does steps 2 to 4 for it first.
 */
#ifndef SHM_OBITUARY_H
#define SHM_OBITUARY_H

#include "segment.h"

/* Write the obituary of a record that is DEAD as word, and make it BURIED. */
void obituary_write(const struct segment *s, uint32_t record, uint64_t word, int64_t now_ns);

/* Finish an entry that a reaper left half done. To be called before a BURIED record is released:
 * then its obituary is counted, and the record's next death cannot be taken for the one that the
 * entry was begun for. */
void obituary_finish(const struct segment *s, int64_t now_ns);

/* Notes how the holder of a record ended. The first answer stands. Called before the obituary is written, by
 * a reaper whom the kernel has told. If the worker keeps its entries over execve, the answer decides
 * whether it has left in order (record_has_left). Then it is noted before the record is marked dead,
 * and a reaper whom the kernel did not tell notes CONNSTAT_DIED. */
void obituary_set_cause(const struct segment *s, uint32_t record, uint64_t word, uint32_t cause,
                        uint32_t status);

struct obituary_text {
    uint64_t number; /* from 1 */
    uint32_t pid, tid, cause, status;
    int64_t joined_at_ms, died_at_ms;
    char label[36];
    uint64_t lost[MAX_TYPES];
};

/* Number of deaths; the obituaries max(1, n - 255) to n can be read. */
uint64_t obituary_last(const struct segment *s);

/* Reads one obituary. False: it was overwritten meanwhile, or it is damaged. */
bool obituary_read(const struct segment *s, uint64_t number, struct obituary_text *text);

#endif
