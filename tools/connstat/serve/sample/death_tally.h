/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Deaths by what killed them, for as long as this server runs. The segment keeps the last 256
 * deaths and a total; Prometheus wants a counter for each signal that never falls.
 */
#ifndef SERVE_DEATH_TALLY_H
#define SERVE_DEATH_TALLY_H

#include <connstat.h>
#include <pthread.h>

#define DEATH_SIGNALS 65 /* signals are 1 to 64; 0 is none */

struct death_counts {
    uint64_t by_signal[DEATH_SIGNALS];
    uint64_t exited, execed, died; /* .died: of these the kernel did not tell how */
};

struct death_tally {
    pthread_mutex_t lock;
    int64_t created_at_ns; /* when the segment was made whose deaths these are */
    uint64_t last;         /* number of the last death that was counted */
    struct death_counts counts;
};

void death_tally_init(struct death_tally *tally);

/* Count the deaths since the last update; of another segment than before, from the start. */
void death_tally_update(struct death_tally *tally, connstat_t *cs, int64_t created_at_ns);

struct death_counts death_tally_counts(struct death_tally *tally);

#endif
