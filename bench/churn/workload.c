/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "workload.h"

#include "measure.h"

#include <stdio.h>
#include <string.h>

bool workload_size_valid(size_t metadata_bytes)
{
    return metadata_bytes == 0 || (metadata_bytes >= 48 && metadata_bytes <= WORKLOAD_MAX_BYTES &&
                                   metadata_bytes % 16 == 0);
}

static void record_make(struct record *record, char texts[2][WORKLOAD_MAX_BYTES], unsigned number,
                        size_t metadata_bytes)
{
    snprintf(texts[0], WORKLOAD_MAX_BYTES, "192.168.%u.7", 100 + number);
    record->field_count = WORKLOAD_FIELDS;
    record->fields[0] = connstat_text("addr", texts[0]);
    record->fields[1] = connstat_int("user_id", 1000000 + number);
    record->fields[2] = connstat_text("page", texts[1]);

    /* The last text grows until the map has the size that was asked for. */
    memset(texts[1], 0, WORKLOAD_MAX_BYTES);
    for (size_t length = 0;; length++) {
        int size = connstat_encode(record->fields, WORKLOAD_FIELDS, record->encoded,
                                   sizeof(record->encoded));
        if (size < 0 || (size_t)size > metadata_bytes)
            bench_fail("metadata of %zu bytes cannot be made from three fields", metadata_bytes);
        record->size = (size_t)size;
        if (record->size == metadata_bytes)
            return;
        texts[1][length] = (char)('a' + (number + length) % 26);
    }
}

void workload_make(struct workload *workload, size_t metadata_bytes)
{
    memset(workload, 0, sizeof(*workload));
    for (unsigned i = 0; metadata_bytes > 0 && i < WORKLOAD_RECORDS; i++)
        record_make(&workload->records[i], workload->texts[i], i, metadata_bytes);
}
