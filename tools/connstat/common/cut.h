/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A segment whose owner cuts its file while we look. Who touches a mapped page that the file no longer
 * has gets SIGBUS, and dies. The library sets no signal handler, being a guest; this program does: it
 * puts a page of zeros where the file ended, which reads as "nothing is here", and says so once. What
 * is read is looked at with suspicion in any case.
 */
#ifndef TOOLS_CUT_H
#define TOOLS_CUT_H

/* Before a segment is opened. */
void cut_survive(void);

/* What is done about a SIGBUS of any other kind, before it ends the process; NULL: nothing. */
void cut_otherwise(void (*handler)(int signal));

#endif
