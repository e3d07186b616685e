/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Making fields fit: texts are cleaned, and the longest ones cut to one length, the largest with
 * which the map fits.
 */
#include "metadata/distinct.h"
#include "metadata/utf8.h"
#include "worker/handle.h"

#include <errno.h>
#include <string.h>

static const uint8_t replacement[] = {0xEF, 0xBF, 0xBD}; /* U+FFFD */

static bool is_text(const struct connstat_field *field)
{
    return field->type == CONNSTAT_TEXT || field->type == CONNSTAT_SLICE;
}

/* Finds the bytes of a text field. False: the field has a NULL instead of bytes. */
static bool get_slice(const struct connstat_field *field, struct connstat_slice *slice)
{
    if (field->type == CONNSTAT_TEXT) {
        slice->data = field->value.text;
        slice->size = slice->data != NULL ? strlen(slice->data) : 0;
        return slice->data != NULL;
    }
    if (field->value.slice == NULL)
        return false;
    *slice = *field->value.slice;
    return slice->data != NULL || slice->size == 0;
}

/* ---- what may not be mended, and how large it is in the map --------------------------------- */

static size_t head_bytes(uint64_t argument)
{
    if (argument < 24)
        return 1;
    return argument <= UINT8_MAX ? 2 : argument <= UINT16_MAX ? 3 : argument <= UINT32_MAX ? 5 : 9;
}

/* How many bytes a field's name takes in the map. 0: the name is wrong. */
static size_t name_bytes(const struct connstat_field *fields, size_t i)
{
    const char *name = fields[i].name;
    size_t length = name != NULL ? strlen(name) : 0;

    if (length == 0 || !utf8_valid((const uint8_t *)name, length) || named_before(fields, i))
        return 0;
    return head_bytes(length) + length;
}

/* How many bytes a value takes in the map that is no text. */
static size_t value_bytes(const struct connstat_field *field)
{
    int64_t integer = field->value.integer;

    if (field->type == CONNSTAT_INT)
        return head_bytes((uint64_t)(integer < 0 ? ~integer : integer));
    return field->type == CONNSTAT_FLOAT ? 9 : 1;
}

/* Are the fields right, whatever their texts hold? *bytes becomes the size of the map without the texts and
 * their heads. */
static bool measure(const struct connstat_field *fields, size_t count, size_t *bytes)
{
    struct connstat_slice slice;

    if (fields == NULL && count > 0)
        return false;
    *bytes = head_bytes(count);
    for (size_t i = 0; i < count; i++) {
        size_t name = name_bytes(fields, i);

        if (name == 0 || fields[i].type > CONNSTAT_SLICE ||
            (is_text(&fields[i]) && !get_slice(&fields[i], &slice)))
            return false;
        *bytes += name + (is_text(&fields[i]) ? 0 : value_bytes(&fields[i]));
    }
    return true;
}

/* May all texts stay as they are? They may nearly always, so this is asked first. */
static bool fit_already(const struct connstat_field *fields, size_t count, size_t room)
{
    struct connstat_slice text;
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        if (is_text(&fields[i]) && get_slice(&fields[i], &text)) {
            if (text.size > room || !utf8_valid((const uint8_t *)text.data, text.size))
                return false;
            bytes += head_bytes(text.size) + text.size;
        }
    return bytes <= room;
}

/* ---- cleaning and cutting ------------------------------------------------------------------- */

/* Cleans a text, and cuts it between two characters so that it has limit bytes at most. Writes the result to
 * `to`, unless that is NULL. Returns how many bytes the result has; *same becomes true if it is the text
 * as it was. */
static size_t clean(const struct connstat_slice *text, size_t limit, uint8_t *to, bool *same)
{
    const uint8_t *from = (const uint8_t *)text->data;
    size_t bytes = 0;
    bool as_it_was = true;

    for (size_t i = 0; i < text->size;) {
        bool right;
        size_t length = utf8_character(from + i, text->size - i, &right);
        size_t written = right ? length : sizeof(replacement);

        if (bytes + written > limit) {
            as_it_was = false;
            break;
        }
        if (to != NULL)
            memcpy(to + bytes, right ? from + i : replacement, written);
        as_it_was &= right;
        bytes += written;
        i += length;
    }
    *same = as_it_was;
    return bytes;
}

/* How many bytes all texts take in the map, with their heads, if none is longer than limit. */
static size_t text_bytes(const struct connstat_field *fields, size_t count, size_t limit)
{
    struct connstat_slice text;
    size_t bytes = 0;
    bool same;

    for (size_t i = 0; i < count; i++)
        if (is_text(&fields[i]) && get_slice(&fields[i], &text)) {
            size_t length = clean(&text, limit, NULL, &same);

            bytes += head_bytes(length) + length;
        }
    return bytes;
}

/* Returns the largest length to which texts can be cut so that all of them take room bytes at most; or
 * -EMSGSIZE. */
static int64_t find_limit(const struct connstat_field *fields, size_t count, size_t room)
{
    size_t fits = 0, too_long = room + 1;

    if (text_bytes(fields, count, 0) > room)
        return -EMSGSIZE;
    if (text_bytes(fields, count, room) <= room)
        return (int64_t)room;
    while (too_long - fits > 1) {
        size_t middle = fits + (too_long - fits) / 2;

        if (text_bytes(fields, count, middle) <= room)
            fits = middle;
        else
            too_long = middle;
    }
    return (int64_t)fits;
}

/* How many bytes of scratch the texts need that do not stay as they are. */
static size_t scratch_bytes(const struct connstat_field *fields, size_t count, size_t limit)
{
    struct connstat_slice text;
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        if (is_text(&fields[i]) && get_slice(&fields[i], &text)) {
            bool same;
            size_t length = clean(&text, limit, NULL, &same);

            bytes += same ? 0 : length + 1;
        }
    return bytes;
}

static void rewrite(struct connstat_field *fields, size_t count, size_t limit, uint8_t *scratch)
{
    struct connstat_slice text;

    for (size_t i = 0; i < count; i++)
        if (is_text(&fields[i]) && get_slice(&fields[i], &text)) {
            bool same;

            (void)clean(&text, limit, NULL, &same);
            if (same)
                continue;
            fields[i].type = CONNSTAT_TEXT;
            fields[i].value.text = (const char *)scratch;
            scratch += clean(&text, limit, scratch, &same);
            *scratch++ = '\0';
        }
}

int connstat_fit(connstat_t *cs, struct connstat_field *fields, size_t count, void *scratch,
                 size_t size)
{
    struct attachment *a = cs == NULL ? NULL : handle_enter_reader(cs);
    size_t room, fixed;
    int64_t limit;

    if (a == NULL)
        return -ENOTCONN;
    room = content_room(a->segment, 0);
    guard_leave();
    if (!measure(fields, count, &fixed) || (scratch == NULL && size > 0))
        return -EINVAL;
    if (fixed <= room && fit_already(fields, count, room - fixed))
        return (int)count;
    limit = fixed > room ? -EMSGSIZE : find_limit(fields, count, room - fixed);
    if (limit < 0 || scratch_bytes(fields, count, (size_t)limit) > size)
        return -EMSGSIZE;
    rewrite(fields, count, (size_t)limit, scratch);
    return (int)count;
}
