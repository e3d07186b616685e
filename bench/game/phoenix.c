/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "phoenix.h"

#include <errno.h>
#include <stdbool.h>

static bool is_reference(const json_t *value)
{
    return json_is_string(value) || json_is_null(value);
}

int phoenix_decode(struct phoenix_message *message, const char *text, size_t size)
{
    json_t *array = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    struct phoenix_message read = {
        .array = array,
        .join_ref = json_array_get(array, 0),
        .ref = json_array_get(array, 1),
        .topic = json_string_value(json_array_get(array, 2)),
        .event = json_string_value(json_array_get(array, 3)),
        .payload = json_array_get(array, 4),
    };

    if (json_array_size(array) != 5 || !is_reference(read.join_ref) || !is_reference(read.ref) ||
        !read.topic || !read.event || !json_is_object(read.payload)) {
        json_decref(array);
        return -EINVAL;
    }
    *message = read;
    return 0;
}

void phoenix_release(struct phoenix_message *message)
{
    json_decref(message->array);
    message->array = NULL;
}

json_t *phoenix_message(json_t *join_ref, json_t *ref, const char *topic, const char *event,
                        json_t *payload)
{
    return json_pack("[O?, O?, s, s, o]", join_ref, ref, topic, event, payload);
}

json_t *phoenix_reply(json_t *join_ref, json_t *ref, const char *topic, const char *status,
                      json_t *response)
{
    return phoenix_message(join_ref, ref, topic, PHX_REPLY,
                           json_pack("{s: s, s: o}", "status", status, "response", response));
}
