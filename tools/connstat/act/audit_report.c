/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "act/audit_report.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/color.h"
#include "common/failure.h"
#include "common/text.h"
#include "describe/entry.h"

/* ---- an entry and a socket as rows ---------------------------------------------------------- */

enum { LEAK_COLUMNS = ENTRY_COLUMNS + 1 };

/* The entry's columns, and what is left of its socket. */
static void leak_columns(struct column columns[LEAK_COLUMNS])
{
    for (int i = 0; i < ENTRY_COLUMNS; i++)
        columns[i] = entry_columns[i];
    columns[ENTRY_COLUMNS] = (struct column){"state", "SOCKET", VALUE_TEXT};
}

struct leak_row {
    struct value values[LEAK_COLUMNS];
    struct entry_row entry;
    struct connstat_entry of;
};

static const struct value *leak_values(connstat_t *cs, const struct leak *leak,
                                       struct leak_row *row)
{
    row->of = kept_entry(leak->entry);
    const struct value *values = entry_values(cs, &row->of, &row->entry);
    for (int i = 0; i < ENTRY_COLUMNS; i++)
        row->values[i] = values[i];
    row->values[ENTRY_COLUMNS] = (struct value){.text = leak->state, .color = COLOR_RED};
    return row->values;
}

static const struct column socket_columns[] = {
    {"socket", NULL, VALUE_COUNT},   {NULL, "SK", VALUE_WORD},
    {"state", "STATE", VALUE_TEXT},  {"local", "LOCAL", VALUE_TEXT},
    {"peer", "PEER", VALUE_TEXT},    {"recvq", "RECVQ", VALUE_BYTES},
    {"sendq", "SENDQ", VALUE_BYTES}, {"inode", "INODE", VALUE_COUNT, .wide = true},
};
enum { SOCKET_COLUMNS = COLUMN_COUNT(socket_columns) };

struct socket_row {
    struct value values[SOCKET_COLUMNS];
    char cookie[TEXT_NUMBER_BYTES], local[NET_ADDRESS_BYTES], peer[NET_ADDRESS_BYTES];
};

static const struct value *socket_values(const struct net_socket *socket, struct socket_row *row)
{
    snprintf(row->cookie, sizeof(row->cookie), "0x%llx", (unsigned long long)socket->cookie);
    struct value *value = row->values;
    *value++ = (struct value){.count = socket->cookie};
    *value++ = (struct value){.text = row->cookie};
    *value++ = (struct value){.text = net_state_name(socket)};
    *value++ = (struct value){.text = net_address_print(socket, &socket->local, row->local)};
    *value++ = (struct value){.text = net_address_print(socket, &socket->peer, row->peer)};
    *value++ = (struct value){.count = socket->recvq};
    *value++ = (struct value){.count = socket->sendq};
    *value = (struct value){.count = socket->inode};
    return row->values;
}

/* ---- groups --------------------------------------------------------------------------------- */

