/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "process/fork_hooks.h"

#include "process/guard.h"

#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

/* ---- copies --------------------------------------------------------------------------------- *
 *
 * The note's type is the version of these structures: copies of other versions are not seen.
 */
#define NOTE_NAME "connstat"
#define NOTE_TYPE 1

enum role { NOT_YET, RUNS_HOOKS, HOST_RUNS_HOOKS };

struct follower {
    struct fork_part part;
    struct follower *next;
};

struct copy {
    const void *liburcu; /* which one it uses: there may be several of those too */
    _Atomic int role;
    _Atomic(struct copy *) chosen; /* in the first copy of the process: which one has a role */
    _Atomic(struct follower *) followers;
};

#if SANITIZES_THREADS
extern struct urcu_gp urcu_bp_gp; /* the header shows it to those alone who inline the read side */
#endif

extern struct copy fork_hooks_copy;
__attribute__((used, visibility("hidden"))) struct copy fork_hooks_copy = {.liburcu = &urcu_bp_gp};

/* Its description is the way from itself to the copy. */
__asm__(".pushsection .note.connstat, \"a\", %note\n"
        ".balign 4\n"
        ".long 2f - 1f, 4f - 3f, 1\n"
        "1: .asciz \"" NOTE_NAME "\"\n"
        "2: .balign 4\n"
        "3: .long fork_hooks_copy - 3b\n"
        "4: .balign 4\n"
        ".popsection\n");

struct search {
    struct copy *first, *with_role; /* of those with our liburcu */
};

static void see(struct search *search, struct copy *copy)
{
    if (copy->liburcu != fork_hooks_copy.liburcu)
        return;
    if (search->first == NULL)
        search->first = copy;
    if (search->with_role == NULL && atomic_load(&copy->role) != NOT_YET)
        search->with_role = copy;
}

static void see_note(struct search *search, const ElfW(Nhdr) * note, const char *name,
                     const char *description)
{
    int32_t way;

    if (note->n_type != NOTE_TYPE || note->n_namesz != sizeof(NOTE_NAME) ||
        note->n_descsz != sizeof(way) || memcmp(name, NOTE_NAME, sizeof(NOTE_NAME)) != 0)
        return;
    memcpy(&way, description, sizeof(way));
    see(search, (struct copy *)((uintptr_t)description + (uintptr_t)(intptr_t)way));
}

static void see_notes(struct search *search, const char *at, size_t bytes, size_t alignment)
{
    size_t mask = (alignment == 8 ? 8 : 4) - 1;

    while (bytes >= sizeof(ElfW(Nhdr))) {
        const ElfW(Nhdr) *note = (const void *)at;
        size_t name = sizeof(*note);
        size_t description = (name + note->n_namesz + mask) & ~mask;
        size_t end = (description + note->n_descsz + mask) & ~mask;

        if (note->n_namesz > bytes || note->n_descsz > bytes || end > bytes)
            return;
        see_note(search, note, at + name, at + description);
        at += end;
        bytes -= end;
    }
}

static int see_object(struct dl_phdr_info *object, size_t size, void *search)
{
    (void)size;
    for (int i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_NOTE)
            see_notes(search, (const char *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr),
                      object->dlpi_phdr[i].p_memsz, object->dlpi_phdr[i].p_align);
    return 0;
}

/* The copy that has, or gets, the role for all; we, if nobody else has. */
static struct copy *choose(void)
{
    struct search search = {NULL, NULL};
    struct copy *nobody = NULL;

    dl_iterate_phdr(see_object, &search);
    if (search.with_role != NULL)
        return search.with_role;
    if (search.first == NULL) /* an object without notes: stripped of them */
        return &fork_hooks_copy;
    /* Of two that come at once, both ask the first copy. */
    if (atomic_compare_exchange_strong(&search.first->chosen, &nobody, &fork_hooks_copy))
        return &fork_hooks_copy;
    return nobody;
}

/* ---- the hooks ------------------------------------------------------------------------------ */

static struct fork_part own;

/* The order of locks: liburcu's, then ours. liburcu's are held by whoever waits for a grace period,
 * that is, for guard sections to end; and inside such a section somebody may be joining, under our
 * lock. So never wait for a grace period while holding ours. */
static void before_fork(void)
{
    urcu_bp_before_fork();
    own.before();
    for (struct follower *f = atomic_load(&fork_hooks_copy.followers); f != NULL; f = f->next)
        f->part.before();
}

static void after_fork_parent(void)
{
    for (struct follower *f = atomic_load(&fork_hooks_copy.followers); f != NULL; f = f->next)
        f->part.in_parent();
    own.in_parent();
    urcu_bp_after_fork_parent();
}

static void after_fork_child(void)
{
    for (struct follower *f = atomic_load(&fork_hooks_copy.followers); f != NULL; f = f->next)
        f->part.in_child();
    own.in_child();
    urcu_bp_after_fork_child();
}

bool fork_hooks_install(const struct fork_part *part, bool wanted)
{
    static struct follower follower;
    struct copy *chosen = choose();

    if (chosen == &fork_hooks_copy) {
        own = *part;
        atomic_store(&fork_hooks_copy.role, wanted ? RUNS_HOOKS : HOST_RUNS_HOOKS);
        if (wanted)
            pthread_atfork(before_fork, after_fork_parent, after_fork_child);
        return wanted;
    }
    follower.part = *part;
    follower.next = atomic_load(&chosen->followers);
    while (!atomic_compare_exchange_weak(&chosen->followers, &follower.next, &follower))
        ;
    return atomic_load(&chosen->role) != HOST_RUNS_HOOKS;
}
