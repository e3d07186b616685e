/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "redis/url.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REDIS_PORT    "6379"
#define SENTINEL_PORT "26379"

static const struct scheme {
    const char *prefix;
    enum redis_kind kind;
    bool tls;
} schemes[] = {
    {"redis://", REDIS_TCP, false},
    {"rediss://", REDIS_TCP, true},
    {"unix://", REDIS_UNIX, false},
    {"redis-sentinel://", REDIS_SENTINEL, false},
    {"rediss-sentinel://", REDIS_SENTINEL, true},
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Copy the bytes between from and to, with %XX decoded and a NUL at the end. False: it does not
 * fit, or %XX is wrong. */
static bool copy_decoded(char *out, size_t size, const char *from, const char *to)
{
    size_t length = 0;
    while (from < to) {
        char c = *from++;
        if (c == '%') {
            if (to - from < 2 || hex_digit(from[0]) < 0 || hex_digit(from[1]) < 0)
                return false;
            c = (char)(hex_digit(from[0]) * 16 + hex_digit(from[1]));
            from += 2;
        }
        if (c == '\0' || length + 1 >= size)
            return false;
        out[length++] = c;
    }
    out[length] = '\0';
    return true;
}

static bool copy_plain(char *out, size_t size, const char *from, const char *to)
{
    size_t length = (size_t)(to - from);
    if (length == 0 || length >= size)
        return false;
    memcpy(out, from, length);
    out[length] = '\0';
    return true;
}

static bool parse_number(const char *from, const char *to, unsigned long max, unsigned long *number)
{
    *number = 0;
    if (from == to)
        return false;
    for (; from < to; from++) {
        if (*from < '0' || *from > '9')
            return false;
        *number = *number * 10 + (unsigned long)(*from - '0');
        if (*number > max)
            return false;
    }
    return true;
}

static bool parse_port(const char *from, const char *to, struct redis_address *address)
{
    unsigned long port;
    if (!parse_number(from, to, UINT16_MAX, &port) || port == 0)
        return false;
    snprintf(address->port, sizeof(address->port), "%hu", (unsigned short)port);
    return true;
}

static bool parse_address(const char *from, const char *to, const char *default_port,
                          struct redis_address *address)
{
    const char *host_end;
    snprintf(address->port, sizeof(address->port), "%s", default_port);
    if (from < to && *from == '[') {
        host_end = memchr(from, ']', (size_t)(to - from));
        if (!host_end || !copy_plain(address->host, sizeof(address->host), from + 1, host_end))
            return false;
        host_end++;
    } else {
        host_end = memchr(from, ':', (size_t)(to - from));
        if (!host_end)
            host_end = to;
        if (!copy_plain(address->host, sizeof(address->host), from, host_end))
            return false;
    }
    if (address->host[strcspn(address->host, " \t\r\n/@%")] != '\0')
        return false;
    return host_end == to || (*host_end == ':' && parse_port(host_end + 1, to, address));
}

bool redis_address_parse(const char *text, const char *default_port, struct redis_address *address)
{
    return parse_address(text, text + strlen(text), default_port, address);
}

static const char *parse_user(const char *from, const char *to, struct redis_url *url)
{
    const char *colon = memchr(from, ':', (size_t)(to - from));
    if (!copy_decoded(url->user, sizeof(url->user), from, colon ? colon : to))
        return "its user is too long, or holds a bad %-escape";
    if (colon && !copy_decoded(url->password, sizeof(url->password), colon + 1, to))
        return "its password is too long, or holds a bad %-escape";
    return NULL;
}

static const char *parse_database(const char *from, const char *to, struct redis_url *url)
{
    unsigned long database = 0;
    if (from < to && !parse_number(from, to, INT32_MAX, &database))
        return "its database is not a number";
    url->database = (unsigned)database;
    return NULL;
}

static const char *parse_addresses(const char *from, const char *to, struct redis_url *url)
{
    const char *port = url->kind == REDIS_SENTINEL ? SENTINEL_PORT : REDIS_PORT;
    int max = url->kind == REDIS_SENTINEL ? REDIS_ADDRESSES : 1;
    for (;;) {
        const char *comma = memchr(from, ',', (size_t)(to - from));
        const char *end = comma ? comma : to;
        if (url->address_count == max)
            return max == 1 ? "it names several hosts; only a sentinel URL does"
                            : "it names more than 8 sentinels";
        if (!parse_address(from, end, port, &url->addresses[url->address_count++]))
            return "its host or port is missing or wrong; an IPv6 address stands in [ ]";
        if (!comma)
            return NULL;
        from = comma + 1;
    }
}

static const char *parse_unix(const char *rest, const char *end, struct redis_url *url)
{
    const char *query = memchr(rest, '?', (size_t)(end - rest));
    if (*rest != '/')
        return "the path of a unix URL is absolute: unix:///run/redis/redis.sock";
    if (!copy_decoded(url->path, sizeof(url->path), rest, query ? query : end))
        return "its path is longer than the 107 bytes of a socket's name, or holds a bad %-escape";
    if (!query)
        return NULL;
    if (strncmp(query, "?db=", 4) != 0)
        return "only ?db=NUMBER may follow the path";
    return parse_database(query + 4, end, url);
}

static const char *parse_network(const char *rest, const char *end, struct redis_url *url)
{
    const char *slash = memchr(rest, '/', (size_t)(end - rest));
    const char *wrong = parse_addresses(rest, slash ? slash : end, url);
    if (wrong)
        return wrong;
    const char *path = slash ? slash + 1 : end;
    if (url->kind == REDIS_TCP)
        return parse_database(path, end, url);

    const char *service_end = memchr(path, '/', (size_t)(end - path));
    if (!service_end)
        service_end = end;
    if (path == end)
        strcpy(url->service, "mymaster");
    else if (!copy_decoded(url->service, sizeof(url->service), path, service_end))
        return "the name of its service is too long, or holds a bad %-escape";
    return parse_database(service_end < end ? service_end + 1 : end, end, url);
}

const char *redis_url_parse(const char *text, struct redis_url *url)
{
    *url = (struct redis_url){0};
    const struct scheme *scheme = NULL;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes) && !scheme; i++) {
        if (strncmp(text, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
            scheme = &schemes[i];
    }
    if (!scheme)
        return "it starts with none of redis://, rediss://, unix://, redis-sentinel:// and "
               "rediss-sentinel://";
    url->kind = scheme->kind;
    url->tls = scheme->tls;

    const char *rest = text + strlen(scheme->prefix);
    const char *end = rest + strlen(rest);
    const char *authority_end = rest + strcspn(rest, "/?");
    const char *at = memrchr(rest, '@', (size_t)(authority_end - rest));
    if (at) {
        const char *wrong = parse_user(rest, at, url);
        if (wrong)
            return wrong;
        rest = at + 1;
    }
    return url->kind == REDIS_UNIX ? parse_unix(rest, end, url) : parse_network(rest, end, url);
}
