/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What happens if the owner of a segment cuts its file while we look. A process that touches a mapped page
 * which the file no longer has gets SIGBUS, and dies. The library is a guest, and sets no signal
 * handler; this program sets one. It maps a page of zeros there, which reads as "nothing is here", and
 * says so once. Whatever is read from a segment is checked before it is used in any case.
 */
#ifndef TOOLS_CUT_H
#define TOOLS_CUT_H

/* Prepares for segments whose files are cut. Called before the first segment is opened. */
void cut_survive(void);

/* What is done about a SIGBUS of any other kind, before it ends the process; NULL: nothing. */
void cut_otherwise(void (*handler)(int signal));

#endif
