/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "world.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define METADATA_BYTES 64

static const char *where = "start";
static size_t where_point;
static char directory[] = "/dev/shm/connstat-kill-XXXXXX";

void say_where(const char *scenario, size_t point)
{
    where = scenario;
    where_point = point;
}

_Noreturn void fail_at(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s, point %zu: %s:%d: %s\n", where, where_point, file, line, what);
    abort();
}

void worlds_begin(void)
{
    /* Large allocations, such as traces, get mappings of their own and leave the heap as it is. A child
     * inherits the heap, and its own allocations shall take the same way each time. */
    require(mallopt(M_MMAP_THRESHOLD, 4096) == 1);
    require(mkdtemp(directory) != NULL);
    require(setenv("CONNSTAT_DIR", directory, 1) == 0);
}

void worlds_end(void)
{
    require(rmdir(directory) == 0);
}

/* ---- entries that prove themselves ---------------------------------------------------------- */

static uint64_t echo_of(uint64_t serial)
{
    return (serial * UINT64_C(0x9e3779b97f4a7c15)) >> 1;
}

/* Makes the text of a serial. Two serials differ in every byte of it, and its length repeats only each
 * 24 serials. */
static void text_of(uint64_t serial, char text[32])
{
    size_t length = serial % 24;

    memset(text, (int)('a' + serial / 24 % 26), length);
    text[length] = '\0';
}

static void fields_of(uint64_t serial, char text[32], struct connstat_field fields[3])
{
    text_of(serial, text);
    fields[0] = connstat_int("serial", (int64_t)serial);
    fields[1] = connstat_text("text", text);
    fields[2] = connstat_int("echo", (int64_t)echo_of(serial));
}

static int enter_with(connstat_t *cs, int type, uint64_t serial, const struct connstat_key *key,
                      uint32_t limit, connstat_id *id)
{
    struct connstat_field fields[3];
    char text[32];

    fields_of(serial, text, fields);
    return key == NULL ? connstat_register(cs, type, fields, 3, id)
                       : connstat_register_key(cs, type, *key, limit, fields, 3, id);
}

int enter(connstat_t *cs, int type, uint64_t serial, connstat_id *id)
{
    return enter_with(cs, type, serial, NULL, 0, id);
}

int enter_key(connstat_t *cs, int type, uint64_t serial, uint32_t limit, connstat_id *id)
{
    struct connstat_key key = connstat_key_u64(7);

    return enter_with(cs, type, serial, &key, limit, id);
}

int change(connstat_t *cs, connstat_id id, uint64_t serial)
{
    struct connstat_field fields[3];
    char text[32];

    fields_of(serial, text, fields);
    return connstat_update(cs, id, fields, 3);
}

int move_to(connstat_t *cs, connstat_id *id, int type, uint64_t serial)
{
    struct connstat_field fields[3];
    char text[32];

    fields_of(serial, text, fields);
    return connstat_move(cs, id, type, fields, 3);
}

uint64_t entry_serial(const struct connstat_entry *entry)
{
    uint64_t serial;
    char text[32];

    require(entry->metadata_count == 3);
    require(strcmp(entry->metadata[0].name, "serial") == 0);
    serial = (uint64_t)entry->metadata[0].value.integer;
    text_of(serial, text);
    require(strcmp(entry->metadata[1].value.text, text) == 0);
    require((uint64_t)entry->metadata[2].value.integer == echo_of(serial));
    return serial;
}

/* ---- making --------------------------------------------------------------------------------- */

static int create(connstat_t **cs, uint32_t capacity, uint32_t maximum, uint32_t metadata_bytes)
{
    static const struct connstat_type types[TYPES] = {
        {"left", CONNSTAT_CHANNEL, 0},
        {"right", CONNSTAT_CONNECTION, 0},
    };
    struct connstat_config config = {.size = sizeof(config),
                                     .types = types,
                                     .type_count = TYPES,
                                     .capacity = capacity,
                                     .max_capacity = maximum,
                                     .max_workers = 6,
                                     .metadata_bytes = metadata_bytes};

    return connstat_create(cs, NAME, &config);
}

static int make(struct world *world, int entries, uint32_t capacity, uint32_t maximum)
{
    int error = create(&world->cs, capacity, maximum, METADATA_BYTES);

    world->judges_count = 0;
    world->first = capacity;
    world->capacity = maximum;
    world->paused = false;
    world->zombie = 0;
    for (int type = 0; type < TYPES && error == 0; type++)
        for (int i = 0; i < entries; i++) {
            int n = world->judges_count++;

            world->judges[n] = (uint64_t)(1000 + n);
            require(enter(world->cs, type, world->judges[n], &world->ids[n]) == 0);
        }
    return error;
}

int world_try_make(struct world *world, int entries)
{
    return make(world, entries, CAPACITY, CAPACITY);
}

void world_make(struct world *world, int entries)
{
    require(make(world, entries, CAPACITY, CAPACITY) == 0);
}

void world_make_growing(struct world *world, int entries)
{
    require(make(world, entries, CAPACITY, MAXIMUM) == 0);
}

void world_make_wide(struct world *world, int entries)
{
    require(make(world, entries, WIDE_CAPACITY, WIDE_CAPACITY) == 0);
}

void world_make_other(void)
{
    connstat_t *cs;

    require(create(&cs, CAPACITY, CAPACITY, METADATA_BYTES / 2) == 0);
    connstat_close(cs);
}

connstat_t *world_create_again(const struct world *world)
{
    connstat_t *cs;

    require(create(&cs, world->first, world->capacity, METADATA_BYTES) == 0);
    return cs;
}

void world_end(struct world *world)
{
    connstat_close(world->cs);
    require(connstat_destroy(NAME) == 0);
    if (world->zombie != 0)
        child_bury(world->zombie);
}

void world_map(struct image *image)
{
    char path[sizeof(directory) + sizeof("/" NAME ".connstat")];
    struct stat status;
    int fd;

    snprintf(path, sizeof(path), "%s/" NAME ".connstat", directory);
    *image = (struct image){.bytes = (const uint8_t *)""};
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    require(fstat(fd, &status) == 0);
    image->size = (size_t)status.st_size;
    image->bytes = mmap(NULL, image->size, PROT_READ, MAP_SHARED, fd, 0);
    require(image->bytes != MAP_FAILED);
    close(fd);
}

void world_unmap(struct image *image)
{
    if (image->size != 0)
        require(munmap((void *)(uintptr_t)image->bytes, image->size) == 0);
}
