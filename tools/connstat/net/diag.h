/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Asks the kernel for sockets by netlink (NETLINK_SOCK_DIAG), which any user may do. It tells of the
 * sockets of one network namespace: that in which diag_open was called.
 */
#ifndef NET_DIAG_H
#define NET_DIAG_H

#include <stddef.h>

#include "net/socket.h"

struct diag { /* starts as {0}: not open */
    void *netlink;
    unsigned sequence; /* of the last request */
};

enum diag_kind { DIAG_TCP, DIAG_UDP, DIAG_UNIX, DIAG_KINDS };

#define DIAG_MAX_PORTS 64

struct diag_request {
    enum diag_kind kind;
    uint32_t states;       /* NET_STATE of each that is wanted */
    bool details;          /* also what tcp_info holds, which costs the kernel time */
    const uint16_t *ports; /* only with such a local port; TCP and UDP */
    size_t port_count;     /* at most DIAG_MAX_PORTS; 0: of all ports */
};

typedef bool (*diag_wants_fn)(uint64_t cookie, void *arg);
typedef void (*diag_visit_fn)(const struct net_socket *socket, void *arg);

struct diag_visitor {
    diag_wants_fn wants; /* whether the socket of this cookie is of interest; NULL: each is */
    diag_visit_fn visit;
    void *arg;
};

/* Returns 0; -ENOSYS this connstat was built without libmnl; -EPROTONOSUPPORT the kernel has no such
 * thing; else a negative errno, as -EPERM or -EACCES of a seccomp filter. */
int diag_open(struct diag *diag);
void diag_close(struct diag *diag);

/* Visit the sockets that are asked for. A socket that lives throughout may be visited twice, or be
 * missed where many come and go meanwhile; ask again before it is called gone. Returns 0; -ENOENT
 * the kernel does not tell of this kind; else a negative errno. */
int diag_dump(struct diag *diag, const struct diag_request *request,
              const struct diag_visitor *visitor);

/* What a failure means and what to do about it, without full stop. kind is that of the request, or
 * DIAG_KINDS where it was diag_open. Returns buf. */
char *diag_advice(int error, enum diag_kind kind, char *buf, size_t size);

#endif
