/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A memory cgroup with little room: a table that does not go into it is refused, and nobody is
 * killed.
 */
#include "harness.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define CGROUPS "/sys/fs/cgroup"

struct small_cgroup {
    bool entered;
    char folder[PATH_MAX];
};

static bool write_text(const char *folder, const char *name, const char *text)
{
    char path[PATH_MAX + 64];
    ssize_t written;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    written = fd < 0 ? -1 : write(fd, text, strlen(text));
    if (fd >= 0)
        close(fd);
    return written == (ssize_t)strlen(text);
}

/* Our memory cgroup: of version 2, or of version 1 where that has the memory. */
static bool find_memory_cgroup(char *folder, size_t size)
{
    bool is_version_2 = access(CGROUPS "/cgroup.controllers", F_OK) == 0, found = false;
    FILE *file = fopen("/proc/self/cgroup", "re");
    char line[1024];

    while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
        const char *path = strrchr(line, ':');

        line[strcspn(line, "\n")] = '\0';
        found = is_version_2 ? strncmp(line, "0::", 3) == 0 : strstr(line, ":memory:") != NULL;
        if (found)
            snprintf(folder, size, CGROUPS "%s%s", is_version_2 ? "" : "/memory", path + 1);
    }
    if (file != NULL)
        fclose(file);
    return found;
}

static bool enter_small_cgroup(struct small_cgroup *small, const char *bytes)
{
    char ours[2048], pid[32];

    snprintf(pid, sizeof(pid), "%d", getpid());
    if (!find_memory_cgroup(ours, sizeof(ours)))
        return false;
    snprintf(small->folder, sizeof(small->folder), "%s/connstat-test-%s", ours, pid);
    return mkdir(small->folder, 0755) == 0 &&
           (write_text(small->folder, "memory.max", bytes) ||
            write_text(small->folder, "memory.limit_in_bytes", bytes)) &&
           write_text(small->folder, "cgroup.procs", pid);
}

static connstat_t *create_growing(void)
{
    struct connstat_type type = {"socket", CONNSTAT_CONNECTION, 0};
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs = NULL;

    config.types = &type;
    config.type_count = 1;
    config.max_workers = 8;
    CHECK(connstat_create(&cs, "test", &config) == 0);
    return cs;
}

/* Of 32 MiB; a million slots are 120 MiB. */
static void grows_in_a_small_cgroup(struct child *self, void *arg)
{
    struct small_cgroup *small = arg;
    int64_t at_first, capacity;
    connstat_t *cs;
    connstat_id id;
    int error;

    (void)self;
    small->entered = enter_small_cgroup(small, "33554432");
    if (!small->entered)
        return;
    cs = create_growing();
    at_first = connstat_type_capacity(cs, 0);
    CHECK(connstat_resize(cs, 0, 1000000) == -ENOSPC);
    CHECK(connstat_type_capacity(cs, 0) == at_first && connstat_type_growths(cs, 0) == 0);
    while ((error = connstat_register(cs, 0, NULL, 0, &id)) == 0)
        ;
    CHECK(error == -ENOSPC);
    capacity = connstat_type_capacity(cs, 0);
    CHECK(capacity > at_first && (int64_t)connstat_count(cs, 0) == capacity);
    CHECK(connstat_check(cs, NULL, NULL) == 0);
    connstat_close(cs);
    CHECK(connstat_destroy("test") == 0);
}

static void test_growing_in_a_small_cgroup(void **state)
{
    struct small_cgroup *small =
        mmap(NULL, sizeof(*small), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    (void)state;
    assert_true(small != MAP_FAILED);
    in_child(grows_in_a_small_cgroup, small);
    if (!small->entered)
        fprintf(stderr, "no memory cgroup may be made here: not tested\n");
    if (small->folder[0] != '\0')
        (void)rmdir(small->folder);
    munmap(small, sizeof(*small));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_growing_in_a_small_cgroup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
