/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Sixteen bytes hold a number, a UUID or a text, and should tell them apart without a byte to
 * spare for it:
 *
 *   text    its bytes, padded with NULs: behind the first NUL come only NULs
 *   number  8 bytes big-endian, 7 NULs, FF: a NUL in byte 8 and no NUL in byte 15, as in no text
 *   UUID    its 16 bytes; every one of RFC 9562 has 10 as the upper bits of byte 8, which no number
 *           and no ASCII text has, and the nil UUID and the max UUID are no number either
 *
 * So a number equals no text and no UUID, ever. A text that equals a UUID has 16 bytes outside of
 * ASCII or is the empty one, which is the nil UUID.
 */
#include "os/hex.h"

#include <connstat.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum { UUID_CHARACTERS = 36 };

struct connstat_key connstat_key_u64(uint64_t n)
{
    struct connstat_key key = {.bytes[15] = 0xFF};
    uint64_t big = __builtin_bswap64(n);

    memcpy(key.bytes, &big, sizeof(big));
    return key;
}

static bool parse_uuid(const char *text, struct connstat_key *key)
{
    size_t digits = 0;

    for (size_t i = 0; i < UUID_CHARACTERS; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        int digit = hex_digit(text[i]);

        if (hyphen ? text[i] != '-' : digit < 0)
            return false;
        if (hyphen)
            continue;
        key->bytes[digits / 2] = (uint8_t)(key->bytes[digits / 2] << 4 | digit);
        digits++;
    }
    return true;
}

int connstat_key_text(const char *text, struct connstat_key *key)
{
    struct connstat_key made = {0};
    size_t length;

    if (text == NULL || key == NULL)
        return -EINVAL;
    length = strnlen(text, UUID_CHARACTERS + 1);
    if (length <= sizeof(made.bytes))
        memcpy(made.bytes, text, length);
    else if (length != UUID_CHARACTERS || !parse_uuid(text, &made))
        return -EMSGSIZE;
    *key = made;
    return 0;
}

int connstat_key_addr(const struct sockaddr *addr, struct connstat_key *key)
{
    struct connstat_key made = {.bytes[10] = 0xFF, .bytes[11] = 0xFF};
    sa_family_t family;

    if (addr == NULL || key == NULL)
        return -EINVAL;
    memcpy(&family, &addr->sa_family, sizeof(family));
    if (family == AF_INET)
        memcpy(made.bytes + 12, (const char *)addr + offsetof(struct sockaddr_in, sin_addr), 4);
    else if (family == AF_INET6)
        memcpy(made.bytes, (const char *)addr + offsetof(struct sockaddr_in6, sin6_addr), 16);
    else
        return -EAFNOSUPPORT;
    *key = made;
    return 0;
}
