/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * deaf ERRNO PROGRAM [ARGUMENT]...: run a program for which socket(AF_NETLINK, ...) fails so, as
 * under a seccomp filter, or on a kernel without sock_diag.
 */
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (argc < 3 || !filter)
        return 99;
    uint16_t error = (uint16_t)atoi(argv[1]);
    if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), SCMP_SYS(socket), 1,
                         SCMP_A0(SCMP_CMP_EQ, AF_NETLINK)) < 0 ||
        seccomp_load(filter) < 0)
        return 98;
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 97;
}
