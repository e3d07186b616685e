/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Each look visits all entries of the types in question and compares them, by their ids, with
 * those of the look before. Neither look sees entries that came and went in between; the counters
 * tell how many these were.
 */
#include "show/follow.h"

#include <stdlib.h>
#include <string.h>

#include "cli/segment.h"
#include "common/clock.h"
#include "common/color.h"
#include "common/failure.h"
#include "common/output.h"
#include "describe/kept.h"
#include "format/key.h"
#include "format/sheet.h"

struct followed {
    struct kept *kept;
    bool is_selected;
};

struct look { /* all entries that a look has found: a hash table by id with open addressing */
    struct followed *table;
    size_t size, count; /* .size is a power of 2; or 0 */
};

struct following {
    const struct follow *follow;
    struct sheet sheet;
    struct look before, now;
    int64_t made_at_ns; /* the segment */
    size_t type_count;
    const char *types[CONNSTAT_MAX_TYPES]; /* their names, also once it is replaced */
    bool is_first, failed, ended;
    uint64_t opened_at_first, came, unseen; /* since the first look */
};

static const struct column columns[] = {
    {"at", "TIME", VALUE_TIME, .width = 19},
    {"event", "EVENT", VALUE_TEXT, .width = 6},
    {"unseen", NULL, VALUE_COUNT},
    {"id", "ID", VALUE_ID, .width = 20},
    {"type", "TYPE", VALUE_TEXT, .width = 14},
    {"pid", "WORKER", VALUE_NUMBER, .width = 8},
    {"key", "KEY", VALUE_TEXT, .width = 12},
    {"metadata", "METADATA", VALUE_METADATA},
};

static struct followed *find_place(const struct look *look, connstat_id id)
{
    size_t mask = look->size - 1, at = (id * UINT64_C(0x9E3779B97F4A7C15) >> 32) & mask;
    while (look->table[at].kept && look->table[at].kept->id != id)
        at = (at + 1) & mask;
    return &look->table[at];
}

static bool grow(struct look *look)
{
    struct look grown = {.size = look->size ? 2 * look->size : 1024, .count = look->count};
    if (look->count < look->size / 2)
        return true;
    grown.table = calloc(grown.size, sizeof(*grown.table));
    if (!grown.table)
        return false;
    for (size_t i = 0; i < look->size; i++) {
        if (look->table[i].kept)
            *find_place(&grown, look->table[i].kept->id) = look->table[i];
    }
    free(look->table);
    *look = grown;
    return true;
}

static void print_line(struct following *following, const char *event, const struct kept *kept)
{
    char key[KEY_BYTES];
    struct connstat_entry entry = kept_entry(kept);
    bool has_name = (size_t)entry.type < following->type_count;
    const char *type = has_name ? following->types[entry.type] : NULL;
    const char *color = strcmp(event, "came") == 0   ? COLOR_GREEN
                        : strcmp(event, "went") == 0 ? COLOR_RED
                                                     : NULL;
    sheet_row(
        &following->sheet,
        (struct value[]){{.integer = clock_now_ns()},
                         {.text = event, .color = color},
                         {.none = true},
                         {.count = entry.id},
                         {.text = type, .none = !type},
                         {.integer = entry.pid},
                         {.text = entry.key ? key_print(entry.key, key) : NULL, .none = !entry.key},
                         {.metadata = {entry.metadata, entry.metadata_count}}});
    following->ended = output_failed() || following->sheet.row_count >= following->follow->limit;
}

static void print_unseen(struct following *following, uint64_t unseen)
{
    char words[64];
    bool people = for_people(following->follow->context);
    snprintf(words, sizeof(words), people ? "%llu came and went unseen" : "unseen",
             (unsigned long long)unseen);
    sheet_row(&following->sheet, (struct value[]){{.integer = clock_now_ns()},
                                                  {.text = words, .color = COLOR_YELLOW},
                                                  {.count = unseen},
                                                  {.none = true},
                                                  {.none = true},
                                                  {.none = true},
                                                  {.none = true},
                                                  {.none = true}});
    following->ended = output_failed() || following->sheet.row_count >= following->follow->limit;
}

static bool is_selected(const struct follow *follow, const struct connstat_entry *entry)
{
    struct selection *selection = &follow->selecting->selection;
    if (selection->has_key &&
        (!entry->key || memcmp(entry->key, &selection->key, sizeof(selection->key)) != 0))
        return false;
    return select_matches(selection, follow->cs, entry);
}

/* Move an entry from the look before to this one. False: it was not in that look. */
static bool take_over(struct following *following, connstat_id id, struct followed *followed)
{
    struct followed *place = following->before.size ? find_place(&following->before, id) : NULL;
    if (!place || !place->kept || place->kept->type < 0)
        return false;
    *followed = *place;
    return true;
}

