/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "format/key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

static const char text_prefix[] = "text:";

int key_parse(const char *text, struct connstat_key *key)
{
    uint64_t number;
    size_t prefix = sizeof(text_prefix) - 1;
    if (strncmp(text, text_prefix, prefix) == 0) {
        text += prefix;
        return strlen(text) > sizeof(key->bytes) ? -EMSGSIZE : connstat_key_text(text, key);
    }
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
        return print_uuid(key, buf);
    bool ambiguous =
        text_number(text, &number) || strncmp(text, text_prefix, sizeof(text_prefix) - 1) == 0;
    snprintf(buf, KEY_BYTES, "%s%s", ambiguous ? text_prefix : "", text);
    return buf;
}
