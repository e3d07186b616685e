/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The directives of stream {}.
 */
#include "stream.h"

static char *set_zone(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
    (void)command;
    return ngx_connstat_zone_directive(cf, &((struct stream_main_conf *)conf)->zone);
}

static void *compile(ngx_conf_t *cf, ngx_str_t *text)
{
    ngx_stream_complex_value_t *value = ngx_pcalloc(cf->pool, sizeof(*value));
    ngx_stream_compile_complex_value_t how = {.cf = cf, .value = text, .complex_value = value};

    return value != NULL && ngx_stream_compile_complex_value(&how) == NGX_OK ? value : NULL;
}

static char *set_field(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
    (void)command;
    return ngx_connstat_field_directive(cf, &((struct stream_conf *)conf)->entries.fields, compile);
}

enum { EVERYWHERE = NGX_STREAM_MAIN_CONF | NGX_STREAM_SRV_CONF };

static ngx_command_t commands[] = {
    {ngx_string("connstat_zone"), NGX_STREAM_MAIN_CONF | NGX_CONF_1MORE, set_zone,
     NGX_STREAM_MAIN_CONF_OFFSET, 0, NULL},
    {ngx_string("connstat"), EVERYWHERE | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_STREAM_SRV_CONF_OFFSET, offsetof(struct stream_conf, connections), NULL},
    {ngx_string("connstat_field"), EVERYWHERE | NGX_CONF_TAKE23, set_field,
     NGX_STREAM_SRV_CONF_OFFSET, 0, NULL},
    {ngx_string("connstat_key"), EVERYWHERE | NGX_CONF_TAKE1, ngx_stream_set_complex_value_slot,
     NGX_STREAM_SRV_CONF_OFFSET, offsetof(struct stream_conf, entries.key), NULL},
    {ngx_string("connstat_limit"), EVERYWHERE | NGX_CONF_TAKE1, ngx_conf_set_num_slot,
     NGX_STREAM_SRV_CONF_OFFSET, offsetof(struct stream_conf, entries.limit),
     &ngx_connstat_limit_bounds},
    ngx_null_command,
};

static void *create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(struct stream_main_conf));
}

static void *create_conf(ngx_conf_t *cf)
{
    struct stream_conf *conf = ngx_pcalloc(cf->pool, sizeof(*conf));

    if (conf == NULL)
        return NULL;
    conf->connections = NGX_CONF_UNSET;
    ngx_connstat_settings_clear(&conf->entries);
    return conf;
}

static char *merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    struct stream_main_conf *main =
        ngx_stream_conf_get_module_main_conf(cf, ngx_stream_connstat_module);
    struct stream_conf *outer = parent, *conf = child;

    ngx_connstat_settings_merge_tracks(&conf->entries, &conf->connections, &outer->entries,
                                       outer->connections);
    if (conf->connections &&
        ngx_connstat_settings_need_zone(cf, main->zone, "stream") != NGX_CONF_OK)
        return NGX_CONF_ERROR;
    return ngx_connstat_settings_merge(cf, &conf->entries, &outer->entries);
}

static ngx_int_t install(ngx_conf_t *cf)
{
    struct stream_main_conf *conf =
        ngx_stream_conf_get_module_main_conf(cf, ngx_stream_connstat_module);
    ngx_stream_core_main_conf_t *core =
        ngx_stream_conf_get_module_main_conf(cf, ngx_stream_core_module);
    ngx_stream_handler_pt *place;

    if (conf->zone == NULL)
        return NGX_OK;
    place = ngx_array_push(&core->phases[NGX_STREAM_PREACCESS_PHASE].handlers);
    if (place == NULL)
        return NGX_ERROR;
    *place = stream_session_preaccess;
    stream_session_install_filter();
    return NGX_OK;
}

static ngx_stream_module_t stream_module = {
    stream_add_variables, install, create_main_conf, NULL, create_conf, merge_conf,
};

ngx_module_t ngx_stream_connstat_module = {
    NGX_MODULE_V1, &stream_module, commands, NGX_STREAM_MODULE,     NULL, NULL, NULL, NULL,
    NULL,          NULL,           NULL,     NGX_MODULE_V1_PADDING,
};

/* What nginx looks for in a file that load_module names. */
#pragma GCC visibility push(default)
extern ngx_module_t *ngx_modules[];
extern char *ngx_module_names[];
extern char *ngx_module_order[];
ngx_module_t *ngx_modules[] = {&ngx_stream_connstat_module, NULL};
char *ngx_module_names[] = {"ngx_stream_connstat_module", NULL};
char *ngx_module_order[] = {NULL};
#pragma GCC visibility pop
