/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef TOOLS_KEY_H
#define TOOLS_KEY_H

#include <connstat.h>

/* A key: a decimal number; a UUID; ip: and an address; else text of up to 16 bytes. A text of digits
 * is written with text: before it, and so is one that starts with text: or ip: itself.
 * key_parse returns what connstat_key_text does, or -EINVAL: no address; key_print returns buf. */
#define KEY_BYTES 48
int key_parse(const char *text, struct connstat_key *key);
char *key_print(const struct connstat_key *key, char buf[KEY_BYTES]);

#endif
