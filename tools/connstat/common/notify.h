/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Tells systemd, or whoever set $NOTIFY_SOCKET, that a service is ready or stopping; see
 * sd_notify(3).
 */
#ifndef TOOLS_NOTIFY_H
#define TOOLS_NOTIFY_H

#define NOTIFY_READY    "READY=1"
#define NOTIFY_STOPPING "STOPPING=1"

/* state is NOTIFY_READY, NOTIFY_STOPPING or "STATUS=...". Does nothing where $NOTIFY_SOCKET is not
 * set. */
void notify(const char *state);

#endif
