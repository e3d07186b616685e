/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The kernel's number for a socket, as a field: what connects an entry with what the kernel knows
 * of its connection.
 */
#include <connstat.h>

#include <errno.h>
#include <sys/socket.h>

int connstat_socket(int fd, struct connstat_field *field)
{
    uint64_t cookie;
    socklen_t size = sizeof(cookie);

    if (field == NULL)
        return -EINVAL;
    if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) < 0)
        return -errno;
    /* A cookie counts sockets since the boot, so it is far from where an integer would be negative.
     */
    *field = connstat_int("socket", (int64_t)cookie);
    return 0;
}
