/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "zone.h"

#include "values.h"

#include <grp.h>

enum { DEFAULT_METADATA_BYTES = 192, COMPLAINT_PERIOD_S = 60, WATCHING_WORKERS = 2 };

static const struct connstat_type zone_types[ZONE_TYPES] = {
    [ZONE_HTTP_CONN] = {"http_conn", CONNSTAT_CONNECTION, 0},
    [ZONE_HTTP_REQUEST] = {"http_request", CONNSTAT_CHANNEL, 0},
    [ZONE_WS_SOCKET] = {"ws_socket", CONNSTAT_CONNECTION, 0},
    [ZONE_STREAM_SESSION] = {"stream_session", CONNSTAT_CONNECTION, 0},
};

struct zones {       /* of one configuration */
    ngx_array_t all; /* struct zone * */
};

static struct zones *zones_of(ngx_cycle_t *cycle)
{
    return (struct zones *)ngx_get_conf(cycle->conf_ctx, ngx_connstat_module);
}

static struct zone *zone_at(struct zones *zones, ngx_uint_t i)
{
    return ((struct zone **)zones->all.elts)[i];
}

/* ---- the directive -------------------------------------------------------------------------- */

static bool has_prefix(const ngx_str_t *word, const char *prefix, ngx_str_t *rest)
{
    size_t length = ngx_strlen(prefix);

    if (word->len <= length || ngx_strncmp(word->data, prefix, length) != 0)
        return false;
    rest->data = word->data + length;
    rest->len = word->len - length;
    return true;
}

static bool parse_number(ngx_str_t *text, uint32_t *number)
{
    ssize_t size = ngx_parse_size(text);

    if (size <= 0 || size > INT32_MAX)
        return false;
    *number = (uint32_t)size;
    return true;
}

static bool parse_mode(const ngx_str_t *text, mode_t *mode)
{
    *mode = 0;
    for (size_t i = 0; i < text->len; i++) {
        if (text->data[i] < '0' || text->data[i] > '7' || *mode > 0777 / 8)
            return false;
        *mode = *mode * 8 + (text->data[i] - '0');
    }
    return *mode != 0;
}

/* Words of a configuration have a NUL behind them. */
static bool parse_group(const ngx_str_t *text, gid_t *gid)
{
    const struct group *group = getgrnam((const char *)text->data);

    if (group == NULL)
        return false;
    *gid = group->gr_gid;
    return true;
}

static bool parse_option(struct zone *zone, const ngx_str_t *word)
{
    ngx_str_t rest;

    if (has_prefix(word, "dir=", &rest)) {
        zone->directory = rest;
        return rest.data[0] == '/';
    }
    if (has_prefix(word, "capacity=", &rest))
        return parse_number(&rest, &zone->capacity);
    if (has_prefix(word, "max=", &rest))
        return parse_number(&rest, &zone->max_capacity);
    if (has_prefix(word, "metadata=", &rest))
        return parse_number(&rest, &zone->metadata_bytes);
    if (has_prefix(word, "mode=", &rest))
        return parse_mode(&rest, &zone->mode);
    return has_prefix(word, "group=", &rest) && parse_group(&rest, &zone->gid);
}

static bool same_text(const ngx_str_t *a, const ngx_str_t *b)
{
    return a->len == b->len && ngx_memcmp(a->data, b->data, a->len) == 0;
}

static bool same_options(const struct zone *a, const struct zone *b)
{
    return a->capacity == b->capacity && a->max_capacity == b->max_capacity &&
           a->metadata_bytes == b->metadata_bytes && a->mode == b->mode && a->gid == b->gid &&
           same_text(&a->directory, &b->directory);
}

static struct zone *find_zone(struct zones *zones, const ngx_str_t *name)
{
    for (ngx_uint_t i = 0; i < zones->all.nelts; i++)
        if (same_text(&zone_at(zones, i)->name, name))
            return zone_at(zones, i);
    return NULL;
}

/* Its other half, in http {} or in stream {}, may leave the options away. */
static char *share(ngx_conf_t *cf, struct zone *zone, const struct zone *again)
{
    if (again->has_options && zone->has_options && !same_options(zone, again)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "connstat: zone \"%V\" is declared with other options elsewhere",
                           &zone->name);
        return NGX_CONF_ERROR;
    }
    if (again->has_options) {
        zone->directory = again->directory;
        zone->capacity = again->capacity;
        zone->max_capacity = again->max_capacity;
        zone->metadata_bytes = again->metadata_bytes;
        zone->mode = again->mode;
        zone->gid = again->gid;
        zone->has_options = true;
    }
    return NGX_CONF_OK;
}

