/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What both programs ask of their command line and of the kernel.
 */
#ifndef GAME_PROCESS_H
#define GAME_PROCESS_H

/* Read a whole number from low to high; exits with 2 and a word about option on anything else. */
long number_read(const char *option, const char *text, long low, long high);

/* Raise the limit of descriptors to what is allowed, but not further than a number for which
 * libwebsockets can have a table. */
void raise_descriptor_limit(void);

#endif
