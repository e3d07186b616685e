/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
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

int (*world_reap)(connstat_t *cs) = connstat_reap;

/* ---- judging -------------------------------------------------------------------------------- */

struct listing {
    const struct world *world;
    bool seen[CAPACITY * TYPES];
    uint64_t others;
};

static int look(const struct connstat_entry *entry, void *arg)
{
    struct listing *listing = arg;
    uint64_t serial = entry_serial(entry);

    for (int i = 0; i < listing->world->judges_count; i++)
        if (listing->world->judges[i] == serial) {
            require(!listing->seen[i] && entry->pid == getpid());
            require(entry->id == listing->world->ids[i]);
            listing->seen[i] = true;
            return 0;
        }
    require(entry->pid != getpid());
    listing->others++;
    return 0;
}

static uint64_t list(const struct world *world)
{
    struct listing listing = {.world = world};

    require(connstat_for_each(world->cs, CONNSTAT_ANY_TYPE, look, &listing) ==
            (int64_t)listing.others + world->judges_count);
    for (int i = 0; i < world->judges_count; i++)
        require(listing.seen[i]);
    return listing.others;
}

void report(const char *message, void *arg)
{
    (void)arg;
    fprintf(stderr, "connstat_check: %s\n", message);
}

static uint64_t sum(const uint64_t *values)
{
    uint64_t total = 0;

    for (int type = 0; type < TYPES; type++)
        total += values[type];
    return total;
}

static void check_totals(const struct world *world, struct connstat_totals *totals)
{
    struct connstat_counts counts;

    require(connstat_totals(world->cs, totals) == 0 && connstat_counts(world->cs, &counts) == 0);
    for (int type = 0; type < TYPES; type++) {
        uint64_t live = totals->opened[type] - totals->closed[type] - totals->lost[type];

        /* The stopped process may have emptied a slot and not counted that yet. If another takes the
         * slot, it is counted twice; but no count above the capacity is returned. */
        require(counts.by_type[type] == live || (counts.by_type[type] == world->capacity &&
                                                 live == world->capacity + 1 && world->paused));
    }
}

struct obituaries {
    const struct verdict *verdict;
    uint64_t count, lost;
};

static int read_obituary(const struct connstat_death *death, void *arg)
{
    struct obituaries *obituaries = arg;

    require(death->number == ++obituaries->count);
    require(sum(death->lost) == death->lost_total);
    obituaries->lost += death->lost_total;
    if (death->pid == obituaries->verdict->pid) {
        bool exited = obituaries->verdict->exited;

        require(death->cause == CONNSTAT_DIED ||
                death->cause == (exited ? CONNSTAT_EXITED : CONNSTAT_SIGNALLED));
        require(death->cause == CONNSTAT_DIED || death->status == (exited ? 0 : SIGKILL));
    }
    require(strcmp(death->label, "victim") == 0 || strcmp(death->label, "colleague") == 0 ||
            death->label[0] == '\0');
    require(death->died_at_ns >= death->joined_at_ns - 1000000);
    return 0;
}

static void judge_deaths(const struct world *world, const struct verdict *verdict)
{
    struct obituaries obituaries = {.verdict = verdict};
    struct connstat_totals totals;

    check_totals(world, &totals);
    require(connstat_for_each_death(world->cs, read_obituary, &obituaries) ==
            (int64_t)obituaries.count);
    require(obituaries.count == totals.deaths);
    require(obituaries.lost == sum(totals.lost));
    require(totals.deaths >= (uint64_t)verdict->deaths_min);
    require(totals.deaths <= (uint64_t)verdict->deaths_max);
    require(obituaries.lost >= verdict->lost_min && obituaries.lost <= verdict->lost_max);
}

/* Registers in each table until it is full, checks how many fitted, and unregisters them again. At
 * most in_flight slots may be in neither state, because somebody stands in the middle of a call. */
static void use_all_capacity(struct world *world, uint64_t in_flight)
{
    static connstat_id
        ids[WIDE_CAPACITY * TYPES + 1]; /* one more: a refused call writes its id, too */
    struct connstat_counts before, after;
    int taken = 0;

    require(connstat_counts(world->cs, &before) == 0);
    for (int type = 0; type < TYPES; type++) {
        uint64_t here = 0;
        int error;

        while ((error = enter(world->cs, type, (uint64_t)(5000 + taken), &ids[taken])) == 0) {
            taken++;
            here++;
            require(here <= world->capacity);
        }
        require(error == -ENOSPC);
        require(before.by_type[type] + here <= world->capacity + in_flight);
        require(before.by_type[type] + here + in_flight >= world->capacity);
    }
    while (taken > 0)
        require(connstat_unregister(world->cs, ids[--taken]) == 0);
    require(connstat_counts(world->cs, &after) == 0);
    require(memcmp(&before, &after, sizeof(before)) == 0);
}

/* Nobody has an entry under the key. So under a limit of 2 two registrations must succeed, and a third
 * be refused. */
static void use_the_key(struct world *world)
{
    connstat_id ids[3];
    uint64_t room = world->capacity - connstat_count(world->cs, 0);

    require(connstat_count_key(world->cs, CONNSTAT_ANY_TYPE, connstat_key_u64(7)) == 0);
    if (room < 3)
        return;
    require(enter_key(world->cs, 0, 6000, 2, &ids[0]) == 0);
    require(enter_key(world->cs, 0, 6001, 2, &ids[1]) == 0);
    require(enter_key(world->cs, 0, 6002, 2, &ids[2]) == -EDQUOT);
    require(connstat_count_key(world->cs, 0, connstat_key_u64(7)) == 2);
    require(connstat_unregister(world->cs, ids[0]) == 0);
    require(connstat_unregister(world->cs, ids[1]) == 0);
}

void world_judge(struct world *world, const struct verdict *verdict)
{
    require(connstat_check(world->cs, report, NULL) == 0);
    require(connstat_count(world->cs, CONNSTAT_ANY_TYPE) == (uint64_t)world->judges_count);
    require(list(world) == 0);
    judge_deaths(world, verdict);
    use_the_key(world);
    use_all_capacity(world, 0);
    require(connstat_check(world->cs, report, NULL) == 0);
    require(world_reap(world->cs) == 0);
    judge_deaths(world, verdict);
}

void world_use(struct world *world, uint64_t standing_min, uint64_t standing_max,
               uint64_t in_flight)
{
    static unsigned pauses;
    struct connstat_totals totals;
    connstat_t *again;
    uint64_t others = list(world);

    require(others >= standing_min && others <= standing_max);
    world->paused = true;
    require(world_reap(world->cs) >= 0);
    check_totals(world, &totals);
    world->paused = false;
    /* The stopped process may hold slots that it is filling or emptying, or have freed one that it has
     * not counted yet. */
    use_all_capacity(world, in_flight);
    /* Only each fourth time: connstat_check takes long, since it looks several times where somebody in
     * the middle of a call holds a cell of a key. */
    if (pauses++ % 4 == 0)
        require(connstat_check(world->cs, report, NULL) == 0);
    require(create(&again, world->first, world->capacity, METADATA_BYTES) == 0);
    require(connstat_count(again, CONNSTAT_ANY_TYPE) >= (uint64_t)world->judges_count);
    connstat_close(again);
}
