/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "values.h"

#include <ngx_md5.h>

enum { MAX_DIRECTIVES = 16 };

/* ---- the directive -------------------------------------------------------------------------- */

static struct field_sources *new_sources(ngx_conf_t *cf)
{
    struct field_sources *made = ngx_pcalloc(cf->pool, sizeof(*made));

    if (made == NULL ||
        ngx_array_init(&made->all, cf->pool, 4, sizeof(struct field_source)) != NGX_OK)
        return NULL;
    return made;
}

char *ngx_connstat_field_directive(ngx_conf_t *cf, struct field_sources **sources,
                                   compile_fn compile)
{
    ngx_str_t *words = cf->args->elts;
    bool is_integer = cf->args->nelts == 4;
    struct field_source *source;

    if (is_integer && ngx_strcmp(words[3].data, "int") != 0)
        return "takes a name, a value and perhaps \"int\"";
    if (*sources == NGX_CONF_UNSET_PTR)
        *sources = new_sources(cf);
    if (*sources == NULL)
        return NGX_CONF_ERROR;
    if ((*sources)->all.nelts == MAX_DIRECTIVES)
        return "is given more than 16 times";
    for (ngx_uint_t i = 0; i < (*sources)->all.nelts; i++) {
        source = (struct field_source *)(*sources)->all.elts + i;
        if (ngx_strcmp(source->name.data, words[1].data) == 0)
            return "names a field twice";
    }
    source = ngx_array_push(&(*sources)->all);
    if (source == NULL)
        return NGX_CONF_ERROR;
    source->name = words[1];
    source->is_integer = is_integer;
    source->value = compile(cf, &words[2]);
    return source->value != NULL ? NGX_CONF_OK : NGX_CONF_ERROR;
}

/* ---- values --------------------------------------------------------------------------------- */

void ngx_connstat_values_text(struct values *values, const char *name, const ngx_str_t *text)
{
    struct connstat_slice *slice = &values->slices[values->count];

    *slice = (struct connstat_slice){(const char *)text->data, ngx_min(text->len, VALUES_TEXT_MAX)};
    values->fields[values->count++] = connstat_slice(name, slice);
}

static void add_integer(struct values *values, const char *name, int64_t integer)
{
    values->fields[values->count++] = connstat_int(name, integer);
}

/* The kernel is asked once a connection. */
static void add_socket(struct values *values, int fd)
{
    struct connstat_field *field = &values->fields[values->count];

    if (values->socket != 0)
        *field = connstat_int("socket", values->socket);
    else if (connstat_socket(fd, field) < 0)
        return;
    values->socket = field->value.integer;
    values->count++;
}

void ngx_connstat_values_client(struct values *values, const ngx_connection_t *connection, bool tls,
                                const char *protocol)
{
    in_port_t port = ngx_inet_get_port(connection->sockaddr);

    /* An address of the file system is what the client has called itself. */
    if (port == 0 || connection->addr_text.len > INET6_ADDRSTRLEN)
        values->plain = false;
    ngx_connstat_values_text(values, "addr", &connection->addr_text);
    if (port != 0)
        add_integer(values, "port", port);
    values->fields[values->count++] = connstat_bool("tls", tls);
    values->fields[values->count++] = connstat_text("protocol", protocol);
    add_socket(values, connection->fd);
}

static bool parse_integer(const ngx_str_t *text, int64_t *integer)
{
    bool negative = text->len > 0 && text->data[0] == '-';
    off_t digits = ngx_atoof(text->data + negative, text->len - negative);

    *integer = negative ? -digits : digits;
    return digits != NGX_ERROR;
}

static void add_source(struct values *values, const struct field_source *source,
                       const ngx_str_t *text)
{
    const char *name = (const char *)source->name.data;
    int64_t integer;

    values->plain = false;
    if (!source->is_integer)
        ngx_connstat_values_text(values, name, text);
    else if (parse_integer(text, &integer))
        add_integer(values, name, integer);
}

/* A field of the same name that is there already gives way. */
static void drop_field(struct values *values, const char *name)
{
    for (size_t i = 0; i < values->count; i++)
        if (ngx_strcmp(values->fields[i].name, name) == 0) {
            values->count--;
            for (size_t j = i; j < values->count; j++) {
                values->slices[j] = values->slices[j + 1];
                values->fields[j] = values->fields[j + 1];
                if (values->fields[j].type == CONNSTAT_SLICE)
                    values->fields[j].value.slice = &values->slices[j];
            }
            return;
        }
}

ngx_int_t ngx_connstat_values_of(struct values *values, const struct field_sources *sources,
                                 const struct host *host, void *client)
{
    const struct field_source *source = sources != NULL ? sources->all.elts : NULL;

    for (ngx_uint_t i = 0; source != NULL && i < sources->all.nelts; i++, source++) {
        ngx_str_t text;

        if (host->text(client, source->value, &text) != NGX_OK)
            return NGX_ERROR;
        values->late = values->late || text.len == 0 || host->may_change(client, source->value);
        if (text.len == 0)
            continue;
        drop_field(values, (const char *)source->name.data);
        add_source(values, source, &text);
    }
    return NGX_OK;
}

/* ---- keys ----------------------------------------------------------------------------------- */

static bool is_number(const ngx_str_t *text, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text->len; i++)
        if (text->data[i] < '0' || text->data[i] > '9' ||
            __builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, text->data[i] - '0', number))
            return false;
    return text->len > 0;
}

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

static bool is_printable(const ngx_str_t *text)
{
    for (size_t i = 0; i < text->len; i++)
        if (text->data[i] <= ' ' || text->data[i] >= 0x7f)
            return false;
    return true;
}

/* As $binary_remote_addr has it: 4 or 16 bytes that are no text. */
static bool is_binary_address(const ngx_str_t *text, union address *address)
{
    if (text->len == sizeof(address->in.sin_addr) && !is_printable(text)) {
        address->in = (struct sockaddr_in){.sin_family = AF_INET};
        ngx_memcpy(&address->in.sin_addr, text->data, text->len);
        return true;
    }
    if (text->len == sizeof(address->in6.sin6_addr) && !is_printable(text)) {
        address->in6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
        ngx_memcpy(&address->in6.sin6_addr, text->data, text->len);
        return true;
    }
    return false;
}

static bool is_text_of_ipv6(const ngx_str_t *text, union address *address)
{
    if (memchr(text->data, ':', text->len) == NULL)
        return false;
    address->in6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
    return ngx_inet6_addr(text->data, text->len, address->in6.sin6_addr.s6_addr) == NGX_OK;
}

static bool is_address(const ngx_str_t *text, struct connstat_key *key)
{
    union address address;

    return (is_binary_address(text, &address) || is_text_of_ipv6(text, &address)) &&
           connstat_key_addr(&address.any, key) == 0;
}

static bool is_short_text(const ngx_str_t *text, struct connstat_key *key)
{
    char copy[40];

    if (text->len >= sizeof(copy) || memchr(text->data, '\0', text->len) != NULL)
        return false;
    ngx_memcpy(copy, text->data, text->len);
    copy[text->len] = '\0';
    return connstat_key_text(copy, key) == 0;
}

struct connstat_key ngx_connstat_key(const ngx_str_t *text)
{
    struct connstat_key key;
    uint64_t number;
    ngx_md5_t md5;

    if (is_number(text, &number))
        return connstat_key_u64(number);
    if (is_address(text, &key) || is_short_text(text, &key))
        return key;
    ngx_md5_init(&md5);
    ngx_md5_update(&md5, text->data, text->len);
    ngx_md5_final(key.bytes, &md5);
    return key;
}
