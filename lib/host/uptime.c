/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <connstat.h>

#include <inttypes.h>
#include <stdio.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

char *connstat_format_uptime(uint64_t seconds, char *buf, size_t size)
{
    const struct {
        uint64_t count;
        char unit;
    } parts[] = {{seconds / DAY, 'd'}, {seconds % DAY / HOUR, 'h'}, {seconds % HOUR / MINUTE, 'm'}};
    char text[32] = "< 1m"; /* the longest is 213503982334600d 23h 59m */
    size_t used = 0;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i].count > 0)
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%" PRIu64 "%c",
                                     used > 0 ? " " : "", parts[i].count, parts[i].unit);
    if (size > 0)
        snprintf(buf, size, "%s", text);
    return buf;
}
