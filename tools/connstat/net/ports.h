/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A set of port numbers.
 */
#ifndef NET_PORTS_H
#define NET_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ports { /* starts as {0} */
    uint64_t bits[65536 / 64];
    size_t count;
};

void ports_add(struct ports *ports, uint16_t port);
bool ports_has(const struct ports *ports, uint16_t port);

/* Returns the ports that are in both sets. */
struct ports ports_common(const struct ports *a, const struct ports *b);

/* Writes the lowest ports of the set to list, `size` at most. Returns how many it wrote. */
size_t ports_list(const struct ports *ports, uint16_t *list, size_t size);

#endif
