/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "settings.h"

ngx_conf_num_bounds_t ngx_connstat_limit_bounds = {ngx_conf_check_num_bounds, 0, INT32_MAX};

void ngx_connstat_settings_clear(struct settings *settings)
{
    settings->fields = NGX_CONF_UNSET_PTR;
    settings->key = NGX_CONF_UNSET_PTR;
    settings->limit = NGX_CONF_UNSET;
}

void ngx_connstat_settings_merge_tracks(const struct settings *settings, ngx_flag_t *tracks,
                                        const struct settings *outer, ngx_flag_t outer_tracks)
{
    if (*tracks == NGX_CONF_UNSET && settings->limit != NGX_CONF_UNSET && settings->limit > 0)
        *tracks = 1;
    ngx_conf_merge_value(*tracks, outer_tracks, outer->limit > 0);
}

char *ngx_connstat_settings_merge(ngx_conf_t *cf, struct settings *settings,
                                  const struct settings *outer)
{
    ngx_conf_merge_ptr_value(settings->fields, outer->fields, NULL);
    ngx_conf_merge_ptr_value(settings->key, outer->key, NULL);
    ngx_conf_merge_value(settings->limit, outer->limit, 0);
    if (settings->limit == 0 || settings->key != NULL)
        return NGX_CONF_OK;
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "connstat: \"connstat_limit\" needs the \"connstat_key\" that it limits");
    return NGX_CONF_ERROR;
}

char *ngx_connstat_settings_need_zone(ngx_conf_t *cf, const struct zone *zone, const char *block)
{
    if (zone != NULL)
        return NGX_CONF_OK;
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "connstat: no \"connstat_zone NAME;\" stands in %s {}",
                       block);
    return NGX_CONF_ERROR;
}