static int compare_owners(const void *a, const void *b)
{
    const struct kept *x = ((const struct leak *)a)->entry, *y = ((const struct leak *)b)->entry;
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* How many of the leaks from the first on are of its type and worker. */
static size_t group_size(const struct look *look, size_t first)
{
    const struct kept *head = look->leaks[first].entry;
    size_t end = first + 1;
    while (end < look->leak_count && look->leaks[end].entry->type == head->type &&
           look->leaks[end].entry->pid == head->pid)
        end++;
    return end - first;
}

static const struct column group_columns[] = {
    {"type", "TYPE", VALUE_TEXT}, {"pid", "WORKER", VALUE_NUMBER}, {"count", "COUNT", VALUE_COUNT}};

static const struct value *group_values(const struct audit_report *report, size_t first,
                                        size_t count, struct value values[3])
{
    const struct kept *head = report->look->leaks[first].entry;
    const char *type = connstat_type_name(report->cs, head->type);
    values[0] = (struct value){.text = type, .none = !type};
    values[1] = (struct value){.integer = head->pid};
    values[2] = (struct value){.count = count};
    return values;
}

/* ---- for people ----------------------------------------------------------------------------- */

static const char *plural(size_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

static void print_groups(const struct audit_report *report)
{
    const struct look *look = report->look;
    struct sheet sheet;
    struct value values[3];
    size_t count;
    sheet_start(&sheet, report->context, group_columns, COLUMN_COUNT(group_columns),
                &(struct sheet_about){0});
    for (size_t i = 0; i < look->leak_count; i += count) {
        count = group_size(look, i);
        sheet_row(&sheet, group_values(report, i, count, values));
    }
    sheet_end(&sheet);
    putchar('\n');
}

static void print_leaks(const struct audit_report *report)
{
    const struct look *look = report->look;
    struct column columns[LEAK_COLUMNS];
    struct leak_row row;
    struct sheet sheet;
    printf(
        "%zu %s, leaked by the server:\n\n", look->leak_count,
        plural(look->leak_count, "entry whose socket is gone", "entries whose sockets are gone"));
    print_groups(report);
    leak_columns(columns);
    sheet_start(&sheet, report->context, columns, LEAK_COLUMNS, &(struct sheet_about){0});
    for (size_t i = 0; i < look->leak_count; i++)
        sheet_row(&sheet, leak_values(report->cs, &look->leaks[i], &row));
    sheet_end(&sheet);
    if (report->fix_hint)
        puts("\nTo do: find where the worker closes such a connection, and call\n"
             "connstat_unregister() with its id there, also on the paths of errors and timeouts.\n"
             "Until then they go when their worker ends; nobody else can unregister them.");
}

static void print_unnamed(const struct audit_report *report)
{
    const struct look *look = report->look;
    struct socket_row row;
    struct sheet sheet;
    printf("%zu %s that no entry names%s:\n\n", look->unnamed_count,
           plural(look->unnamed_count, "socket", "sockets"),
           report->cannot_tell > 0 ? "" : ", accepted and never registered");
    sheet_start(&sheet, report->context, socket_columns, SOCKET_COLUMNS, &(struct sheet_about){0});
    for (size_t i = 0; i < look->unnamed_count; i++)
        sheet_row(&sheet, socket_values(&look->unnamed[i], &row));
    sheet_end(&sheet);
    if (report->cannot_tell > 0)
        printf(
            "\n%llu of them may be those of entries that name no socket: which, cannot be told\n",
            (unsigned long long)report->cannot_tell);
    if (report->fix_hint)
        puts("\nTo do: \"ss -tpn\" shows the process of each peer above. Call connstat_register()\n"
             "right after accept(), with the field that connstat_socket() makes.");
}

static void print_rest(const struct audit_report *report)
{
    const struct look *look = report->look;
    if (look->leak_count + look->unnamed_count == 0)
        puts("every entry's socket is open, and every socket has an entry");
    if (look->ports.count == 0)
        puts("no port is known to be the server's: with --port, also sockets that no entry names "
             "are found");
    if (look->elsewhere > 0)
        printf(
            "%llu %s of workers in other network namespaces, or in unknown ones, which cannot be "
            "seen from here: look again with --netns PID\n",
            (unsigned long long)look->elsewhere,
            plural(look->elsewhere, "entry is", "entries are"));
}

static void print_for_people(const struct audit_report *report)
{
    const struct look *look = report->look;
    if (look->leak_count > 0)
        print_leaks(report);
    if (look->leak_count > 0 && look->unnamed_count > 0)
        putchar('\n');
    if (look->unnamed_count > 0)
        print_unnamed(report);
    print_rest(report);
}

/* ---- for programs --------------------------------------------------------------------------- */

static void write_ports(struct jsonw *json, const struct ports *ports)
{
    jsonw_open(json, "ports", '[');
    for (unsigned port = 0; port < 65536; port++) {
        if (ports_has(ports, (uint16_t)port))
            jsonw_unsigned(json, NULL, port);
    }
    jsonw_close(json);
}

static void open_rows(struct jsonw *json, const char *name)
{
    jsonw_open(json, name, '[');
    json->line_depth = json->depth;
}

static void write_groups(struct jsonw *json, const struct audit_report *report)
{
    struct value values[3];
    size_t count;
    open_rows(json, "leaked_groups");
    for (size_t i = 0; i < report->look->leak_count; i += count) {
        count = group_size(report->look, i);
        row_json(json, NULL, group_columns, COLUMN_COUNT(group_columns),
                 group_values(report, i, count, values));
    }
    jsonw_close(json);
}

static void print_document(const struct audit_report *report)
{
    const struct look *look = report->look;
    struct jsonw json = jsonw_document(stdout);
    struct column columns[LEAK_COLUMNS];
    struct leak_row leak;
    struct socket_row socket;
    leak_columns(columns);
    jsonw_text(&json, "segment", segment_name(report->context->segment));
    write_ports(&json, &look->ports);
    jsonw_unsigned(&json, "cannot_tell", report->cannot_tell);
    jsonw_unsigned(&json, "elsewhere", look->elsewhere);
    write_groups(&json, report);
    open_rows(&json, "leaked");
    for (size_t i = 0; i < look->leak_count; i++)
        row_json(&json, NULL, columns, LEAK_COLUMNS,
                 leak_values(report->cs, &look->leaks[i], &leak));
    jsonw_close(&json);
    open_rows(&json, "unregistered");
    for (size_t i = 0; i < look->unnamed_count; i++)
        row_json(&json, NULL, socket_columns, SOCKET_COLUMNS,
                 socket_values(&look->unnamed[i], &socket));
    jsonw_close(&json);
    jsonw_close(&json);
    putchar('\n');
}

/* Prints one table of all findings, leaks and unregistered sockets alike. The first column says which of the
 * two a row is about. Columns that only the other one has are empty. */
static void print_rows(const struct audit_report *report)
{
    enum { COUNT = 1 + LEAK_COLUMNS + SOCKET_COLUMNS };
    const struct look *look = report->look;
    struct column columns[COUNT] = {{"finding", "FINDING", VALUE_TEXT}};
    struct value values[COUNT];
    struct leak_row leak;
    struct socket_row socket;
    struct sheet sheet;
    leak_columns(columns + 1);
    columns[LEAK_COLUMNS].name = "left";
    for (int i = 0; i < SOCKET_COLUMNS; i++)
        columns[1 + LEAK_COLUMNS + i] = socket_columns[i];
    sheet_start(&sheet, report->context, columns, COUNT, &(struct sheet_about){0});
    for (size_t i = 0; i < look->leak_count + look->unnamed_count; i++) {
        bool is_leak = i < look->leak_count;
        const struct value *from =
            is_leak ? leak_values(report->cs, &look->leaks[i], &leak)
                    : socket_values(&look->unnamed[i - look->leak_count], &socket);
        for (int j = 1; j < COUNT; j++)
            values[j] = (struct value){.none = true};
        values[0] = (struct value){.text = is_leak ? "leaked" : "unregistered"};
        for (int j = 0; j < (is_leak ? (int)LEAK_COLUMNS : (int)SOCKET_COLUMNS); j++)
            values[1 + j + (is_leak ? 0 : LEAK_COLUMNS)] = from[j];
        sheet_row(&sheet, values);
    }
    sheet_end(&sheet);
}

void audit_print(const struct audit_report *report)
{
    struct look *look = report->look;
    if (look->leak_count > 0)
        qsort(look->leaks, look->leak_count, sizeof(*look->leaks), compare_owners);
    if (for_people(report->context))
        print_for_people(report);
    else if (report->context->format == FORMAT_JSON)
        print_document(report);
    else
        print_rows(report);
}

bool audit_is_bad(const struct audit_report *report)
{
    const struct look *look = report->look;
    return look->leak_count > 0 || look->unnamed_count > report->cannot_tell;
}
