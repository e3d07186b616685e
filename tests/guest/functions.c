/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The table of all functions, and those that are no connection's.
 */
#include "functions.h"

static int visit_entry(const struct connstat_entry *entry, void *arg)
{
    (void)entry;
    (void)arg;
    return 0;
}

static int visit_worker(const struct connstat_worker *worker, void *arg)
{
    (void)worker;
    (void)arg;
    return 0;
}

static int visit_death(const struct connstat_death *death, void *arg)
{
    (void)death;
    (void)arg;
    return 0;
}

static int visit_segment(const struct connstat_segment *segment, void *arg)
{
    (void)segment;
    (void)arg;
    return 0;
}

static void create_same(struct world *w)
{
    const struct connstat_config config = world_config();
    connstat_t *cs;

    (void)w;
    if (connstat_create(&cs, "test", &config) == 0)
        connstat_close(cs);
}

static void create_another(struct world *w)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    (void)w;
    config.capacity = 32;
    if (connstat_create(&cs, "new", &config) == 0)
        connstat_close(cs);
}

static void create_in_its_place(struct world *w)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    (void)w;
    config.capacity = 32;
    if (connstat_create(&cs, "empty", &config) == 0)
        connstat_close(cs);
}

static void create_refused(struct world *w)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    (void)w;
    config.capacity = 32;
    CHECK(connstat_create(&cs, "test", &config) != 0);
}

static void open_and_close(struct world *w)
{
    connstat_t *cs;

    (void)w;
    if (connstat_open(&cs, "test", 0) == 0)
        connstat_close(cs);
}

static void open_at(struct world *w)
{
    connstat_t *cs;

    (void)w;
    if (connstat_open_at(&cs, getenv("CONNSTAT_DIR"), "test", 0) == 0)
        connstat_close(cs);
}

static void probe(struct world *w)
{
    struct connstat_config config = world_config();

    (void)w;
    (void)connstat_probe("test", &config);
    config.capacity = 32;
    (void)connstat_probe("test", &config);
    (void)connstat_probe("empty", &config);
    (void)connstat_probe("new", &config);
}

static void resize(struct world *w)
{
    (void)connstat_resize(w->cs, GROWING, 4 * CAPACITY);
    (void)connstat_resize(w->other, GROWING, 2 * CAPACITY);
    CHECK(connstat_resize(w->cs, FULL, 2 * CAPACITY) != 0);
}

static void open_read_only(struct world *w)
{
    connstat_t *cs;

    (void)w;
    if (connstat_open(&cs, "test", CONNSTAT_READ_ONLY) == 0) {
        (void)connstat_reap(cs);
        connstat_close(cs);
    }
}

static void destroy(struct world *w)
{
    (void)w;
    (void)connstat_destroy("empty");
}

static void join(struct world *w)
{
    (void)connstat_join(w->other, "label");
}

static void leave(struct world *w)
{
    (void)connstat_leave(w->cs);
}

static void own_by_thread(struct world *w)
{
    (void)connstat_own_by_thread(w->cs, true);
}

static void keep_on_exec(struct world *w)
{
    (void)connstat_keep_on_exec(w->other, true);
    (void)connstat_keep_on_exec(w->other, false);
}

static void types(struct world *w)
{
    (void)connstat_type_count(w->read_only);
    (void)connstat_type_find(w->read_only, "lobby_channel");
    (void)connstat_type_name(w->read_only, 2);
    (void)connstat_type_kind(w->read_only, 2);
    (void)connstat_type_capacity(w->read_only, 2);
}

static void count(struct world *w)
{
    struct connstat_counts counts;
    struct connstat_totals totals;

    (void)connstat_count(w->cs, CONNSTAT_ANY_TYPE);
    (void)connstat_counts(w->cs, &counts);
    (void)connstat_totals(w->cs, &totals);
    (void)connstat_count_key(w->cs, 1, connstat_key_u64(7));
}

