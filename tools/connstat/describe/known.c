/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "describe/known.h"

#include "common/text.h"

int known_read(struct known *known, connstat_t *cs)
{
    struct connstat_info info;
    int untold = connstat_system_untold(cs);
    int error = untold < 0 ? untold : connstat_info(cs, &info);
    if (error == 0)
        *known =
            (struct known){.usage = untold == 0, .uptime = text_time_is_known(info.created_at_ns)};
    return error;
}
