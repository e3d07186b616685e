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

/* Those that both have. */
struct ports ports_common(const struct ports *a, const struct ports *b);

/* Fill in the lowest, at most so many. Returns how many. */
size_t ports_list(const struct ports *ports, uint16_t *list, size_t size);

#endif
