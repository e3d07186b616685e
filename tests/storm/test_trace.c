/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A million random operations by four processes, and a model of them that is as simple as can be: for
 * each process a list of the entries that it has. At each checkpoint all processes stop, and the
 * counts, the list with every field, and the free slots of each type must be those of the model.
 *
 *   test_trace OPERATIONS SEED
 */
#include "harness.h"

#include <sched.h>
#include <stdatomic.h>

enum { PROCESSES = 4, CHECKPOINTS = 100, TYPES = 9, MOST = 700, STALE = 64 };

static long operations = 1000000;
static uint64_t seed = 7;

static const uint32_t capacities[TYPES] = {1000, 64, 65, 1, 300, 2, 128, 2800, 7};

struct entry {
    connstat_id id;
    int64_t serial; /* in its metadata; no two entries ever have the same */
    int type;
};

/* The part of the model that one process keeps of itself. No other process writes it. */
struct part {
    pid_t pid;
    size_t count;
    struct entry entries[MOST];
    connstat_id stale[STALE];
    int64_t next_serial;
    atomic_int arrived; /* at how many checkpoints it has arrived */
    atomic_long done;
};

struct model {
    struct part parts[PROCESSES];
    atomic_int released; /* from how many checkpoints the processes may go on */
    atomic_long refused, foreign, deaths, leaves;
};

/* ---- A process: one random operation after the other ---------------------------------------- */

struct actor {
    struct model *model;
    int number;
    connstat_t *cs, *inherited[2];
    uint64_t random;
};

static struct part *part_of(struct actor *actor)
{
    return &actor->model->parts[actor->number];
}

static void add(struct actor *actor)
{
    struct part *part = part_of(actor);
    int type = (int)(next_random(&actor->random) % TYPES);
    int64_t serial = part->next_serial++;
    struct connstat_field fields[] = {connstat_int("serial", serial),
                                      connstat_text("text", "0123456789abcdef"),
                                      connstat_bool("odd", serial % 2)};
    connstat_id id = 0;
    int error;

    if (part->count == MOST)
        return;
    fields[1].value.text += serial % 17;
    error = connstat_register(actor->cs, type, fields, 3, &id);
    CHECK(error == 0 || error == -ENOSPC);
    CHECK((id != 0) == (error == 0));
    if (error == 0)
        part->entries[part->count++] = (struct entry){id, serial, type};
    else
        actor->model->refused++;
}

static void drop(struct actor *actor)
{
    struct part *part = part_of(actor);
    size_t which;

    if (part->count == 0)
        return;
    which = next_random(&actor->random) % part->count;
    CHECK(connstat_unregister(actor->cs, part->entries[which].id) == 0);
    part->stale[next_random(&actor->random) % STALE] = part->entries[which].id;
    part->entries[which] = part->entries[--part->count];
}

static void drop_stale(struct actor *actor)
{
    connstat_id id = part_of(actor)->stale[next_random(&actor->random) % STALE];

    CHECK(connstat_unregister(actor->cs, id) == (id ? -ENOENT : 0));
}

/* Tries to unregister an entry of another process, which must fail. */
static void drop_foreign(struct actor *actor)
{
    int other = (actor->number + 1) % PROCESSES;
    size_t which = next_random(&actor->random) % MOST;
    connstat_id id = actor->model->parts[other].entries[which].id;
    int error = connstat_unregister(actor->cs, id);

    CHECK(id == 0 || error == -EPERM || error == -ENOENT);
    actor->model->foreign += error == -EPERM;
}

static void read_some(struct actor *actor)
{
    struct connstat_counts counts;

    CHECK(connstat_counts(actor->cs, &counts) == 0);
    for (int type = 0; type < TYPES; type++)
        CHECK(counts.by_type[type] <= capacities[type]);
    CHECK(connstat_count(actor->cs, CONNSTAT_ANY_TYPE) >= part_of(actor)->count);
}

static void come_again(struct actor *actor)
{
    struct part *part = part_of(actor);

    if (next_random(&actor->random) % 2) {
        CHECK(connstat_leave(actor->cs) == 0);
    } else {
        connstat_close(actor->cs);
        CHECK(connstat_open(&actor->cs, "test", 0) == 0);
    }
    part->count = 0;
    actor->model->leaves++;
}

static void act(struct actor *actor)
{
    uint64_t choice = next_random(&actor->random) % 20000;

    if (choice == 0)
        come_again(actor);
    else if (choice == 1)
        raise(SIGKILL);
    else if (choice < 9500)
        add(actor);
    else if (choice < 18500)
        drop(actor);
    else if (choice < 19200)
        drop_stale(actor);
    else if (choice < 19600)
        drop_foreign(actor);
    else
        read_some(actor);
}

static void play(struct child *self, void *arg)
{
    struct actor actor = *(struct actor *)arg;
    struct part *part = part_of(&actor);
    long each = operations / PROCESSES / CHECKPOINTS;

    part->pid = self->pid;
    actor.random = (seed << 32) + (uint64_t)(part->done * PROCESSES + actor.number + 1);
    /* Close the handles that were inherited; otherwise closing its own would not close the last one. */
    for (size_t i = 0; i < COUNT(actor.inherited); i++)
        connstat_close(actor.inherited[i]);
    CHECK(connstat_open(&actor.cs, "test", 0) == 0);
    while (part->arrived < CHECKPOINTS) {
        for (; part->done < each * (part->arrived + 1); part->done++)
            act(&actor);
        part->arrived++;
        while (actor.model->released < part->arrived)
            sched_yield();
    }
    connstat_close(actor.cs);
}

