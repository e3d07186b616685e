/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "net/diag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/diag_parse.h"

/* As much as the kernel puts into one answer of a dump, and more. */
enum { ANSWER_BYTES = 65536, REQUEST_BYTES = 4096 };

int diag_open(struct diag *diag)
{
    struct mnl_socket *netlink = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
    *diag = (struct diag){0};
    if (!netlink)
        return -errno;
    if (mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0) {
        int error = -errno;
        mnl_socket_close(netlink);
        return error;
    }
    diag->netlink = netlink;
    return 0;
}

void diag_close(struct diag *diag)
{
    if (diag->netlink)
        mnl_socket_close(diag->netlink);
    diag->netlink = NULL;
}

/* ---- requests ------------------------------------------------------------------------------- */

/* A filter is a program that the kernel runs for each socket. For a port it is two steps, "at least"
 * and "at most" it: where both hold it jumps to the end, which accepts; where one does not, to the
 * next port's; after the last port, beyond the end, which refuses. The number of a port that is
 * compared with stands in a step of its own. */
static void add_ports(struct nlmsghdr *message, const struct diag_request *request)
{
    enum { STEP = sizeof(struct inet_diag_bc_op), STEPS = 5, EACH = STEPS * STEP };
    struct inet_diag_bc_op program[DIAG_MAX_PORTS * STEPS] = {0};
    size_t count = request->port_count;
    for (size_t i = 0; i < count; i++) {
        struct inet_diag_bc_op *step = &program[STEPS * i];
        unsigned next = i + 1 < count ? EACH : EACH + STEP; /* from this port's first step */
        step[0] = (struct inet_diag_bc_op){INET_DIAG_BC_S_GE, 2 * STEP, (uint16_t)next};
        step[1] = (struct inet_diag_bc_op){.no = request->ports[i]};
        step[2] =
            (struct inet_diag_bc_op){INET_DIAG_BC_S_LE, 2 * STEP, (uint16_t)(next - 2 * STEP)};
        step[3] = (struct inet_diag_bc_op){.no = request->ports[i]};
        step[4] = (struct inet_diag_bc_op){INET_DIAG_BC_JMP, STEP,
                                           (uint16_t)((count - i) * EACH - 4 * STEP)};
    }
    mnl_attr_put(message, INET_DIAG_REQ_BYTECODE, count * EACH, program);
}

static void finish_inet(struct nlmsghdr *message, const struct diag_request *request)
{
    if (request->port_count > 0)
        add_ports(message, request);
}

/* The older request is of one kind of protocol and of both families, IPv4 and IPv6: the kernel goes
 * through its table once. The newer one has a family. */
static void request_tcp(struct nlmsghdr *message, const struct diag_request *request)
{
    message->nlmsg_type = TCPDIAG_GETSOCK;
    struct inet_diag_req *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
    body->idiag_family = AF_INET;
    body->idiag_states = request->states;
    body->idiag_ext = request->details ? 1 << (INET_DIAG_INFO - 1) : 0;
    finish_inet(message, request);
}

static void request_udp(struct nlmsghdr *message, const struct diag_request *request, int family)
{
    struct inet_diag_req_v2 *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
    body->sdiag_family = (uint8_t)family;
    body->sdiag_protocol = IPPROTO_UDP;
    body->idiag_states = request->states;
    finish_inet(message, request);
}

static void request_unix(struct nlmsghdr *message, const struct diag_request *request)
{
    struct unix_diag_req *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
    body->sdiag_family = AF_UNIX;
    body->udiag_states = request->states;
    body->udiag_show = UDIAG_SHOW_RQLEN;
}

/* ---- answers -------------------------------------------------------------------------------- */

struct answers {
    enum diag_kind kind;
    const struct diag_visitor *visitor;
};

static int take_message(const struct nlmsghdr *message, void *arg)
{
    const struct answers *answers = arg;
    const struct diag_visitor *visitor = answers->visitor;
    struct net_socket socket;
    uint64_t cookie = diag_parse_cookie(message, answers->kind == DIAG_UNIX ? AF_UNIX : AF_INET);
    if (cookie == 0 || (visitor->wants && !visitor->wants(cookie, visitor->arg)))
        return MNL_CB_OK;
    if (answers->kind == DIAG_UNIX)
        diag_parse_unix(message, &socket);
    else
        diag_parse_inet(message, answers->kind == DIAG_UDP ? IPPROTO_UDP : IPPROTO_TCP, &socket);
    visitor->visit(&socket, visitor->arg);
    return MNL_CB_OK;
}

static int receive(struct mnl_socket *netlink, const struct nlmsghdr *message,
                   struct answers *answers, char *buffer)
{
    unsigned port = mnl_socket_get_portid(netlink);
    for (;;) {
        ssize_t size = mnl_socket_recvfrom(netlink, buffer, ANSWER_BYTES);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return -errno;
        int more =
            mnl_cb_run(buffer, (size_t)size, message->nlmsg_seq, port, take_message, answers);
        if (more < 0)
            return -errno;
        if (more == MNL_CB_STOP)
            return 0;
    }
}

static int ask(struct diag *diag, const struct diag_request *request,
               const struct diag_visitor *visitor, int family)
{
    union {
        struct nlmsghdr header;
        char bytes[REQUEST_BYTES];
    } storage;
    struct nlmsghdr *message = mnl_nlmsg_put_header(&storage);
    struct answers answers = {request->kind, visitor};
    message->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message->nlmsg_seq = ++diag->sequence;
    if (request->kind == DIAG_TCP)
        request_tcp(message, request);
    else if (request->kind == DIAG_UDP)
        request_udp(message, request, family);
    else
        request_unix(message, request);
    if (mnl_socket_sendto(diag->netlink, message, message->nlmsg_len) < 0)
        return -errno;
    char *buffer = malloc(ANSWER_BYTES);
    int error = buffer ? receive(diag->netlink, message, &answers, buffer) : -ENOMEM;
    free(buffer);
    return error;
}

int diag_dump(struct diag *diag, const struct diag_request *request,
              const struct diag_visitor *visitor)
{
    int error = ask(diag, request, visitor, AF_INET);
    if (error == 0 && request->kind == DIAG_UDP)
        error = ask(diag, request, visitor, AF_INET6);
    return error;
}
