/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "format/key.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

static const char text_prefix[] = "text:", address_prefix[] = "ip:";

static int parse_address(const char *text, struct connstat_key *key)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return connstat_key_addr((const struct sockaddr *)&v4, key);
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        return connstat_key_addr((const struct sockaddr *)&v6, key);
    return -EINVAL;
}

int key_parse(const char *text, struct connstat_key *key)
{
    uint64_t number;
    if (*text == '\0') /* most likely a variable that was not set; its bytes are those of key 0 */
        return -EINVAL;
    size_t prefix = sizeof(text_prefix) - 1;
    if (strncmp(text, text_prefix, prefix) == 0) {
        text += prefix;
        return strlen(text) > sizeof(key->bytes) ? -EMSGSIZE : connstat_key_text(text, key);
    }
    if (strncmp(text, address_prefix, sizeof(address_prefix) - 1) == 0)
        return parse_address(text + sizeof(address_prefix) - 1, key);
    if (!text_number(text, &number))
        return connstat_key_text(text, key);
    *key = connstat_key_u64(number);
    return 0;
}

static bool same_key(const struct connstat_key *a, const struct connstat_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool is_number(const struct connstat_key *key, uint64_t *number)
{
    uint64_t big_endian;
    memcpy(&big_endian, key->bytes, sizeof(big_endian));
    *number = __builtin_bswap64(big_endian);
    struct connstat_key same = connstat_key_u64(*number);
    return same_key(key, &same);
}

static bool is_text(const struct connstat_key *key, char text[sizeof(key->bytes) + 1])
{
    struct connstat_key same;
    memcpy(text, key->bytes, sizeof(key->bytes));
    text[sizeof(key->bytes)] = '\0';
    for (const char *c = text; *c;) {
        uint32_t code_point;
        int length = text_code_point(c, &code_point);
        if (length < 0 || text_is_unsafe(code_point))
            return false;
        c += length;
    }
    return *text != '\0' && connstat_key_text(text, &same) == 0 && same_key(key, &same);
}

/* Is the key an address: of IPv4, or of IPv6 in one of the ranges that clients have (global, local,
 * link-local, loopback)? What looks like a UUID of RFC 9562 is none. */
static bool is_address(const struct connstat_key *key)
{
    struct in6_addr addr;
    memcpy(&addr, key->bytes, sizeof(addr));
    if (IN6_IS_ADDR_V4MAPPED(&addr) || IN6_IS_ADDR_LOOPBACK(&addr))
        return true;
    bool is_uuid = (key->bytes[8] & 0xC0) == 0x80 && key->bytes[6] >= 0x10 && key->bytes[6] < 0x90;
    bool is_global = key->bytes[0] >> 5 == 1, is_local = (key->bytes[0] & 0xFE) == 0xFC;
    return !is_uuid && (is_global || is_local || IN6_IS_ADDR_LINKLOCAL(&addr));
}

static char *print_address(const struct connstat_key *key, char buf[KEY_BYTES])
{
    struct in6_addr addr;
    memcpy(&addr, key->bytes, sizeof(addr));
    bool mapped = IN6_IS_ADDR_V4MAPPED(&addr);
    char *text = stpcpy(buf, address_prefix);
    inet_ntop(mapped ? AF_INET : AF_INET6, key->bytes + (mapped ? 12 : 0), text,
              (socklen_t)(KEY_BYTES - (sizeof(address_prefix) - 1)));
    return buf;
}

static char *print_uuid(const struct connstat_key *key, char buf[KEY_BYTES])
{
    char *out = buf;
    for (size_t i = 0; i < sizeof(key->bytes); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        out += snprintf(out, 3, "%02x", key->bytes[i]);
    }
    return buf;
}

char *key_print(const struct connstat_key *key, char buf[KEY_BYTES])
{
    uint64_t number;
    char text[sizeof(key->bytes) + 1];
    if (is_number(key, &number)) {
        snprintf(buf, KEY_BYTES, "%llu", (unsigned long long)number);
        return buf;
    }
    if (!is_text(key, text))
        return is_address(key) ? print_address(key, buf) : print_uuid(key, buf);
    bool ambiguous = text_number(text, &number) ||
                     strncmp(text, text_prefix, sizeof(text_prefix) - 1) == 0 ||
                     strncmp(text, address_prefix, sizeof(address_prefix) - 1) == 0;
    snprintf(buf, KEY_BYTES, "%s%s", ambiguous ? text_prefix : "", text);
    return buf;
}
