/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Keeps names of types as long as the process lives. connstat_type_name returns them, and its caller
 * may use one after the handle was closed or has gone on to a segment with other types.
 */
#ifndef LIB_NAMES_H
#define LIB_NAMES_H

/* Returns a copy of this name that stays valid for ever, and mostly the same one each time. NULL: no
 * memory. */
const char *name_keep(const char *name);

#endif
