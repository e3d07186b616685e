/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <connstat.h>

const char *connstat_version(void)
{
    return CONNSTAT_VERSION;
}
