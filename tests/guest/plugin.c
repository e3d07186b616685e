/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A plugin with the archive of libconnstat inside, which shows none of it.
 */
#include <connstat.h>

int plugin_live(void);

static connstat_t *cs;

/* Opens once, registers and unregisters; what the first call that fails said. */
__attribute__((visibility("default"))) int plugin_live(void)
{
    connstat_id id;
    int error = cs == NULL ? connstat_open(&cs, "test", 0) : 0;

    if (error == 0)
        error = connstat_register(cs, 0, NULL, 0, &id);
    return error < 0 ? error : connstat_unregister(cs, id);
}
