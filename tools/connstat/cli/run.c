/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "cli/run.h"

int run_reading(const struct call *call, options_take take, segment_use use, void *arg)
{
    struct options options;
    if (!options_parse(&options, call, take, arg))
        return options.status;
    return segment_read(call->context, use, arg);
}

int run_writing(const struct call *call, options_take take, segment_use use, void *arg)
{
    struct options options;
    if (!options_parse(&options, call, take, arg))
        return options.status;
    return segment_write(call->context, use, arg);
}
