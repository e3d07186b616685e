/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * One value, as people and as programs read it.
 */
#ifndef TOOLS_VALUE_H
#define TOOLS_VALUE_H

#include <connstat.h>

#include "common/buffer.h"
#include "format/json.h"

/* For each kind: which member of the value it uses; what people see; what programs see. */
enum value_kind {
    VALUE_TEXT,         /* text: made safe; as it is */
    VALUE_WORD,         /* text: aligned to the right; as it is */
    VALUE_NUMBER,       /* integer: 4711; number */
    VALUE_COUNT,        /* count: 1,312; number */
    VALUE_CHANGE,       /* integer: +1,312; number */
    VALUE_ID,           /* count: 81604378625; text in JSON, whose numbers end at 2^53 */
    VALUE_BYTES,        /* count: 41.3 MiB; number */
    VALUE_SECONDS,      /* real: 2h 5m; number with 3 decimals; NaN is none */
    VALUE_PERCENT,      /* real: 41 %; number with 1 decimal */
    VALUE_TIME,         /* integer, ns since the epoch: local time; RFC 3339; not known is none */
    VALUE_BOOL,         /* boolean: yes or no; true or false */
    VALUE_BARE,         /* text: in quotes where a condition needs them; as it is */
    VALUE_FIELD,        /* field: its value; its value, and in JSON what no number there can be */
    VALUE_FIELD_COLUMN, /* field: the same; what JSON has no number for is told once a row */
    VALUE_METADATA,     /* metadata: a=1 b=x; object */
    VALUE_TALLY,        /* tally: a 1,312, b 2 and no zeros; object */
    VALUE_MICROSECONDS, /* count: 12.4 ms; number */
    VALUE_MILLISECONDS, /* count: 350 ms, 2h 5m; number */
    VALUE_JSON          /* json, for programs alone: whatever it writes */
};

struct value {
    union {
        const char *text;
        int64_t integer;
        uint64_t count;
        double real;
        bool boolean;
        const struct connstat_field *field;
        struct {
            const struct connstat_field *fields;
            size_t count;
        } metadata;
        struct {
            const char *const *names;
            const uint64_t *counts;
            size_t count;
        } tally;
        struct {
            void (*write)(struct jsonw *json, const char *name, const void *what);
            const void *what;
        } json;
    };
    bool none;         /* there is no value: "-" for people, null in JSON, nothing in CSV */
    const char *color; /* for people; NULL: none */
};

bool value_is_right(enum value_kind kind); /* whether people see it aligned to the right */

void value_print(struct buffer *buffer, enum value_kind kind, const struct value *value);
void value_json(struct jsonw *json, const char *name, enum value_kind kind,
                const struct value *value);

/* Write the value of a VALUE_FIELD_COLUMN that JSON has no number for into the object "not_finite",
 * which the first one opens. */
void value_not_finite_json(struct jsonw *json, bool *is_open, const char *name,
                           const struct value *value);

void value_csv(enum value_kind kind, const struct value *value);

#endif
