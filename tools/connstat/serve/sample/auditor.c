/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/sample/auditor.h"

#include "common/clock.h"

#define NS_PER_SECOND INT64_C(1000000000)

static void forget_before(struct auditor *auditor)
{
    if (auditor->has_before)
        look_free(&auditor->before);
    auditor->has_before = false;
}

static void look_again(struct auditor *auditor, connstat_t *cs)
{
    char problem[512];
    struct look look;
    bool was_first = !auditor->has_before;
    if (look_take(&look, cs, NULL, problem, sizeof(problem)) < 0) {
        auditor->found = (struct watched_sockets){.known = false};
    } else if (was_first && look.leak_count + look.unnamed_count > 0) {
        auditor->before = look;
        auditor->has_before = true;
        return;
    } else {
        if (!was_first)
            look_keep_common(&look, &auditor->before);
        auditor->found = look_conclude(&look, cs);
    }
    look_free(&look);
    forget_before(auditor);
}

void auditor_tick(struct auditor *auditor, connstat_t *cs)
{
    int64_t now_ns = clock_monotonic_ns();
    if (auditor->period_seconds <= 0 || now_ns < auditor->next_ns)
        return;
    if (!cs) {
        forget_before(auditor);
        auditor->found = (struct watched_sockets){.known = false};
        return;
    }
    look_again(auditor, cs);
    double wait_s = auditor->has_before ? 1 : auditor->period_seconds;
    auditor->next_ns = now_ns + (int64_t)(wait_s * (double)NS_PER_SECOND);
}

void auditor_free(struct auditor *auditor)
{
    forget_before(auditor);
}
