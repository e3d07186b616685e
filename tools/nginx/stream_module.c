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

static void *compile(ngx_conf_t *cf, ngx_str_t *text, bool *changing)
{
    ngx_stream_complex_value_t *value = ngx_pcalloc(cf->pool, sizeof(*value));
    ngx_stream_compile_complex_value_t how = {.cf = cf, .value = text, .complex_value = value};

    if (value == NULL || ngx_stream_compile_complex_value(&how) != NGX_OK)
        return NULL;
    *changing = *changing || value->flushes != NULL;
    return value;
}

static char *set_field(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
    (void)command;
    return ngx_connstat_field_directive(cf, &((struct stream_conf *)conf)->fields, compile);
}

static ngx_conf_num_bounds_t limit_bounds = {ngx_conf_check_num_bounds, 0, INT32_MAX};

enum { EVERYWHERE = NGX_STREAM_MAIN_CONF | NGX_STREAM_SRV_CONF };

static ngx_command_t commands[] = {
    {ngx_string("connstat_zone"), NGX_STREAM_MAIN_CONF | NGX_CONF_1MORE, set_zone,
     NGX_STREAM_MAIN_CONF_OFFSET, 0, NULL},
    {ngx_string("connstat"), EVERYWHERE | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_STREAM_SRV_CONF_OFFSET, offsetof(struct stream_conf, connections), NULL},
    {ngx_string("connstat_field"), EVERYWHERE | NGX_CONF_TAKE23, set_field,
     NGX_STREAM_SRV_CONF_OFFSET, 0, NULL},
    {ngx_string("connstat_key"), EVERYWHERE | NGX_CONF_TAKE1, ngx_stream_set_complex_value_slot,
     NGX_STREAM_SRV_CONF_OFFSET, offsetof(struct stream_conf, key), NULL},
    {ngx_string("connstat_limit"), EVERYWHERE | NGX_CONF_TAKE1, ngx_conf_set_num_slot,
     NGX_STREAM_SRV_CONF_OFFSET, offsetof(struct stream_conf, limit), &limit_bounds},
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
    conf->fields = NGX_CONF_UNSET_PTR;
    conf->key = NGX_CONF_UNSET_PTR;
    conf->limit = NGX_CONF_UNSET;
    return conf;
}

static char *merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    struct stream_main_conf *main =
        ngx_stream_conf_get_module_main_conf(cf, ngx_stream_connstat_module);
    struct stream_conf *outer = parent, *conf = child;

    /* A limit holds for sessions, and so asks for them. */
    if (conf->connections == NGX_CONF_UNSET && conf->limit != NGX_CONF_UNSET && conf->limit > 0)
        conf->connections = 1;
    ngx_conf_merge_value(conf->connections, outer->connections, outer->limit > 0);
    ngx_conf_merge_ptr_value(conf->fields, outer->fields, NULL);
    ngx_conf_merge_ptr_value(conf->key, outer->key, NULL);
    ngx_conf_merge_value(conf->limit, outer->limit, 0);
    if (conf->connections && main->zone == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "connstat: no \"connstat_zone NAME;\" stands in stream {}");
        return NGX_CONF_ERROR;
    }
    if (conf->limit > 0 && conf->key == NULL) {
        ngx_conf_log_error(
            NGX_LOG_EMERG, cf, 0,
            "connstat: \"connstat_limit\" needs the \"connstat_key\" that it limits");
        return NGX_CONF_ERROR;
    }
    return NGX_CONF_OK;
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
