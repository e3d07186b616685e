/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "net/fields.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "common/color.h"
#include "common/text.h"
#include "common/when.h"

const struct column net_columns[NET_COLUMNS] = {
    [NET_STATE_NAME] = {"state", "STATE", VALUE_TEXT},
    [NET_RTT] = {"rtt_us", "RTT", VALUE_MICROSECONDS},
    [NET_RTTVAR] = {"rttvar_us", "RTTVAR", VALUE_MICROSECONDS, .wide = true},
    [NET_RETRANS] = {"retrans", "RETRANS", VALUE_COUNT},
    [NET_RECVQ] = {"recvq", "RECVQ", VALUE_BYTES},
    [NET_SENDQ] = {"sendq", "SENDQ", VALUE_BYTES},
    [NET_BYTES_IN] = {"bytes_in", "IN", VALUE_BYTES},
    [NET_BYTES_OUT] = {"bytes_out", "OUT", VALUE_BYTES},
    [NET_LAST_RX] = {"last_rx_ms", "LAST RX", VALUE_MILLISECONDS, .wide = true},
    [NET_LAST_TX] = {"last_tx_ms", "LAST TX", VALUE_MILLISECONDS, .wide = true},
    [NET_CWND] = {"cwnd", "CWND", VALUE_COUNT, .wide = true},
};

const struct column net_object_column = {"net", NULL, VALUE_JSON};

#define A_TIME   "a time as in 200ms, 150us or 1.5s"
#define A_NUMBER "a number"
#define A_STATE  "established, close_wait, unconnected, gone, elsewhere or another state"
#define BYTES    "a number of bytes as in 4096, 64k or 2M"

static const struct source_field source_fields[NET_COLUMNS] = {
    [NET_STATE_NAME] = {"state", NULL, A_STATE, .is_text = true},
    [NET_RTT] = {"rtt_us", "rtt", A_TIME},
    [NET_RTTVAR] = {"rttvar_us", "rttvar", A_TIME},
    [NET_RETRANS] = {"retrans", NULL, A_NUMBER},
    [NET_RECVQ] = {"recvq", NULL, BYTES},
    [NET_SENDQ] = {"sendq", NULL, BYTES},
    [NET_BYTES_IN] = {"bytes_in", NULL, BYTES},
    [NET_BYTES_OUT] = {"bytes_out", NULL, BYTES},
    [NET_LAST_RX] = {"last_rx_ms", "last_rx", A_TIME},
    [NET_LAST_TX] = {"last_tx_ms", "last_tx", A_TIME},
    [NET_CWND] = {"cwnd", NULL, A_NUMBER},
};

/* ---- values --------------------------------------------------------------------------------- */

/* False: the kernel does not tell this number of such a socket. */
static bool number_of(const struct net_socket *socket, int field, uint64_t *number)
{
    const uint64_t numbers[NET_COLUMNS] = {
        [NET_RTT] = socket->rtt_us,          [NET_RTTVAR] = socket->rttvar_us,
        [NET_RETRANS] = socket->retrans,     [NET_RECVQ] = socket->recvq,
        [NET_SENDQ] = socket->sendq,         [NET_BYTES_IN] = socket->bytes_in,
        [NET_BYTES_OUT] = socket->bytes_out, [NET_LAST_RX] = socket->last_rx_ms,
        [NET_LAST_TX] = socket->last_tx_ms,  [NET_CWND] = socket->cwnd,
    };
    *number = numbers[field];
    return socket->has_tcp || field == NET_RECVQ || field == NET_SENDQ;
}

static const char *state_of(enum standing standing, const struct net_socket *socket)
{
    switch (standing) {
    case STANDING_FOUND:
        return net_state_name(socket);
    case STANDING_GONE:
        return "gone";
    case STANDING_ELSEWHERE:
        return "elsewhere";
    default:
        return NULL;
    }
}

void net_row(const struct network *network, const struct connstat_entry *entry, struct net_row *row)
{
    row->standing = network_find(network, entry, &row->socket);
    const char *state = state_of(row->standing, row->socket);
    row->values[NET_STATE_NAME] = (struct value){.text = state, .none = !state};
    if (row->standing == STANDING_GONE)
        row->values[NET_STATE_NAME].color = COLOR_RED;
    for (int i = NET_STATE_NAME + 1; i < NET_COLUMNS; i++) {
        uint64_t number = 0;
        bool is_known = row->socket && number_of(row->socket, i, &number);
        row->values[i] = (struct value){.count = number, .none = !is_known};
    }
}

