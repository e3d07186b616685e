/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "net/diag.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

char *diag_advice(int error, enum diag_kind kind, char *buf, size_t size)
{
    static const char *const names[] = {"TCP", "UDP", "unix"};
    static const char *const modules[] = {"tcp_diag", "udp_diag", "unix_diag"};
    switch (error) {
    case -ENOSYS:
        snprintf(buf, size,
                 "this connstat was built without libmnl, so that it cannot ask the kernel for "
                 "sockets: build it with libmnl-dev installed");
        break;
    case -ENOENT:
        snprintf(buf, size,
                 "this kernel does not tell of its %s sockets: load its module (modprobe %s), or "
                 "use a kernel that has it",
                 names[kind], modules[kind]);
        break;
    case -EPROTONOSUPPORT:
    case -EAFNOSUPPORT:
        snprintf(buf, size,
                 "this kernel does not tell of its sockets (no NETLINK_SOCK_DIAG; gVisor has none, "
                 "either): nothing but the table is known here");
        break;
    case -EPERM:
    case -EACCES:
        snprintf(buf, size,
                 "the kernel may not be asked for sockets here: a seccomp filter or a security "
                 "module forbids netlink (%s)",
                 strerror(-error));
        break;
    default:
        snprintf(buf, size, "the kernel does not tell of its sockets: %s", strerror(-error));
    }
    return buf;
}
