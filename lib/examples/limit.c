/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * At most three sockets a user, over all workers and whichever of them race. */
#include <connstat.h>
#include <errno.h>
#include <stdio.h>

enum { SOCKETS_A_USER = 3 };

int main(void)
{
    struct connstat_key user = connstat_key_u64(42);
    connstat_id ids[SOCKETS_A_USER + 1];
    connstat_t *cs;
    int error = connstat_create(&cs, "limit", NULL);

    if (error < 0)
        return fprintf(stderr, "limit: %s\n", connstat_strerror(error)), 1;
    for (int i = 0; i <= SOCKETS_A_USER; i++) {
        error =
            connstat_register_key(cs, CONNSTAT_WS_SOCKET, user, SOCKETS_A_USER, NULL, 0, &ids[i]);
        if (error == -EDQUOT)
            printf("socket %d: refused, the user has %d\n", i + 1,
                   (int)connstat_count_key(cs, CONNSTAT_WS_SOCKET, user));
        else if (error < 0)
            printf("socket %d: %s\n", i + 1, connstat_strerror(error));
        else
            printf("socket %d: welcome\n", i + 1);
    }
    (void)connstat_unregister(cs, ids[0]); /* one goes, and the next is welcome again */
    error = connstat_register_key(cs, CONNSTAT_WS_SOCKET, user, SOCKETS_A_USER, NULL, 0, &ids[0]);
    printf("after one left: %s\n", error == 0 ? "welcome" : connstat_strerror(error));
    connstat_close(cs); /* its entries go with it */
    return connstat_destroy("limit") < 0;
}