/* ---- The checkpoint ------------------------------------------------------------------------- */

static struct entry *find(struct part *part, connstat_id id)
{
    for (size_t i = 0; i < part->count; i++)
        if (part->entries[i].id == id)
            return &part->entries[i];
    return NULL;
}

static int compare(const struct connstat_entry *entry, void *arg)
{
    static const char text[] = "0123456789abcdef";
    struct model *model = arg;
    const struct connstat_field *fields = entry->metadata;
    struct entry *wanted = NULL;

    for (int i = 0; i < PROCESSES && !wanted; i++)
        if (model->parts[i].pid == entry->pid)
            wanted = find(&model->parts[i], entry->id);
    CHECK(wanted && entry->type == wanted->type);
    CHECK(entry->metadata_count == 3);
    CHECK(fields[0].value.integer == wanted->serial);
    CHECK(strcmp(fields[1].value.text, text + wanted->serial % 17) == 0);
    CHECK(fields[2].value.boolean == wanted->serial % 2);
    return 0;
}

static void compare_counts(connstat_t *cs, struct model *model, uint64_t live[TYPES])
{
    struct connstat_counts counts;

    memset(live, 0, TYPES * sizeof(*live));
    for (int i = 0; i < PROCESSES; i++)
        for (size_t k = 0; k < model->parts[i].count; k++)
            live[model->parts[i].entries[k].type]++;
    CHECK(connstat_counts(cs, &counts) == 0);
    for (int type = 0; type < TYPES; type++) {
        CHECK(counts.by_type[type] == live[type]);
        CHECK(connstat_count(cs, type) == live[type]);
        CHECK(connstat_for_each(cs, type, compare, model) == (int64_t)live[type]);
    }
}

/* Registers until the table is full, checks that every free slot was found, and gives them back. */
static void fill_up(connstat_t *cs, int type, uint64_t live)
{
    static connstat_id ids[4096];
    uint32_t room = capacities[type] - (uint32_t)live;
    connstat_id id;

    for (uint32_t i = 0; i < room; i++)
        CHECK(connstat_register(cs, type, NULL, 0, &ids[i]) == 0);
    CHECK(connstat_register(cs, type, NULL, 0, &id) == -ENOSPC);
    for (uint32_t i = 0; i < room; i++)
        CHECK(connstat_unregister(cs, ids[i]) == 0);
}

static void say_violation(const char *message, void *arg)
{
    (void)arg;
    fprintf(stderr, "%s\n", message);
}

static void checkpoint(connstat_t *cs, connstat_t *reader, struct model *model, int number)
{
    uint64_t live[TYPES];

    compare_counts(reader, model, live);
    fill_up(cs, number % TYPES, live[number % TYPES]);
    compare_counts(cs, model, live);
    CHECK(connstat_check(cs, say_violation, NULL) == 0);
}

/* ---- All of it ------------------------------------------------------------------------------ */

/* Waits until a process has come to the checkpoint. One that died is started again, and its part of the
 * model is emptied. */
static void wait_for(struct child *child, struct model *model, struct actor *actor, connstat_t *cs)
{
    struct part *part = part_of(actor);
    int status;

    while (part->arrived <= model->released) {
        if (waitpid(child->pid, &status, WNOHANG) == child->pid) {
            CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
            part->count = 0;
            part->done++;
            model->deaths++;
            close(child->hears);
            close(child->says);
            CHECK(connstat_reap(cs) >= 0);
            *child = child_start(play, actor);
        }
        sched_yield();
    }
}

static connstat_t *create(void)
{
    struct connstat_type types[TYPES];
    struct connstat_config config = {sizeof(config), types, TYPES, 0, 16, 0, 0};
    char names[TYPES][8];
    connstat_t *cs;

    for (int i = 0; i < TYPES; i++) {
        snprintf(names[i], sizeof(names[i]), "t%d", i);
        types[i] = (struct connstat_type){names[i], i % 2, capacities[i]};
    }
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    return cs;
}

static void test_trace(void **state)
{
    struct model *model = mmap_shared(sizeof(*model));
    connstat_t *cs = create(), *reader = open_segment(CONNSTAT_READ_ONLY);
    struct actor actors[PROCESSES];
    struct child children[PROCESSES];
    long done = 0;

    (void)state;
    for (int i = 0; i < PROCESSES; i++) {
        model->parts[i].next_serial = (int64_t)i << 40;
        actors[i] = (struct actor){.model = model, .number = i, .inherited = {cs, reader}};
        children[i] = child_start(play, &actors[i]);
    }
    while (model->released < CHECKPOINTS) {
        for (int i = 0; i < PROCESSES; i++)
            wait_for(&children[i], model, &actors[i], cs);
        checkpoint(cs, reader, model, model->released);
        model->released++;
    }
    for (int i = 0; i < PROCESSES; i++) {
        child_finish(&children[i]);
        done += model->parts[i].done;
    }
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 0);
    assert_true(model->deaths > 0 || operations < 100000);
    assert_true(model->refused > 0 && model->foreign > 0);
    printf("%ld operations, %d checkpoints, %ld refused for want of a slot, %ld of another's, "
           "%ld deaths, %ld leaves\n",
           done, CHECKPOINTS, model->refused, model->foreign, model->deaths, model->leaves);
    connstat_close(reader);
    connstat_close(cs);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {TEST(test_trace)};

    if (argc > 1)
        operations = atol(argv[1]);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
