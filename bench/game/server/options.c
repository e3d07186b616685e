/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "server/options.h"
#include "process.h"
#include "server/presence.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "Usage: gameserver [options]\n"
    "A prefork WebSocket server that speaks Phoenix Channels (v2, JSON) on\n"
    "ws://127.0.0.1:PORT/socket/websocket?vsn=2.0.0&user_id=ID and tracks its clients in "
    "connstat.\n"
    "\n"
    "  --port PORT               default 4000; 0: any free one, printed\n"
    "  --workers N               1 to 64, default 4\n"
    "  --name NAME               of the segment, default \"game\"\n"
    "  --capacity N              slots a type of connection, default 16384, growing\n"
    "  --max-capacity N          slots that a type may grow to, default 1048576; with\n"
    "                            --capacity: that, so that none grows\n"
    "  --max-sockets-per-user N  one more is refused with HTTP 403; default: no limit\n"
    "  --ping-timeout SECONDS    a client silent for so long is gone, 2 to 3600, default 60\n"
    "  --no-tracking             do not use connstat: no counts, no limit of sockets\n"
    "  --help\n";

struct server_options server_options_read(int argc, char **argv)
{
    static const struct option longs[] = {
        {"port", required_argument, NULL, 'p'},
        {"workers", required_argument, NULL, 'w'},
        {"name", required_argument, NULL, 'n'},
        {"capacity", required_argument, NULL, 'c'},
        {"max-capacity", required_argument, NULL, 'C'},
        {"max-sockets-per-user", required_argument, NULL, 'm'},
        {"ping-timeout", required_argument, NULL, 't'},
        {"no-tracking", no_argument, NULL, 'x'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct server_options options = {
        .port = 4000, .workers = 4, .name = "game", .ping_timeout = 60, .tracking = true};
    int c;

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'p':
            options.port = (uint16_t)number_read("port", optarg, 0, 65535);
            break;
        case 'w':
            options.workers = (unsigned)number_read("workers", optarg, 1, ROSTER_WORKERS_MAX);
            break;
        case 'n':
            options.name = optarg;
            break;
        case 'c':
            options.capacity = (uint32_t)number_read("capacity", optarg, 1, 1 << 24);
            break;
        case 'C':
            options.max_capacity = (uint32_t)number_read("max-capacity", optarg, 1, 1 << 24);
            break;
        case 'm':
            options.max_sockets_per_user =
                (uint32_t)number_read("max-sockets-per-user", optarg, 1, 1 << 24);
            break;
        case 't':
            options.ping_timeout = (uint16_t)number_read("ping-timeout", optarg, 2, 3600);
            break;
        case 'x':
            options.tracking = false;
            break;
        case 'h':
            fputs(usage, stdout);
            exit(0);
        default:
            exit(2); /* getopt has said why */
        }
    }
    if (optind < argc) {
        fprintf(stderr, "gameserver takes no argument \"%s\"; see --help\n", argv[optind]);
        exit(2);
    }
    return options;
}
