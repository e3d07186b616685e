/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a level of the configuration says of entries, in http {} and in stream {} alike.
 */
#ifndef NGX_CONNSTAT_SETTINGS_H
#define NGX_CONNSTAT_SETTINGS_H

#include "values.h"
#include "zone.h"

#pragma GCC visibility push(default)

struct settings {
    struct field_sources *fields; /* NULL: none */
    void *key;                    /* a complex value of the host's kind; NULL: none */
    ngx_int_t limit;              /* 0: none */
};

extern ngx_conf_num_bounds_t ngx_connstat_limit_bounds;

/* Nothing is said. */
void ngx_connstat_settings_clear(struct settings *settings);

/* A limit asks for what it limits: *tracks, whether that is registered, is on where it is not said. To
 * be called before settings are merged. */
void ngx_connstat_settings_merge_tracks(const struct settings *settings, ngx_flag_t *tracks,
                                        const struct settings *outer, ngx_flag_t outer_tracks);

/* Take from the outer level what this one does not say. */
char *ngx_connstat_settings_merge(ngx_conf_t *cf, struct settings *settings,
                                  const struct settings *outer);

/* Something is to be registered: in which zone? block: "http" or "stream". */
char *ngx_connstat_settings_need_zone(ngx_conf_t *cf, const struct zone *zone, const char *block);

#pragma GCC visibility pop

#endif
