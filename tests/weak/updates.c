/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * An entry that lives all the while and whose content is replaced; counters; the cluster's area.
 */
#include "cluster_area.h"
#include "scenarios.h"
#include "world.h"

#include "records/shard.h"
#include "slots/moving.h"

#include <string.h>

/* ---- the content of a living entry ------------------------------------------------------------ */

static uint64_t live;

static _Atomic uint64_t *the_word(void)
{
    return &segment_words(&world, 0)[0];
}

static void setup_entry(void)
{
    uint64_t claimed;

    world_make(1);
    world_join(0);
    (void)slot_claim(the_word(), 0, slot_word(SLOT_CLAIMED, 0, 0), &claimed);
    world_fill(0, 0, 1);
    slot_publish(the_word(), claimed);
    live = slot_become(claimed, SLOT_LIVE);
}

/* As a thread of its owner that registered nothing: what it replaces must be whole, and newer than
 * what it saw before. */
static uint64_t update(uint32_t spare, uint64_t seen)
{
    struct payload *payload = segment_payload(&world, 0, 0);
    struct content content;
    uint64_t words[2], next[2];

    if (!slot_begin_update(the_word(), live))
        return seen;
    EXPECT(content_read(&world, payload, &content));
    EXPECT(head_length(content.head) == sizeof(words));
    payload_load(content.metadata, sizeof(words), words);
    EXPECT(words[0] == words[1]);
    EXPECT(words[0] >= seen);
    next[0] = next[1] = words[0] + 1;
    content_replace(&world, payload, &content, spare, (const uint8_t *)next, sizeof(next));
    EXPECT(slot_end_update(the_word(), live));
    return next[0];
}

static void updates_0(void)
{
    update(0, update(0, update(0, 1)));
}

static void updates_1(void)
{
    update(2, update(2, 1));
}

static void reads(void)
{
    struct table table = table_of(&world, NULL, 0);
    uint64_t last = 1;

    for (int i = 0; i < 4; i++) {
        uint64_t metadata[METADATA_WORDS];
        struct copy copy;

        EXPECT(table_read(&table, 0, &copy, metadata));
        EXPECT(copy.length == 2 * sizeof(metadata[0]));
        EXPECT(metadata[0] == metadata[1]);
        EXPECT(metadata[0] >= last);
        last = metadata[0];
    }
}

const struct scenario update_scenario = {
    .name = "update", .setup = setup_entry, .threads = {updates_0, updates_1, reads}};

/* Who updated it was cut off, and the next program in the process puts back what stood there. */
static void setup_cut_off(void)
{
    struct payload *payload;
    struct content content;
    uint64_t next[2] = {2, 2};
    struct spare *spare;

    setup_entry();
    payload = segment_payload(&world, 0, 0);
    spare = segment_spare(&world, 0);
    EXPECT(slot_begin_update(the_word(), live));
    EXPECT(content_read(&world, payload, &content));
    content_replace(&world, payload, &content, 0, (const uint8_t *)next, sizeof(next));
    atomic_store_explicit(
        &payload->stamp,
        stamp_copied(0, (uint32_t)atomic_load_explicit(&spare->sequence, memory_order_relaxed)),
        memory_order_relaxed);
}

static void restores(void)
{
    EXPECT(content_restore(&world, segment_payload(&world, 0, 0)));
    EXPECT(slot_end_update(the_word(), live));
}

static void reads_what_was(void)
{
    struct table table = table_of(&world, NULL, 0);

    for (int i = 0; i < 3; i++) {
        uint64_t metadata[METADATA_WORDS];
        struct copy copy;

        EXPECT(table_read(&table, 0, &copy, metadata));
        EXPECT(copy.length == 2 * sizeof(metadata[0]));
        EXPECT(metadata[0] == 1 && metadata[1] == 1);
    }
}

const struct scenario restored_scenario = {
    .name = "restored", .setup = setup_cut_off, .threads = {restores, reads_what_was}};

/* Another thread takes the entry out meanwhile, and who updates it empties the slot; then somebody
 * else registers there. */
