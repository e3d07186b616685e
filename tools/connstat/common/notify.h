/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Telling systemd, or whoever gave us a $NOTIFY_SOCKET, how a service is. See sd_notify(3).
 */
#ifndef TOOLS_NOTIFY_H
#define TOOLS_NOTIFY_H

#define NOTIFY_READY    "READY=1"
#define NOTIFY_STOPPING "STOPPING=1"

/* Does nothing where there is no such socket. */
void notify(const char *state);

#endif
