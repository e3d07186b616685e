/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "server/output.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define OUTPUT_MAX (4u << 20) /* a client that does not read is not worth more memory */

struct output_message {
    unsigned references;
    size_t size;
    unsigned char buffer[]; /* LWS_PRE bytes for lws_write to use, then size of text */
};

struct output_item {
    struct output_item *prev, *next;
    struct output_message *message;
};

struct output_message *output_encode(json_t *json)
{
    size_t size = json_dumpb(json, NULL, 0, JSON_COMPACT);
    struct output_message *message = size ? malloc(sizeof(*message) + LWS_PRE + size) : NULL;

    if (message) {
        message->references = 1;
        message->size = size;
        json_dumpb(json, (char *)message->buffer + LWS_PRE, size, JSON_COMPACT);
    }
    json_decref(json);
    return message;
}

void output_release(struct output_message *message)
{
    if (message && --message->references == 0)
        free(message);
}

void output_queue(struct output *output, struct lws *wsi, struct output_message *message)
{
    struct output_item *item = message ? malloc(sizeof(*item)) : NULL;

    if (!item)
        return;
    item->message = message;
    message->references++;
    output->bytes += message->size;
    DL_APPEND(output->items, item);
    lws_callback_on_writable(wsi);
}

static void drop_first(struct output *output)
{
    struct output_item *item = output->items;

    output->bytes -= item->message->size;
    DL_DELETE(output->items, item);
    output_release(item->message);
    free(item);
}

int output_write(struct output *output, struct lws *wsi)
{
    if (output->bytes > OUTPUT_MAX)
        return -ENOBUFS;
    while (output->items) {
        struct output_message *message = output->items->message;

        if (lws_send_pipe_choked(wsi)) {
            lws_callback_on_writable(wsi);
            return 0;
        }
        if (lws_write(wsi, message->buffer + LWS_PRE, message->size, LWS_WRITE_TEXT) < 0)
            return -EPIPE;
        drop_first(output);
    }
    return 0;
}

void output_clear(struct output *output)
{
    while (output->items)
        drop_first(output);
}
