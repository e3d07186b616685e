/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/sample/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <urcu-bp.h>

/* ThreadSanitizer sees neither liburcu's grace periods nor the barriers inside the library, so
 * it is told: what a reader did before it left happens before what follows the grace period.
 * An address of its own, as a store to the pointer would make it forget the readers. The pointer
 * goes through the compiler's atomics, which it does understand. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
static char readers;
#define reader_leaves()     __tsan_release(&readers)
#define readers_have_left() __tsan_acquire(&readers)
#else
#define reader_leaves()     ((void)0)
#define readers_have_left() ((void)0)
#endif

int history_init(struct history *history)
{
    history->window = calloc(1, sizeof(*history->window));
    return history->window ? 0 : -ENOMEM;
}

static void free_samples(const struct window *window, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((void *)window->samples[i]);
}

void history_free(struct history *history)
{
    free_samples(history->window, history->window->count);
    free((void *)history->window);
    history->window = NULL;
}

/* How many of its oldest samples the window loses when this one is added. */
static size_t count_outdated(const struct window *window, const struct sample *sample)
{
    if (window->count == 0)
        return 0;
    /* A gap without a segment belongs to the segment before it. */
    for (size_t i = window->count; sample->created_at_ns && i > 0; i--) {
        int64_t created_at_ns = window->samples[i - 1]->created_at_ns;
        if (created_at_ns && created_at_ns != sample->created_at_ns)
            return window->count;
        if (created_at_ns)
            break;
    }
    return window->count == HISTORY_SECONDS;
}

int history_append(struct history *history, struct sample *sample)
{
    const struct window *old = history->window;
    struct window *window = malloc(sizeof(*window));
    if (!window) {
        free(sample);
        return -ENOMEM;
    }
    size_t outdated = count_outdated(old, sample);
    window->count = old->count - outdated;
    memcpy(window->samples, old->samples + outdated, window->count * sizeof(*window->samples));
    window->samples[window->count++] = sample;

    /* Partner: the acquire load in history_enter. Weaker, and a reader may find the window before
     * what it points to. */
    __atomic_store_n(&history->window, window, __ATOMIC_RELEASE);
    urcu_bp_synchronize_rcu();
    readers_have_left();
    free_samples(old, outdated);
    free((void *)old);
    return 0;
}

const struct window *history_enter(const struct history *history)
{
    urcu_bp_read_lock();
    return __atomic_load_n(&history->window, __ATOMIC_ACQUIRE);
}

void history_leave(void)
{
    reader_leaves();
    urcu_bp_read_unlock();
}