static int see(const struct connstat_entry *entry, void *arg)
{
    struct following *following = arg;
    struct followed followed = {0};
    bool selected = is_selected(following->follow, entry), was_there;
    if (!grow(&following->now))
        return following->failed = true;
    struct followed *place = find_place(&following->now, entry->id);
    if (place->kept)
        return 0;
    was_there = take_over(following, entry->id, &followed);
    if (!was_there) {
        struct kept described = kept_describe(entry, NULL);
        if (!(followed.kept = kept_copy(&described, entry)))
            return following->failed = true;
        following->came += !following->is_first;
    }
    bool shows = selected && !(was_there && followed.is_selected) &&
                 (!following->is_first || following->follow->shows_first);
    followed.is_selected = selected;
    *place = followed;
    following->now.count++;
    if (shows)
        print_line(following, following->is_first ? "there" : "came", followed.kept);
    return following->ended;
}

/* Print the entries that the look before has and this one has not: they are gone. */
static void tell_who_went(struct following *following)
{
    struct look *before = &following->before, *now = &following->now;
    for (size_t i = 0; i < before->size; i++) {
        struct followed *followed = &before->table[i];
        if (!followed->kept)
            continue;
        if (now->size && find_place(now, followed->kept->id)->kept == followed->kept)
            continue;
        if (followed->is_selected && !following->ended)
            print_line(following, "went", followed->kept);
        free(followed->kept);
    }
    free(before->table);
    *before = *now;
    *now = (struct look){0};
}

/* How many entries of these types were ever opened, whether the conditions select them or not. */
static uint64_t count_opened(const struct follow *follow)
{
    struct connstat_totals totals;
    uint64_t opened = 0;
    if (connstat_totals(follow->cs, &totals) != 0)
        return 0;
    for (size_t i = 0; i < totals.type_count; i++) {
        if (follow->selecting->selection.types == 0 || follow->selecting->selection.types >> i & 1)
            opened += totals.opened[i];
    }
    return opened;
}

static int64_t visit_all(struct following *following)
{
    const struct follow *follow = following->follow;
    if (follow->selecting->selection.types == 0)
        return connstat_for_each(follow->cs, CONNSTAT_ANY_TYPE, see, following);
    int64_t visited = 0;
    for (int type = 0; type < CONNSTAT_MAX_TYPES && visited >= 0 && !following->ended; type++) {
        if (follow->selecting->selection.types >> type & 1)
            visited = connstat_for_each(follow->cs, type, see, following);
    }
    return visited;
}

/* Looks once. The counter of opened entries is read before the entries are visited. So an entry that the
 * counter has counted, and that the visit has not found, has come and gone. */
static int64_t look(struct following *following)
{
    uint64_t opened = count_opened(following->follow);
    int64_t visited = visit_all(following);
    /* At the first look the counter is read after the visit. Otherwise what came during the visit, and was
     * found by it, would be reported as new by the next look. */
    if (following->is_first)
        following->opened_at_first = opened = count_opened(following->follow);
    uint64_t seen = following->came + following->unseen;
    if (visited < 0 || following->failed || following->ended)
        return visited;
    tell_who_went(following);
    if (opened - following->opened_at_first > seen && !following->ended) {
        print_unseen(following, opened - following->opened_at_first - seen);
        following->unseen = opened - following->opened_at_first - following->came;
    }
    following->is_first = false;
    return visited;
}

/* Learn the types of a segment. False: one of those asked for is not among them; *status is set. */
static bool begin(struct following *following, int *status)
{
    const struct follow *follow = following->follow;
    int count = connstat_type_count(follow->cs);
    following->type_count = count > 0 ? (size_t)count : 0;
    for (int i = 0; i < count; i++)
        following->types[i] = connstat_type_name(follow->cs, i);
    return selecting_bind(follow->selecting, follow->context, follow->cs, status);
}

/* The segment is another one: all entries of the one before went with it, and an id means another
 * entry now. Those in the new one came; its counters began at 0. */
static bool begin_anew(struct following *following, int *status)
{
    tell_who_went(following);
    following->opened_at_first = following->came = following->unseen = 0;
    return begin(following, status);
}

static int look_again_and_again(struct following *following)
{
    const struct follow *follow = following->follow;
    double interval_seconds = follow->interval_seconds > 0 ? follow->interval_seconds : 1;
    int status;
    do {
        connstat_reap(follow->cs);
        enum segment_fate fate = segment_look(follow->context, follow->cs, &following->made_at_ns);
        if (fate == SEGMENT_REMOVED)
            return STATUS_NO_SEGMENT;
        if (fate == SEGMENT_REPLACED && !begin_anew(following, &status))
            return status;
        if (following->ended)
            break;
        int64_t visited = look(following);
        if (visited < 0)
            return visit_status(follow->context->segment, visited);
        if (following->failed)
            return failure("out of memory: follow fewer by --type");
    } while (!following->ended && output_wait(interval_seconds));
    return STATUS_OK;
}

int follow_entries(const struct follow *follow)
{
    struct following following = {.follow = follow, .is_first = true};
    int status;
    if (!begin(&following, &status))
        return status;
    struct sheet_about about = {.rows = "events", .live = true};
    sheet_start(&following.sheet, follow->context, columns, COLUMN_COUNT(columns), &about);
    status = look_again_and_again(&following);
    sheet_end(&following.sheet);
    following.ended = true; /* what is left is freed without a line */
    tell_who_went(&following);
    tell_who_went(&following);
    return status;
}