static void take_out(void)
{
    uint64_t releasing = slot_become(live, SLOT_RELEASING);

    if (slot_retract(the_word(), live, releasing))
        slot_free(the_word(), segment_taken(&world, 0), 0, releasing);
    else
        (void)slot_retract(the_word(), slot_become(live, SLOT_UPDATING), releasing);
}

static void updates_what_goes(void)
{
    struct payload *payload = segment_payload(&world, 0, 0);
    uint64_t next[2] = {7, 7};
    struct content content;

    for (int i = 0; i < 2; i++) {
        if (!slot_begin_update(the_word(), live))
            return;
        EXPECT(content_read(&world, payload, &content));
        content_replace(&world, payload, &content, 0, (const uint8_t *)next, sizeof(next));
        if (!slot_end_update(the_word(), live))
            slot_free(the_word(), segment_taken(&world, 0), 0, slot_become(live, SLOT_RELEASING));
    }
}

static void registers_there(void)
{
    uint64_t seen = atomic_load_explicit(the_word(), memory_order_relaxed), claimed;

    if (slot_state(seen) != SLOT_FREE ||
        !slot_claim(the_word(), seen, slot_word(SLOT_CLAIMED, 0, 0), &claimed))
        return;
    world_fill(0, 0, 9);
    slot_publish(the_word(), claimed);
}

static void reads_either(void)
{
    struct table table = table_of(&world, NULL, 0);

    for (int i = 0; i < 3; i++) {
        uint64_t metadata[METADATA_WORDS], of;
        struct copy copy;

        if (!table_read(&table, 0, &copy, metadata))
            continue;
        of = slot_generation(copy.word) == slot_generation(live) ? metadata[0] : 9;
        EXPECT(of == 1 || of == 7 || of == 9);
        EXPECT(metadata[0] == of && metadata[1] == of);
    }
}

const struct scenario taken_out_scenario = {
    .name = "taken-out",
    .setup = setup_entry,
    .threads = {take_out, updates_what_goes, registers_there, reads_either}};

/* ---- one that becomes an entry of another type ------------------------------------------------- */

static _Atomic uint64_t *new_word(void)
{
    return &segment_words(&world, 1)[0];
}

/* The steps of lib/move.c. */
static void moves(void)
{
    struct origin from = {.type = 0, .slot = 0, .word = live};
    uint64_t updating = slot_become(live, SLOT_UPDATING), claimed, words[2];
    struct payload *payload = segment_payload(&world, 1, 0);
    struct content old;

    EXPECT(slot_claim(new_word(), 0, slot_word(SLOT_CLAIMED, 0, 0), &claimed));
    taken_set(segment_taken(&world, 1), 0);
    if (!slot_begin_update(the_word(), live))
        return;
    EXPECT(content_read(&world, segment_payload(&world, 0, 0), &old));
    payload_load(old.metadata, sizeof(words), words);
    content_arrive(payload, &from, old.head, (const uint8_t *)words, sizeof(words));
    content_number(payload, moving_begin(&world));
    atomic_store_explicit(new_word(), slot_become(claimed, SLOT_UPDATING), memory_order_release);
    EXPECT(slot_retract(the_word(), updating, slot_become(updating, SLOT_CLAIMED)));
    content_settle(payload);
    EXPECT(slot_end_update(new_word(), slot_become(claimed, SLOT_LIVE)));
    slot_free(the_word(), segment_taken(&world, 0), 0, slot_become(updating, SLOT_RELEASING));
}

/* Whole in its old type or its new one; and never again in the old one. */
static void follows_it(void)
{
    struct table before = table_of(&world, NULL, 0), after = table_of(&world, NULL, 1);
    bool has_moved = false;

    for (int i = 0; i < 3; i++) {
        uint64_t metadata[METADATA_WORDS];
        struct copy copy;

        if (table_read(&after, 0, &copy, metadata)) {
            EXPECT(copy.length == 16 && metadata[0] == 1 && metadata[1] == 1);
            has_moved = true;
        } else {
            EXPECT(!has_moved);
        }
        if (table_read(&before, 0, &copy, metadata)) {
            EXPECT(copy.length == 16 && metadata[0] == 1 && metadata[1] == 1);
            EXPECT(!has_moved);
        }
    }
}