static char *parse_zone(ngx_conf_t *cf, struct zone *zone)
{
    ngx_str_t *words = cf->args->elts;

    *zone = (struct zone){.name = words[1], .metadata_bytes = DEFAULT_METADATA_BYTES};
    zone->has_options = cf->args->nelts > 2;
    for (ngx_uint_t i = 2; i < cf->args->nelts; i++)
        if (!parse_option(zone, &words[i])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "connstat: \"%V\" is no dir=/PATH, capacity=N, max=N, "
                               "metadata=BYTES, mode=OCTAL or group= of a group that exists",
                               &words[i]);
            return NGX_CONF_ERROR;
        }
    return NGX_CONF_OK;
}

char *ngx_connstat_zone_directive(ngx_conf_t *cf, struct zone **zone)
{
    struct zones *zones = zones_of(cf->cycle);
    struct zone *made, **place;

    if (*zone != NULL)
        return "is duplicate";
    made = ngx_palloc(cf->pool, sizeof(*made));
    if (made == NULL || parse_zone(cf, made) != NGX_CONF_OK)
        return NGX_CONF_ERROR;
    *zone = find_zone(zones, &made->name);
    if (*zone != NULL)
        return share(cf, *zone, made);
    place = ngx_array_push(&zones->all);
    if (place == NULL)
        return NGX_CONF_ERROR;
    *place = *zone = made;
    return NGX_CONF_OK;
}

/* ---- a configuration begins and ends -------------------------------------------------------- */

static void *create_zones(ngx_cycle_t *cycle)
{
    struct zones *zones = ngx_pcalloc(cycle->pool, sizeof(*zones));

    if (zones == NULL ||
        ngx_array_init(&zones->all, cycle->pool, 2, sizeof(struct zone *)) != NGX_OK)
        return NULL;
    return zones;
}

static const char *directory_of(const struct zone *zone)
{
    return zone->directory.len > 0 ? (const char *)zone->directory.data : NULL;
}

static struct connstat_config config_of(const struct zone *zone)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;

    config.types = zone_types;
    config.type_count = ZONE_TYPES;
    config.capacity = zone->capacity;
    config.max_capacity = zone->max_capacity;
    config.metadata_bytes = zone->metadata_bytes;
    config.mode = zone->mode;
    config.directory = directory_of(zone);
    config.gid = zone->gid;
    return config;
}

/* Workers that still serve their last clients under another layout are not to be lost. */
static void tell_of_old(const struct zone *zone, ngx_log_t *log)
{
    ngx_log_error(NGX_LOG_WARN, log, 0,
                  "connstat: zone \"%V\": workers of another layout live; "
                  "the new one holds after a restart",
                  &zone->name);
}

static int find_types(struct zone *zone)
{
    for (int i = 0; i < ZONE_TYPES; i++) {
        zone->types[i] = connstat_type_find(zone->cs, zone_types[i].name);
        if (zone->types[i] < 0)
            return -EEXIST;
    }
    return 0;
}

static void close_zone(void *zone)
{
    connstat_close(((struct zone *)zone)->cs);
}

static int attach(struct zone *zone, ngx_cycle_t *cycle)
{
    ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(cycle->pool, 0);
    struct connstat_config config = config_of(zone);
    const char *name = (const char *)zone->name.data;
    int error;

    if (cleanup == NULL)
        return -ENOMEM;
    error = connstat_create(&zone->cs, name, &config);
    zone->takes_plain = error == 0 && zone->metadata_bytes >= VALUES_PLAIN_BYTES;
    if (error == -EEXIST) {
        tell_of_old(zone, cycle->log);
        error = connstat_open_at(&zone->cs, directory_of(zone), name, 0);
    }
    if (error < 0)
        return error;
    cleanup->handler = close_zone;
    cleanup->data = zone;
    return find_types(zone);
}

