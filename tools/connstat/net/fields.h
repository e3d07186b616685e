/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the kernel tells of an entry's socket: as columns, as an object of JSON, and as fields to
 * which conditions, sorting and grouping lead.
 */
#ifndef NET_FIELDS_H
#define NET_FIELDS_H

#include "describe/entry.h"
#include "format/sheet.h"
#include "net/network.h"
#include "query/field.h"

enum {
    NET_STATE_NAME,
    NET_RTT,
    NET_RTTVAR,
    NET_RETRANS,
    NET_RECVQ,
    NET_SENDQ,
    NET_BYTES_IN,
    NET_BYTES_OUT,
    NET_LAST_RX,
    NET_LAST_TX,
    NET_CWND,
    NET_COLUMNS
};
extern const struct column net_columns[NET_COLUMNS];

/* The whole as one column, "net": for programs. */
extern const struct column net_object_column;

/* What an entry's socket is. */
struct net_row {
    enum standing standing;
    const struct net_socket *socket;
    struct value values[NET_COLUMNS];
};

/* Fill in the row. */
void net_row(const struct network *network, const struct connstat_entry *entry,
             struct net_row *row);

/* The value of net_object_column; it points into row. */
struct value net_object(const struct net_row *row);

/* Write the entry as an object, as entry_json does, with the member "net". */
void net_entry_json(struct jsonw *json, const char *name, connstat_t *cs,
                    const struct network *network, const struct connstat_entry *entry);

/* The network as a source of fields; valid as long as the network is. */
struct net_source {
    struct field_source source;
    const struct network *network;
};
struct net_source net_source(const struct network *network);

/* Where the kernel was not asked and would tell a field of that name, a hint that it can be; else
 * "". */
const char *net_field_advice(const char *name, bool was_asked);

#endif
