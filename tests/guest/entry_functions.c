/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The calls that a server makes for its connections.
 */
#include "functions.h"

void call_fit(struct world *w)
{
    struct connstat_field fields[] = {connstat_text("name", "one that is longer than its room"),
                                      connstat_text("other", "value")};

    static char scratch[4096];

    (void)connstat_fit(w->cs, fields, COUNT(fields), scratch, sizeof(scratch));
}

void call_socket_cookie(struct world *w)
{
    struct connstat_field field;

    (void)connstat_socket(w->socket, &field);
}

void call_first_register(struct world *w)
{
    connstat_id id;

    if (connstat_register(w->other, 0, NULL, 0, &id) == 0)
        CHECK(connstat_count(w->other, 0) == 1);
}

void call_register_more(struct world *w)
{
    const struct connstat_field field = connstat_text("name", "value");
    connstat_id id;

    (void)connstat_register(w->cs, 0, &field, 1, &id);
}

void call_register_encoded(struct world *w)
{
    connstat_id id;

    (void)connstat_register_encoded(w->cs, 0, NULL, 0, &id);
}

void call_register_growing(struct world *w)
{
    connstat_id id;

    (void)connstat_register(w->cs, GROWING, NULL, 0, &id);
}

void call_register_full(struct world *w)
{
    connstat_id id;

    (void)connstat_register(w->cs, FULL, NULL, 0, &id);
}

void call_register_first_key(struct world *w)
{
    connstat_id id;

    (void)connstat_register_key(w->cs, 3, connstat_key_u64(1), 0, NULL, 0, &id);
}

void call_register_limited(struct world *w)
{
    connstat_id id;

    (void)connstat_register_key(w->cs, 1, connstat_key_u64(7), 1, NULL, 0, &id);
}

void call_register_key(struct world *w)
{
    const struct connstat_field field = connstat_text("name", "value");
    connstat_id id;

    (void)connstat_register_key(w->cs, 2, connstat_key_u64(7), 0, &field, 1, &id);
}

void call_register_at_its_limit(struct world *w)
{
    connstat_id id;

    CHECK(connstat_register_key(w->cs, 2, connstat_key_u64(7), 1, NULL, 0, &id) != 0);
}

void call_update(struct world *w)
{
    const struct connstat_field field = connstat_text("name", "another value");

    (void)connstat_update(w->cs, w->id, &field, 1);
    (void)connstat_update(w->cs, w->keyed, &field, 1);
}

void call_update_encoded(struct world *w)
{
    (void)connstat_update_encoded(w->cs, w->keyed, NULL, 0);
}

void call_touch(struct world *w)
{
    (void)connstat_touch(w->cs, w->id);
}

void call_move(struct world *w)
{
    const struct connstat_field field = connstat_text("name", "value");

    (void)connstat_move(w->cs, &w->id, 4, &field, 1);
    (void)connstat_move(w->cs, &w->id, 0, NULL, 0);
}

void call_move_to_full(struct world *w)
{
    (void)connstat_move(w->cs, &w->id, FULL, NULL, 0);
}

void call_move_with_first_key(struct world *w)
{
    (void)connstat_move(w->cs, &w->keyed, 5, NULL, 0);
}

void call_unregister(struct world *w)
{
    (void)connstat_unregister(w->cs, w->id);
}

void call_unregister_stale(struct world *w)
{
    (void)connstat_unregister(w->cs, w->id + 1);
    (void)connstat_unregister(w->other, w->id);
}