/* nginx -t touches nothing, and says what a start or a reload would. */
static int probe(const struct zone *zone, ngx_log_t *log)
{
    struct connstat_config config = config_of(zone);
    int found = connstat_probe((const char *)zone->name.data, &config);

    if (found == -EEXIST)
        tell_of_old(zone, log);
    return found == -EEXIST ? 0 : found;
}

static char *open_zones(ngx_cycle_t *cycle, void *conf)
{
    struct zones *zones = conf;

    if (ngx_process == NGX_PROCESS_SIGNALLER)
        return NGX_CONF_OK;
    for (ngx_uint_t i = 0; i < zones->all.nelts; i++) {
        struct zone *zone = zone_at(zones, i);
        int error = ngx_test_config ? probe(zone, cycle->log) : attach(zone, cycle);

        if (error < 0) {
            ngx_log_error(NGX_LOG_EMERG, cycle->log, 0, "connstat: zone \"%V\": %s", &zone->name,
                          connstat_strerror(error));
            return NGX_CONF_ERROR;
        }
    }
    return NGX_CONF_OK;
}

/* ---- a worker begins and ends --------------------------------------------------------------- */

static void reap(ngx_event_t *event)
{
    ngx_connection_t *connection = event->data;
    struct zone *zone = connection->data;

    (void)connstat_reap(zone->cs);
}

/* The descriptor is the library's. nginx only polls it, and needs a connection for that. */
static ngx_int_t watch(struct zone *zone, ngx_cycle_t *cycle)
{
    int fd = connstat_reaper_fd(zone->cs);
    ngx_connection_t *connection;

    if (fd < 0) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, 0, "connstat: zone \"%V\": %s", &zone->name,
                      connstat_strerror(fd));
        return NGX_OK;
    }
    connection = ngx_get_connection(fd, cycle->log);
    if (connection == NULL)
        return NGX_ERROR;
    connection->data = zone;
    connection->read->handler = reap;
    connection->read->log = cycle->log;
    zone->watch = connection;
    return ngx_add_event(connection->read, NGX_READ_EVENT, NGX_LEVEL_EVENT);
}

/* Two of the workers watch: each notices the other's death, and to more it would only be work. */
static bool watches(void)
{
    return ngx_worker < WATCHING_WORKERS;
}

static ngx_int_t begin_process(ngx_cycle_t *cycle)
{
    struct zones *zones = zones_of(cycle);

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
        return NGX_OK;
    for (ngx_uint_t i = 0; i < zones->all.nelts; i++) {
        struct zone *zone = zone_at(zones, i);
        char label[CONNSTAT_LABEL_BYTES];

        ngx_snprintf((u_char *)label, sizeof(label), "nginx worker %ui%Z", ngx_worker);
        (void)connstat_join(zone->cs, label); /* the first registration tells what is wrong */
        (void)connstat_reap(zone->cs);
        if (watches() && watch(zone, cycle) != NGX_OK)
            return NGX_ERROR;
    }
    return NGX_OK;
}

/* Else a worker that ends in order would report an open socket left in a connection. */
static void end_process(ngx_cycle_t *cycle)
{
    struct zones *zones = zones_of(cycle);

    for (ngx_uint_t i = 0; i < zones->all.nelts; i++) {
        struct zone *zone = zone_at(zones, i);

        if (zone->watch == NULL)
            continue;
        (void)ngx_del_event(zone->watch->read, NGX_READ_EVENT, 0);
        ngx_free_connection(zone->watch);
        zone->watch->fd = (ngx_socket_t)-1;
        zone->watch = NULL;
    }
}

/* ---- for the others ------------------------------------------------------------------------- */

void ngx_connstat_zone_complain(struct zone *zone, ngx_log_t *log, int error)
{
    if (ngx_time() < zone->complained_at + COMPLAINT_PERIOD_S)
        return;
    zone->complained_at = ngx_time();
    ngx_log_error(NGX_LOG_WARN, log, 0,
                  "connstat: zone \"%V\": not registered: %s (said once a minute)", &zone->name,
                  connstat_strerror(error));
}

static ngx_core_module_t zone_module = {ngx_string("connstat"), create_zones, open_zones};

ngx_module_t ngx_connstat_module = {
    NGX_MODULE_V1,         &zone_module, NULL, /* its directives stand in http {} and stream {} */
    NGX_CORE_MODULE,       NULL,         NULL, begin_process, NULL, NULL, end_process, NULL,
    NGX_MODULE_V1_PADDING,
};
