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
 * The type of the ELF note is the version of these structures. A copy of the library with another
 * version of them is not seen.
 */
#define NOTE_NAME "connstat"
#define NOTE_TYPE 1

enum role { NOT_YET, RUNS_HOOKS, HOST_RUNS_HOOKS };

struct follower {
    struct fork_part part;
    struct follower *next;
};

struct copy {
    const void *liburcu; /* the liburcu that it uses: a process may have several of those, too */
    _Atomic int role;
    _Atomic(struct copy *) chosen; /* of the first copy in the process: the one that has a role */
    _Atomic(struct follower *) followers;
};

#if SANITIZES_THREADS
extern struct urcu_gp urcu_bp_gp; /* the header declares it only where the read side is inlined */
#endif

extern struct copy fork_hooks_copy;
__attribute__((used, visibility("hidden"))) struct copy fork_hooks_copy = {.liburcu = &urcu_bp_gp};

/* The description of the note is the distance from itself to this copy's structure. */
__asm__(".pushsection .note.connstat, \"a\", %note\n"
        ".balign 4\n"
        ".long 2f - 1f, 4f - 3f, 1\n"
        "1: .asciz \"" NOTE_NAME "\"\n"
        "2: .balign 4\n"
        "3: .long fork_hooks_copy - 3b\n"
        "4: .balign 4\n"
        ".popsection\n");

struct search {
    struct copy *first, *with_role; /* only copies that use the same liburcu as we do */
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

/* Returns the copy that installs the hooks for all: one that has this role already, or else, as a
 * rule, this one. */
static struct copy *choose(void)
{
    struct search search = {NULL, NULL};
    struct copy *nobody = NULL;

    dl_iterate_phdr(see_object, &search);
    if (search.with_role != NULL)
        return search.with_role;
    if (search.first == NULL) /* not even our own note was found: the object was stripped of it */
        return &fork_hooks_copy;
    /* Two copies may come here at once. Both exchange the same word, that of the first copy, so only
     * one of them gets the role. */
    if (atomic_compare_exchange_strong(&search.first->chosen, &nobody, &fork_hooks_copy))
        return &fork_hooks_copy;
    return nobody;
}

/* ---- the hooks ------------------------------------------------------------------------------ */

static struct fork_part own;

/* The order of locks is: liburcu's, then the process lock. Why:
 *   1. Whoever waits for a grace period holds liburcu's locks until all guard sections have ended.
 *   2. Inside such a section a thread may be joining, for which it takes the process lock.
 *   3. So whoever waited for a grace period while holding the process lock would wait for ever.
 * Therefore nobody calls guard_wait with the process lock held, and forks take liburcu's first. */
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
