/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The variables that count a zone's entries. Those of http and of stream have values of one kind.
 */
#ifndef NGX_CONNSTAT_COUNTS_H
#define NGX_CONNSTAT_COUNTS_H

#include "zone.h"

#pragma GCC visibility push(default)

/* The names of the variables that count each type. */
extern const ngx_str_t ngx_connstat_count_names[ZONE_TYPES];

/* The value of such a variable. zone may be NULL: it has none. */
ngx_int_t ngx_connstat_count_value(const struct zone *zone, enum zone_type type, ngx_pool_t *pool,
                                   ngx_variable_value_t *value);

#pragma GCC visibility pop

#endif
