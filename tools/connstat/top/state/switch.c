/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <stdio.h>
#include <string.h>

#include "top/state/segments.h"

void top_switch(struct top *top, int step)
{
    struct top_names names = {.count = 0};
    top_find_names(top->context, &names);
    size_t at = top_place_among(&names, top->segment);
    if (names.count == 0 || (names.count == 1 && at == 0))
        return; /* there is no other one */
    if (at == names.count)
        at = 0; /* the one that was shown is not among them any more */
    else
        at = (at + names.count + (size_t)(step + (int)names.count)) % names.count;
    snprintf(top->segment, sizeof(top->segment), "%s", names.list[at]);
    connstat_close(top->cs);
    top->cs = NULL;
    top_home(top);
    memset(top->filters, 0, sizeof(top->filters));
    top_model_free(&top->model);
    alert_watch_free(&top->watch);
    top->alerts.count = 0;
    top->due_ns = top->segments_due_ns = 0;
    top_refresh(top);
}
