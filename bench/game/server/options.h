/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef GAME_OPTIONS_H
#define GAME_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct server_options {
    uint16_t port; /* 0: any free one */
    unsigned workers;
    const char *name;
    uint32_t capacity;             /* slots a type; 0: the library's default */
    uint32_t max_capacity;         /* slots that a type may grow to; 0: the library's default */
    uint32_t max_sockets_per_user; /* 0: any number */
    uint16_t ping_timeout;         /* seconds */
    bool tracking;
};

/* Read the command line; exits on --help (0) and on a mistake (2). */
struct server_options server_options_read(int argc, char **argv);

#endif
