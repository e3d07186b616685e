/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "world.h"

#include "records/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct segment world;

void world_make(uint32_t capacity)
{
    struct shape shape = {.type_count = 2,
                          .max_workers = WORKERS,
                          .metadata_bytes = 8 * METADATA_WORDS,
                          .page_bytes = LEAST_PAGE};
    struct header *header;

    for (uint32_t t = 0; t < 2; t++) {
        shape.types[t].name[0] = (char)('a' + t);
        shape.types[t].capacity = shape.types[t].maximum = capacity;
    }
    if (geometry_compute(&world.geometry, &shape) < 0)
        abort();
    world.base = aligned_alloc(4096, world.geometry.reserved);
    if (world.base == NULL)
        abort();
    memset(world.base, 0, world.geometry.reserved);
    header = segment_header(&world);
    geometry_to_header(&world.geometry, header);
    header->key_secret[0] = 1;
    world.fd = -1;
    atomic_store_explicit(&world.indexes, 3, memory_order_relaxed);
    for (uint32_t t = 0; t < 2; t++)
        atomic_store_explicit(&world.capacity[t], capacity, memory_order_relaxed);
}

static int take_nothing(void *arg, uint32_t index)
{
    (void)arg;
    (void)index;
    return -ENOTSUP;
}

static void give_nothing(void *arg, uint32_t index)
{
    (void)arg;
    (void)index;
}

const struct record_hold world_hold = {.take = take_nothing, .give = give_nothing};

uint64_t world_join(uint32_t index)
{
    uint64_t word = record_word(RECORD_ALIVE, 100 + index, 0, 1);

    atomic_store_explicit(&segment_record(&world, index)->word, word, memory_order_relaxed);
    live_map_set(&world, index);
    return word;
}

void world_wait(uint32_t most)
{
    for (uint32_t n = weak_random(most); n > 0; n--)
        (void)atomic_load_explicit(&segment_header(&world)->reserved_atomics[1],
                                   memory_order_relaxed);
}

void world_fill(uint32_t type, uint32_t slot, uint64_t number)
{
    struct payload *payload = segment_payload(&world, type, slot);
    uint64_t words[2] = {number, number};

    slot_begin_payload();
    atomic_store_explicit(&payload->stamp, number << 16 | sizeof(words), memory_order_relaxed);
    payload_store(payload->room, (const uint8_t *)words, sizeof(words));
}

bool world_is(const struct copy *copy, const uint64_t metadata[METADATA_WORDS], uint64_t number)
{
    return copy->stamp >> 16 == number && copy->length == 16 && metadata[0] == number &&
           metadata[1] == number;
}
