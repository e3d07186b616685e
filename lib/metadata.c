/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <connstat.h>

#include <errno.h>
#include <string.h>

#include "metadata/metadata.h"

int connstat_encode(const struct connstat_field *metadata, size_t count, void *buf, size_t size)
{
    if (buf == NULL && size > 0)
        return -EINVAL;
    return metadata_encode(metadata, count, buf, size);
}

int connstat_decode(const void *encoded, size_t size, void *scratch, struct connstat_field *fields,
                    size_t max)
{
    if (size == 0)
        return 0;
    if (encoded == NULL || scratch == NULL || (fields == NULL && max > 0) ||
        metadata_validate(encoded, size) < 0)
        return -EINVAL;
    memmove(scratch, encoded, size);
    return metadata_decode(scratch, size, fields, max);
}
