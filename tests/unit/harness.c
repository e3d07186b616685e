/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "harness.h"

#include <ftw.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

static char directory[64];

int harness_setup(void **state)
{
    (void)state;
    strcpy(directory, access("/dev/shm", W_OK) == 0 ? "/dev/shm/connstat-test.XXXXXX"
                                                    : "/tmp/connstat-test.XXXXXX");
    unsetenv("CONNSTAT_NAME");
    return mkdtemp(directory) && setenv("CONNSTAT_DIR", directory, 1) == 0 ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

int harness_teardown(void **state)
{
    (void)state;
    return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *segment_path(const char *name)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/%s.connstat", getenv("CONNSTAT_DIR"), name);
    return path;
}

connstat_t *create_segment(uint32_t capacity)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs = NULL;

    config.capacity = capacity;
    config.max_workers = 32;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    assert_non_null(cs);
    return cs;
}

connstat_t *open_segment(unsigned flags)
{
    connstat_t *cs = NULL;

    assert_int_equal(connstat_open(&cs, "test", flags), 0);
    assert_non_null(cs);
    return cs;
}

struct child child_start(child_fn body, void *arg)
{
    int to_child[2], to_parent[2];
    struct child child;

    assert_int_equal(pipe(to_child), 0);
    assert_int_equal(pipe(to_parent), 0);
    fflush(NULL);
    child.pid = fork();
    assert_true(child.pid >= 0);
    if (child.pid == 0) {
        close(to_child[1]);
        close(to_parent[0]);
        child = (struct child){.pid = getpid(), .hears = to_child[0], .says = to_parent[1]};
        alarm(10 * PATIENCE_S);
        body(&child, arg);
        _exit(0);
    }
    close(to_child[0]);
    close(to_parent[1]);
    child.hears = to_parent[0];
    child.says = to_child[1];
    return child;
}

static bool hear(int fd)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    char byte;

    return poll(&waiting, 1, PATIENCE_S * 1000) == 1 && read(fd, &byte, 1) == 1;
}

void child_pause(struct child *self)
{
    CHECK(write(self->says, ".", 1) == 1);
    CHECK(hear(self->hears));
}

void child_reached(struct child *child)
{
    assert_true(hear(child->hears));
}

void child_go_on(struct child *child)
{
    assert_int_equal(write(child->says, ".", 1), 1);
}

static int wait_for(struct child *child)
{
    int status = -1;

    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    close(child->hears);
    close(child->says);
    return status;
}

void child_finish(struct child *child)
{
    assert_int_equal(wait_for(child), 0);
}

void child_kill(struct child *child)
{
    assert_int_equal(kill(child->pid, SIGKILL), 0);
    assert_true(WIFSIGNALED(wait_for(child)));
}

void in_child(child_fn body, void *arg)
{
    struct child child = child_start(body, arg);

    child_finish(&child);
}

void *mmap_shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(memory, MAP_FAILED);
    return memory;
}

void register_some(connstat_t *cs, int type, int count)
{
    connstat_id id;

    for (int i = 0; i < count; i++)
        CHECK(connstat_register(cs, type, NULL, 0, &id) == 0);
}

int keep_death(const struct connstat_death *death, void *arg)
{
    *(struct connstat_death *)arg = *death;
    return 0;
}

int count_entry(const struct connstat_entry *entry, void *arg)
{
    size_t *count = arg;

    for (size_t i = 0; i < entry->metadata_count; i++)
        if (!entry->metadata[i].name || !*entry->metadata[i].name)
            return -1;
    ++*count;
    return 0;
}

size_t listed(connstat_t *cs, int type)
{
    size_t count = 0;
    int64_t visited = connstat_for_each(cs, type, count_entry, &count);

    assert_int_equal(visited, count);
    return count;
}

int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}
