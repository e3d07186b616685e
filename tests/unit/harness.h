/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the tests of the library share: a directory of segments of their own, and other processes
 * that do something and wait. CMocka's assertions are for the process that runs the tests; children
 * use CHECK, and leave by _exit.
 */
#ifndef TESTS_UNIT_HARNESS_H
#define TESTS_UNIT_HARNESS_H

#include <connstat.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { SKIPPED = 77, PATIENCE_S = 60 };

#define TEST(function) cmocka_unit_test_setup_teardown(function, harness_setup, harness_teardown)

/* Setup and teardown of a test: an empty $CONNSTAT_DIR of its own, no $CONNSTAT_NAME. */
int harness_setup(void **state);
int harness_teardown(void **state);

/* $CONNSTAT_DIR/NAME.connstat, in a static buffer. */
const char *segment_path(const char *name);

/* A segment "test" with the nine types, `capacity` slots each and few workers. */
connstat_t *create_segment(uint32_t capacity);
connstat_t *open_segment(unsigned flags);

/* Fails the process, not the test: for children. */
#define CHECK(condition)                                                                           \
    ((condition) ? (void)0                                                                         \
                 : (fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition),  \
                    _exit(1)))

/* Another process, which runs `body` and then exits with 0. */
struct child {
    pid_t pid;
    int hears, says; /* pipe ends of the side that uses them */
};
typedef void (*child_fn)(struct child *self, void *arg);

struct child child_start(child_fn body, void *arg);

/* The child tells that it came so far, and waits to be told to go on; the parent does the reverse.
 * Both give up after PATIENCE_S. */
void child_pause(struct child *self);
void child_reached(struct child *child);
void child_go_on(struct child *child);

/* The end of it: wait for exit status 0; or kill it and wait. */
void child_finish(struct child *child);
void child_kill(struct child *child);

/* child_start and child_finish. */
void in_child(child_fn body, void *arg);

/* Zeroed memory that children share with their parent. */
void *mmap_shared(size_t size);

/* Registers `count` entries without metadata. */
void register_some(connstat_t *cs, int type, int count);

/* Visit function that keeps the newest death in a struct connstat_death. */
int keep_death(const struct connstat_death *death, void *arg);

/* Visit function that counts entries into a size_t. */
int count_entry(const struct connstat_entry *entry, void *arg);

/* The live entries by list, having looked at each one's fields. */
size_t listed(connstat_t *cs, int type);

/* The time since the epoch. */
int64_t now_ns(void);

/* A seeded generator, the same everywhere. */
uint64_t next_random(uint64_t *state);

#endif