const struct scenario move_scenario = {
    .name = "move", .setup = setup_entry, .threads = {moves, follows_it, follows_it}};

/* A list of both types shows it once at most; and once, if it moved before the list began. */
static void lists_both(void)
{
    struct arrivals arrivals = {NULL, 0, 0};
    uint64_t last, metadata[METADATA_WORDS];
    struct copy copy;
    int shown = 0;

    world_wait(100);
    last = moving_last(&world);
    if (last != 0)
        EXPECT(arrivals_note(&world, &arrivals) == 0);
    for (uint32_t type = 0; type < 2; type++) {
        struct table table = table_of(&world, NULL, type);

        table.moves = last;
        table.arrivals = &arrivals;
        shown += table_read(&table, 0, &copy, metadata);
    }
    EXPECT(shown <= 1);
    arrivals_free(&arrivals);
}

const struct scenario listing_scenario = {
    .name = "listing", .setup = setup_entry, .threads = {moves, lists_both, lists_both}};

/* ---- counters --------------------------------------------------------------------------------- */

static struct shard_type *counters(uint32_t shard)
{
    return shard_types(segment_shard(&world, shard));
}

static void opens_and_closes(void)
{
    for (int i = 0; i < 2; i++) {
        counter_add(&counters(0)->opened, true);
        counter_add(&counters(0)->closed, true);
    }
}

static void shares_counters(void)
{
    counter_add(&counters(1)->opened, false);
    counter_add(&counters(1)->closed, false);
}

static void looks_at_counters(void)
{
    for (int i = 0; i < 2; i++) {
        struct shard_pair own = shard_read(counters(0)), shared = shard_read(counters(1));

        EXPECT(own.opened - own.closed <= 1);
        EXPECT(shared.opened - shared.closed <= 2);
    }
}

const struct scenario counters_scenario = {
    .name = "counters",
    .setup = setup_entry,
    .threads = {opens_and_closes, shares_counters, shares_counters, looks_at_counters}};

/* ---- the cluster's area ----------------------------------------------------------------------- */

static void make_view(struct cluster_view *view, uint32_t n)
{
    memset(view, 0, sizeof(*view));
    view->at_ns = n;
    view->lease_ms = view->total_channels = view->total_connections = n;
    view->nodes = n;
    for (uint32_t t = 0; t < MAX_TYPES; t++)
        view->by_type[t] = n;
    memset(view->node, (int)n, sizeof(view->node) - 1);
}

static void publishes(void)
{
    for (uint32_t n = 1; n <= 5; n++) {
        struct cluster_view view;

        make_view(&view, n);
        cluster_write(&world, &view);
    }
}

/* Not by memcmp: what lies between the members is nobody's. */
static bool same_view(const struct cluster_view *a, const struct cluster_view *b)
{
    return a->at_ns == b->at_ns && a->lease_ms == b->lease_ms && a->nodes == b->nodes &&
           memcmp(a->by_type, b->by_type, sizeof(a->by_type)) == 0 &&
           a->total_channels == b->total_channels && a->total_connections == b->total_connections &&
           memcmp(a->node, b->node, sizeof(a->node)) == 0 &&
           memcmp(a->cluster, b->cluster, sizeof(a->cluster)) == 0 &&
           memcmp(a->missing, b->missing, sizeof(a->missing)) == 0;
}

static void follows(void)
{
    uint32_t last = 0;

    for (int i = 0; i < 300 && last < 5; i++) {
        struct cluster_view view, expected;

        if (!cluster_read(&world, &view))
            continue;
        make_view(&expected, view.nodes);
        EXPECT(same_view(&view, &expected));
        EXPECT(view.nodes >= last && view.nodes > 0);
        last = view.nodes;
    }
}

const struct scenario cluster_scenario = {
    .name = "cluster", .setup = setup_entry, .threads = {publishes, follows}};
