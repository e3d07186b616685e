/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Names of types, kept for the life of the process: a handle may follow its name to a segment of
 * other types while somebody holds on to one.
 */
#ifndef LIB_NAMES_H
#define LIB_NAMES_H

/* The same text for the same name, always. NULL: no memory. */
const char *name_keep(const char *name);

#endif
