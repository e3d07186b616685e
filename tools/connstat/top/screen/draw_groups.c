/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The screens of the fields to group by, and of the groups of one.
 */
#include <errno.h>
#include <stdio.h>

#include "common/text.h"
#include "top/screen/draw.h"

static void draw_table(struct top *top, int y)
{
    top_draw_alerts(top, y++, 1);
    top_draw_list(top, &top_here(top)->list, y, terminal_height() - y - 1, true);
    top_draw_footer(top, "esc back  q quit  h help  enter open  / filter  s sort  r reverse");
}

void top_draw_fields(struct top *top)
{
    char count[TEXT_NUMBER_BYTES], what[64];
    snprintf(what, sizeof(what), "%s %s: group them by which field?",
             text_count(top->fields.total, count, sizeof(count)),
             top->fields.total == 1 ? "entry" : "entries");
    draw_table(top, top_draw_path(top, top_draw_title(top), what));
}

void top_draw_groups(struct top *top)
{
    const struct top_groups *groups = &top->groups;
    char a[TEXT_NUMBER_BYTES], b[TEXT_NUMBER_BYTES];
    struct buffer what = {0};
    buffer_text(&what, "by ");
    buffer_safe(&what, top_here(top)->group_name);
    buffer_format(&what, ": %s %s in %s %s", text_count(groups->grouping.entry_count, a, sizeof(a)),
                  groups->grouping.entry_count == 1 ? "entry" : "entries",
                  text_count((uint64_t)groups->count, b, sizeof(b)),
                  groups->count == 1 ? "group" : "groups");
    if (groups->error == -E2BIG)
        buffer_text(&what, ", and there are more");
    if (what.bytes)
        draw_table(top, top_draw_path(top, top_draw_title(top), what.bytes));
    buffer_free(&what);
}
