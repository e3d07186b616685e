/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "net/ports.h"

void ports_add(struct ports *ports, uint16_t port)
{
    ports->count += !ports_has(ports, port);
    ports->bits[port / 64] |= UINT64_C(1) << port % 64;
}

bool ports_has(const struct ports *ports, uint16_t port)
{
    return ports->bits[port / 64] >> port % 64 & 1;
}

struct ports ports_common(const struct ports *a, const struct ports *b)
{
    struct ports common = {0};
    for (unsigned port = 0; port < 65536; port++) {
        if (ports_has(a, (uint16_t)port) && ports_has(b, (uint16_t)port))
            ports_add(&common, (uint16_t)port);
    }
    return common;
}

size_t ports_list(const struct ports *ports, uint16_t *list, size_t size)
{
    size_t count = 0;
    for (unsigned port = 0; port < 65536 && count < size; port++) {
        if (ports_has(ports, (uint16_t)port))
            list[count++] = (uint16_t)port;
    }
    return count;
}