static void list(struct world *w)
{
    (void)connstat_for_each(w->cs, CONNSTAT_ANY_TYPE, visit_entry, NULL);
    (void)connstat_for_each_encoded(w->cs, 0, visit_entry, NULL);
    (void)connstat_for_each_key(w->cs, 1, connstat_key_u64(7), visit_entry, NULL);
    (void)connstat_get(w->cs, w->id, visit_entry, NULL);
}

static void workers(struct world *w)
{
    (void)connstat_for_each_worker(w->cs, visit_worker, NULL);
}

static void deaths(struct world *w)
{
    (void)connstat_for_each_death(w->cs, visit_death, NULL);
}

static void reap(struct world *w)
{
    (void)connstat_reap(w->cs);
}

static void reap_read_only(struct world *w)
{
    (void)connstat_reap(w->read_only);
}

static void reaper(struct world *w)
{
    (void)connstat_reaper_start(w->cs);
    (void)connstat_reaper_stop(w->cs);
}

static void reaper_fd(struct world *w)
{
    (void)connstat_reaper_fd(w->cs);
}

static void cluster(struct world *w)
{
    struct connstat_cluster_update update = {.size = sizeof(update), .nodes = 2, .lease_ms = 1000};
    struct connstat_cluster_counts counts;
    struct connstat_cluster_info info;

    (void)connstat_cluster_publish(w->cs, &update);
    (void)connstat_cluster_counts(w->cs, &counts);
    (void)connstat_cluster_info(w->cs, &info);
    (void)connstat_cluster_withdraw(w->cs);
}

static void system_stats(struct world *w)
{
    struct connstat_system out;

    (void)connstat_system_stats(w->cs, &out);
}

static void info(struct world *w)
{
    struct connstat_info out;

    (void)connstat_info(w->cs, &out);
}

static void segments(struct world *w)
{
    (void)w;
    (void)connstat_for_each_segment(visit_segment, NULL);
}

static void check(struct world *w)
{
    (void)connstat_check(w->cs, NULL, NULL);
}

static void repair(struct world *w)
{
    (void)connstat_repair(w->cs);
}

static void close_one(struct world *w)
{
    connstat_close(w->other);
    w->other = NULL;
}

static void paths(struct world *w)
{
    char path[300];

    (void)w;
    (void)connstat_path("test", path, sizeof(path));
    (void)connstat_directory(path, sizeof(path));
}

const struct function functions[] = {
    {"create, attaching", create_same},
    {"create, new", create_another},
    {"create, replacing", create_in_its_place},
    {"create, refused", create_refused},
    {"probe", probe},
    {"open", open_and_close},
    {"open_at", open_at},
    {"open read-only", open_read_only},
    {"destroy", destroy},
    {"join", join},
    {"leave", leave},
    {"own_by_thread", own_by_thread},
    {"keep_on_exec", keep_on_exec},
    {"register, first", call_first_register},
    {"register", call_register_more},
    {"register_encoded", call_register_encoded},
    {"register, full", call_register_full},
    {"register, growing", call_register_growing},
    {"resize", resize},
    {"register_key, first", call_register_first_key},
    {"register_key, limited", call_register_limited},
    {"register_key", call_register_key},
    {"register_key, at its limit", call_register_at_its_limit},
    {"update", call_update},
    {"update_encoded", call_update_encoded},
    {"touch", call_touch},
    {"move", call_move},
    {"move, full", call_move_to_full},
    {"move, first key", call_move_with_first_key},
    {"fit", call_fit},
    {"socket", call_socket_cookie},
    {"unregister", call_unregister},
    {"unregister, stale", call_unregister_stale},
    {"types", types},
    {"counts", count},
    {"for_each", list},
    {"for_each_worker", workers},
    {"for_each_death", deaths},
    {"reap", reap},
    {"reap read-only", reap_read_only},
    {"reaper_start, reaper_stop", reaper},
    {"reaper_fd", reaper_fd},
    {"cluster", cluster},
    {"system_stats", system_stats},
    {"info", info},
    {"for_each_segment", segments},
    {"check", check},
    {"repair", repair},
    {"close", close_one},
    {"path", paths},
};
const size_t function_count = COUNT(functions);
