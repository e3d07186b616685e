/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The directives of http {}.
 */
#include "http.h"

static char *set_zone(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
    (void)command;
    return ngx_connstat_zone_directive(cf, &((struct http_main_conf *)conf)->zone);
}

static void *compile(ngx_conf_t *cf, ngx_str_t *text)
{
    ngx_http_complex_value_t *value = ngx_pcalloc(cf->pool, sizeof(*value));
    ngx_http_compile_complex_value_t how = {.cf = cf, .value = text, .complex_value = value};

    return value != NULL && ngx_http_compile_complex_value(&how) == NGX_OK ? value : NULL;
}

static char *set_field(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
    (void)command;
    return ngx_connstat_field_directive(cf, &((struct http_conf *)conf)->entries.fields, compile);
}

static char *set_status_handler(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
    ngx_http_core_loc_conf_t *location =
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    (void)command;
    (void)conf;
    location->handler = http_status;
    return NGX_CONF_OK;
}

static ngx_conf_num_bounds_t status_bounds = {ngx_conf_check_num_bounds, 400, 599};

enum { EVERYWHERE = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF };

static ngx_command_t commands[] = {
    {ngx_string("connstat_zone"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE, set_zone,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL},
    {ngx_string("connstat"), EVERYWHERE | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(struct http_conf, connections), NULL},
    {ngx_string("connstat_request"), EVERYWHERE | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(struct http_conf, requests), NULL},
    {ngx_string("connstat_field"), EVERYWHERE | NGX_CONF_TAKE23, set_field,
     NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
    {ngx_string("connstat_key"), EVERYWHERE | NGX_CONF_TAKE1, ngx_http_set_complex_value_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(struct http_conf, entries.key), NULL},
    {ngx_string("connstat_limit"), EVERYWHERE | NGX_CONF_TAKE1, ngx_conf_set_num_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(struct http_conf, entries.limit),
     &ngx_connstat_limit_bounds},
    {ngx_string("connstat_limit_status"), EVERYWHERE | NGX_CONF_TAKE1, ngx_conf_set_num_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(struct http_conf, limit_status), &status_bounds},
    {ngx_string("connstat_status"), NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
     set_status_handler, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
    ngx_null_command,
};

static void *create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(struct http_main_conf));
}

static void *create_conf(ngx_conf_t *cf)
{
    struct http_conf *conf = ngx_pcalloc(cf->pool, sizeof(*conf));

    if (conf == NULL)
        return NULL;
    conf->connections = NGX_CONF_UNSET;
    conf->requests = NGX_CONF_UNSET;
    ngx_connstat_settings_clear(&conf->entries);
    conf->limit_status = NGX_CONF_UNSET;
    return conf;
}

static char *merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    struct http_main_conf *main = ngx_http_conf_get_module_main_conf(cf, ngx_http_connstat_module);
    struct http_conf *outer = parent, *conf = child;

    ngx_connstat_settings_merge_tracks(&conf->entries, &conf->requests, &outer->entries,
                                       outer->requests);
    ngx_conf_merge_value(conf->connections, outer->connections, 0);
    ngx_conf_merge_value(conf->limit_status, outer->limit_status, NGX_HTTP_SERVICE_UNAVAILABLE);
    if ((conf->connections || conf->requests) &&
        ngx_connstat_settings_need_zone(cf, main->zone, "http") != NGX_CONF_OK)
        return NGX_CONF_ERROR;
    return ngx_connstat_settings_merge(cf, &conf->entries, &outer->entries);
}

static bool add_handler(ngx_conf_t *cf, ngx_http_phases phase, ngx_http_handler_pt handler)
{
    ngx_http_core_main_conf_t *core = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    ngx_http_handler_pt *place = ngx_array_push(&core->phases[phase].handlers);

    if (place != NULL)
        *place = handler;
    return place != NULL;
}

/* Without a zone nothing is installed, and nothing costs. */
static ngx_int_t install(ngx_conf_t *cf)
{
    struct http_main_conf *conf = ngx_http_conf_get_module_main_conf(cf, ngx_http_connstat_module);

    if (conf->zone == NULL)
        return NGX_OK;
    if (!add_handler(cf, NGX_HTTP_POST_READ_PHASE, http_connection_post_read) ||
        !add_handler(cf, NGX_HTTP_PREACCESS_PHASE, http_request_preaccess))
        return NGX_ERROR;
    return http_request_install_filter();
}

static ngx_int_t begin_cycle(ngx_cycle_t *cycle)
{
    const struct http_main_conf *conf =
        ngx_http_cycle_get_module_main_conf(cycle, ngx_http_connstat_module);

    if (conf != NULL && conf->zone != NULL)
        http_connection_wrap(cycle);
    return NGX_OK;
}

static ngx_http_module_t http_module = {
    http_add_variables, install, create_main_conf, NULL, NULL, NULL, create_conf, merge_conf,
};

ngx_module_t ngx_http_connstat_module = {
    NGX_MODULE_V1, &http_module, commands, NGX_HTTP_MODULE,       NULL, begin_cycle, NULL, NULL,
    NULL,          NULL,         NULL,     NGX_MODULE_V1_PADDING,
};

/* What nginx looks for in a file that load_module names. */
#pragma GCC visibility push(default)
extern ngx_module_t *ngx_modules[];
extern char *ngx_module_names[];
extern char *ngx_module_order[];
ngx_module_t *ngx_modules[] = {&ngx_connstat_module, &ngx_http_connstat_module, NULL};
char *ngx_module_names[] = {"ngx_connstat_module", "ngx_http_connstat_module", NULL};
char *ngx_module_order[] = {NULL};
#pragma GCC visibility pop
