/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef TOOLS_KEY_H
#define TOOLS_KEY_H

#include <connstat.h>

/* How a key is written: a number in decimal; a UUID; "ip:" and an address; otherwise a text of up
 * to 16 bytes. A text that consists of digits, or begins with "text:" or "ip:", has "text:" before
 * it. key_parse returns what connstat_key_text returns, or -EINVAL for no address; key_print
 * returns buf. */
#define KEY_BYTES 48
int key_parse(const char *text, struct connstat_key *key);
char *key_print(const struct connstat_key *key, char buf[KEY_BYTES]);

#endif