static void write_object(struct jsonw *json, const char *name, const void *what)
{
    const struct net_row *row = what;
    if (row->standing == STANDING_FOUND)
        row_json(json, name, net_columns, NET_COLUMNS, row->values);
    else
        jsonw_text(json, name, state_of(row->standing, NULL));
}

struct value net_object(const struct net_row *row)
{
    return (struct value){.json = {write_object, row}};
}

void net_entry_json(struct jsonw *json, const char *name, connstat_t *cs,
                    const struct network *network, const struct connstat_entry *entry)
{
    enum { COUNT = ENTRY_COLUMNS + 1 };
    struct column columns[COUNT];
    struct value values[COUNT];
    struct entry_row entry_row;
    struct net_row row;
    memcpy(columns, entry_columns, sizeof(entry_columns));
    memcpy(values, entry_values(cs, entry, &entry_row), sizeof(entry_row.values));
    net_row(network, entry, &row);
    columns[ENTRY_COLUMNS] = net_object_column;
    values[ENTRY_COLUMNS] = net_object(&row);
    row_json(json, name, columns, COUNT, values);
}

/* ---- as a source of fields ------------------------------------------------------------------ */

/* A time needs a unit, unless the name has it already: rtt_us=380000 is rtt=380ms. */
static bool read_time(int field, const char *name, const char *text, long double *number)
{
    double seconds;
    uint64_t plain;
    bool has_unit = strcmp(name, source_fields[field].name) == 0;
    if (text_number(text, &plain)) {
        *number = plain;
        return has_unit;
    }
    if (*text == '\0' || isdigit((unsigned char)text[strlen(text) - 1]) ||
        !when_seconds(text, &seconds))
        return false;
    *number = round(seconds * (net_columns[field].kind == VALUE_MICROSECONDS ? 1e6 : 1e3));
    return true;
}

static bool is_state(const char *text)
{
    return strcmp(text, "gone") == 0 || strcmp(text, "elsewhere") == 0 || net_is_state(text);
}

static bool read_operand(int field, const char *name, const char *text, long double *number)
{
    uint64_t count;
    if (field == NET_STATE_NAME)
        return is_state(text);
    enum value_kind kind = net_columns[field].kind;
    if (kind == VALUE_MICROSECONDS || kind == VALUE_MILLISECONDS)
        return read_time(field, name, text, number);
    if (kind == VALUE_BYTES ? !text_size(text, &count) : !text_number(text, &count))
        return false;
    *number = count;
    return true;
}

static const struct connstat_field *value_of(const struct field_source *source,
                                             const struct connstat_entry *entry, int field,
                                             struct entry_field *storage)
{
    const struct network *network = ((const struct net_source *)source)->network;
    const struct net_socket *socket;
    enum standing standing = network_find(network, entry, &socket);
    uint64_t number;
    if (field == NET_STATE_NAME) {
        storage->field.type = CONNSTAT_TEXT;
        storage->field.value.text = state_of(standing, socket);
        return storage->field.value.text ? &storage->field : NULL;
    }
    if (!socket || !number_of(socket, field, &number))
        return NULL;
    storage->field.type = CONNSTAT_INT;
    storage->field.value.integer = (int64_t)number;
    return &storage->field;
}

static bool is_later(const struct field_source *source, const struct connstat_entry *entry)
{
    const struct net_socket *socket;
    return network_find(((const struct net_source *)source)->network, entry, &socket) ==
           STANDING_LATER;
}

struct net_source net_source(const struct network *network)
{
    return (struct net_source){
        .source = {.fields = source_fields,
                   .field_count = NET_COLUMNS,
                   .why_absent = "the kernel tells it of none of their sockets",
                   .read = read_operand,
                   .value = value_of,
                   .is_later = is_later},
        .network = network,
    };
}

const char *net_field_advice(const char *name, bool was_asked)
{
    const struct field_source source = {.fields = source_fields, .field_count = NET_COLUMNS};
    if (was_asked || source_find(&source, name) < 0)
        return "";
    return ": with --net it is what the kernel tells of the entry's socket";
}
