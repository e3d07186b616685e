/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "cli/segment.h"

#include "common/buffer.h"
#include "common/failure.h"
#include "format/names.h"

static bool open_with(const struct context *context, unsigned flags, connstat_t **cs, int *status)
{
    int error = connstat_open(cs, context->segment, flags);
    if (error == 0)
        return true;
    *status = segment_failure(context->segment, error);
    return false;
}

bool segment_open(const struct context *context, connstat_t **cs, int *status)
{
    if (!open_with(context, CONNSTAT_READ_ONLY, cs, status))
        return false;
    connstat_reap(*cs);
    return true;
}

static bool open_writable(const struct context *context, connstat_t **cs, int *status)
{
    return open_with(context, 0, cs, status);
}

typedef bool (*open_function)(const struct context *context, connstat_t **cs, int *status);

static int open_and_use(open_function open, const struct context *context, segment_use use,
                        void *arg)
{
    connstat_t *cs;
    int status;
    if (!open(context, &cs, &status))
        return status;
    status = use(context, cs, arg);
    connstat_close(cs);
    return status;
}

int segment_read(const struct context *context, segment_use use, void *arg)
{
    return open_and_use(segment_open, context, use, arg);
}

int segment_write(const struct context *context, segment_use use, void *arg)
{
    return open_and_use(open_writable, context, use, arg);
}

enum segment_fate segment_look(const struct context *context, connstat_t *cs, int64_t *made_at_ns)
{
    struct connstat_info info;
    int64_t before_ns = *made_at_ns;
    if (connstat_info(cs, &info) < 0 || info.retired) {
        failure("segment \"%s\" was removed", segment_name(context->segment));
        return SEGMENT_REMOVED;
    }
    *made_at_ns = info.created_at_ns;
    if (before_ns == 0 || before_ns == info.created_at_ns)
        return SEGMENT_STANDS;
    failure("segment \"%s\" was made anew", segment_name(context->segment));
    return SEGMENT_REPLACED;
}

static int refuse_type(const struct context *context, connstat_t *cs, const char *name)
{
    struct buffer types = {0};
    for (int i = 0; i < connstat_type_count(cs); i++)
        buffer_format(&types, "%s%s", i > 0 ? ", " : "", connstat_type_name(cs, i));
    int status =
        usage_error(context, "segment \"%s\" has no type \"%s\": its types are %s",
                    segment_name(context->segment), name, types.bytes ? types.bytes : "none");
    buffer_free(&types);
    return status;
}

bool segment_type(const struct context *context, connstat_t *cs, const char *name, int *type,
                  int *status)
{
    *type = name ? type_of_name(cs, name) : CONNSTAT_ANY_TYPE;
    if (!name || *type >= 0)
        return true;
    *status = refuse_type(context, cs, name);
    return false;
}

bool segment_types(const struct context *context, connstat_t *cs, const struct type_names *wanted,
                   uint64_t *types, int *status)
{
    *types = 0;
    for (size_t i = 0; i < wanted->count; i++) {
        int type;
        if (!segment_type(context, cs, wanted->names[i], &type, status))
            return false;
        *types |= UINT64_C(1) << type;
    }
    return true;
}

size_t segment_count_names(connstat_t *cs, const char *names[CONNSTAT_MAX_TYPES])
{
    int count = connstat_type_count(cs);
    for (int i = 0; i < count; i++)
        names[i] = name_of_count_in(cs, i);
    return count > 0 ? (size_t)count : 0;
}
