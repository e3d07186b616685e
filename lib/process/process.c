/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "process/process.h"

#include "compiler.h"
#include "os/briefly.h"
#include "process/fork_hooks.h"
#include "process/guard.h"

#include <connstat.h>
#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_BYTES  4096u
#define MEMBERSHIPS ((PAGE_BYTES - 128) / 8)

struct page {
    pthread_mutex_t lock;   /* a wiped page is all zeros, and so the lock is free there */
    _Atomic uint64_t known; /* 0: nobody of this process has taken the lock yet */
    alignas(64) _Atomic uint64_t memberships[MEMBERSHIPS];
};

static struct page
    *page; /* made once, for the whole life of the process; NULL: there was no memory */
static uint8_t membership_taken[MEMBERSHIPS]; /* under the lock */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool hooks_wanted = true, hooks_installed, hooks_ran;
/* Threads that come at once may store these twice: it is the same two functions each time. */
static void (*_Atomic at_once_in_child)(void), (*_Atomic first_in_child)(void);
static _Atomic uint64_t last_unique = 1;

static void after_fork_child(void)
{
#if SANITIZES_THREADS
    /* A wiped lock is free; but ThreadSanitizer saw it taken before the fork, and would think that
     * whatever this thread locks from now on is locked inside it. */
    __tsan_mutex_pre_unlock(&page->lock, 0);
    __tsan_mutex_post_unlock(&page->lock, 0);
#endif
    /* Kernels before 4.14 do not wipe the page; so wipe it here. */
    memset((void *)page, 0, sizeof(*page));
    hooks_ran = true;
    atomic_load_explicit(&at_once_in_child, memory_order_relaxed)();
}

static void make_page(void)
{
    static const struct fork_part part = {process_lock, process_unlock, after_fork_child};
    void *memory =
        mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return;
    (void)madvise(memory, PAGE_BYTES, MADV_WIPEONFORK);
    page = memory;
    atomic_store_explicit(&page->known, 1, memory_order_relaxed);
    hooks_installed = fork_hooks_install(&part, hooks_wanted);
}

int process_init(void (*at_once)(void), void (*first)(void))
{
    atomic_store_explicit(&at_once_in_child, at_once, memory_order_relaxed);
    atomic_store_explicit(&first_in_child, first, memory_order_relaxed);
    pthread_once(&once, make_page);
    return page == NULL ? -ENOMEM : 0;
}

int connstat_fork_hooks(bool install)
{
    if (page != NULL && install != hooks_installed)
        return -EBUSY;
    hooks_wanted = install;
    return 0;
}

static void look_whether_first(void)
{
    if (unlikely(atomic_load_explicit(&page->known, memory_order_relaxed) == 0)) {
        guard_note_raw_clone(hooks_installed && !hooks_ran);
        hooks_ran = false;
        atomic_load_explicit(&first_in_child, memory_order_relaxed)();
        atomic_store_explicit(&page->known, 1, memory_order_relaxed);
    }
}

void process_lock(void)
{
    pthread_mutex_lock(&page->lock);
    look_whether_first();
}

bool process_lock_briefly(void)
{
    if (!lock_briefly(&page->lock))
        return false;
    look_whether_first();
    return true;
}

void process_unlock(void)
{
    pthread_mutex_unlock(&page->lock);
}

_Atomic uint64_t *process_membership_take(void)
{
    for (unsigned i = 0; i < MEMBERSHIPS; i++)
        if (!membership_taken[i]) {
            membership_taken[i] = 1;
            return &page->memberships[i];
        }
    return NULL;
}

void process_membership_give(_Atomic uint64_t *membership)
{
    atomic_store_explicit(membership, 0, memory_order_relaxed);
    membership_taken[membership - page->memberships] = 0;
}

bool process_membership_stands(uint64_t membership)
{
    for (unsigned i = 0; i < MEMBERSHIPS; i++)
        if (atomic_load_explicit(&page->memberships[i], memory_order_relaxed) == membership)
            return true;
    return false;
}

uint64_t process_unique(void)
{
    return atomic_fetch_add_explicit(&last_unique, 1, memory_order_relaxed);
}
