/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What is to be sent to a client, in order. A message is encoded once, however many clients it
 * goes to: when a worker dies, hundreds of users go offline in the same moment, and each of
 * hundreds of listeners is to hear of each.
 */
#ifndef GAME_OUTPUT_H
#define GAME_OUTPUT_H

#include <jansson.h>
#include <libwebsockets.h>

struct output_message;

struct output {
    struct output_item *items;
    size_t bytes;
};

/* Encode json and release it. Returns NULL where json is NULL or there is no memory. */
struct output_message *output_encode(json_t *json);
void output_release(struct output_message *message);

/* Queue a message for wsi, and wake it. NULL does nothing. */
void output_queue(struct output *output, struct lws *wsi, struct output_message *message);

/* Write as much as the socket takes. Negative: the socket is broken or its client does not read;
 * hang up. */
int output_write(struct output *output, struct lws *wsi);
void output_clear(struct output *output);

#endif
