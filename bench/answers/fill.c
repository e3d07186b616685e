/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * fill SEGMENT N: registers N entries, each of another user, says "ready", and keeps them until its
 * input ends.
 */
#include <connstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    connstat_t *cs;
    int error = argc == 3 ? connstat_open(&cs, argv[1], 0) : -1;
    for (long n = 0, count = error == 0 ? atol(argv[2]) : 0; n < count && error == 0; n++) {
        struct connstat_field fields[] = {
            connstat_int("user_id", n),
            connstat_text("addr", "10.0.0.7"),
            connstat_float("rtt_ms", (double)(n % 1000) / 10),
        };
        connstat_id id;
        error = connstat_register(cs, CONNSTAT_WS_SOCKET, fields, 3, &id);
    }
    if (error != 0) {
        fprintf(stderr, "fill: %s\n", strerror(-error));
        return 1;
    }
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    connstat_close(cs);
    return 0;
}
