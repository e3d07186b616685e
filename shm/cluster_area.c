/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "cluster_area.h"

#include <string.h>

static void store_text(_Atomic uint64_t *words, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes / 8; i++) {
        uint64_t word;

        memcpy(&word, text + 8 * i, 8);
        atomic_store_explicit(&words[i], word, memory_order_relaxed);
    }
}

static void load_text(char *text, _Atomic uint64_t *words, size_t bytes)
{
    for (size_t i = 0; i < bytes / 8; i++) {
        uint64_t word = atomic_load_explicit(&words[i], memory_order_relaxed);

        memcpy(text + 8 * i, &word, 8);
    }
    text[bytes - 1] = '\0';
}

void cluster_write(const struct segment *s, const struct cluster_view *view)
{
    struct cluster *cluster = segment_cluster(s);
    uint64_t sequence = atomic_load_explicit(&cluster->current, memory_order_relaxed) + 1;
    struct cluster_buffer *b = &cluster->buffers[sequence % CLUSTER_BUFFERS];

    atomic_store_explicit(&b->sequence, 0, memory_order_relaxed);
    /* release, with the acquire fence of cluster_read: a reader that has read anything of the new
     * content finds sequence 0 (or a later one) afterwards. Weaker, a reader that slept while the
     * agent wrote the three other buffers could take half of this content for the old one. */
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&b->at_ns, view->at_ns, memory_order_relaxed);
    atomic_store_explicit(&b->lease_ms, view->lease_ms, memory_order_relaxed);
    atomic_store_explicit(&b->nodes, view->nodes, memory_order_relaxed);
    for (uint32_t t = 0; t < MAX_TYPES; t++)
        atomic_store_explicit(&b->by_type[t], view->by_type[t], memory_order_relaxed);
    atomic_store_explicit(&b->total_channels, view->total_channels, memory_order_relaxed);
    atomic_store_explicit(&b->total_connections, view->total_connections, memory_order_relaxed);
    store_text(b->node, view->node, sizeof(view->node));
    store_text(b->cluster, view->cluster, sizeof(view->cluster));
    store_text(b->missing, view->missing, sizeof(view->missing));
    /* release, both, with the acquire load of current in cluster_read: who reads the new sequence
     * reads this content. Weaker, it could read what the buffer held before. */
    atomic_store_explicit(&b->sequence, sequence, memory_order_release);
    atomic_store_explicit(&cluster->current, sequence, memory_order_release);
}

/* Writes a buffer with 0 nodes, instead of setting current back: the sequence must never fall, or a
 * reader could take a buffer that was written twice under one sequence for unchanged. */
void cluster_clear(const struct segment *s)
{
    struct cluster_view none;

    memset(&none, 0, sizeof(none));
    cluster_write(s, &none);
}

bool cluster_read(const struct segment *s, struct cluster_view *view)
{
    struct cluster *cluster = segment_cluster(s);

    for (int round = 0; round < 8; round++) {
        uint64_t sequence = atomic_load_explicit(&cluster->current, memory_order_acquire);
        struct cluster_buffer *b = &cluster->buffers[sequence % CLUSTER_BUFFERS];

        if (sequence == 0)
            return false;
        view->at_ns = atomic_load_explicit(&b->at_ns, memory_order_relaxed);
        view->lease_ms = atomic_load_explicit(&b->lease_ms, memory_order_relaxed);
        view->nodes = (uint32_t)atomic_load_explicit(&b->nodes, memory_order_relaxed);
        for (uint32_t t = 0; t < MAX_TYPES; t++)
            view->by_type[t] = atomic_load_explicit(&b->by_type[t], memory_order_relaxed);
        view->total_channels = atomic_load_explicit(&b->total_channels, memory_order_relaxed);
        view->total_connections = atomic_load_explicit(&b->total_connections, memory_order_relaxed);
        load_text(view->node, b->node, sizeof(view->node));
        load_text(view->cluster, b->cluster, sizeof(view->cluster));
        load_text(view->missing, b->missing, sizeof(view->missing));
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&b->sequence, memory_order_relaxed) == sequence)
            return true;
    }
    return false;
}
