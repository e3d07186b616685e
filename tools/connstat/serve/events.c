/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "events.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "sample_json.h"
#include "server.h"

#define EVENTS_BLOCK_BYTES 4096

struct stream {
    struct stream *next; /* while suspended */
    struct server *server;
    struct MHD_Connection *connection;
    uint64_t number; /* of the last sample sent */
    char *text;      /* what is being sent, from malloc */
    size_t size, sent;
};

void events_init(struct events *events)
{
    *events = (struct events){.lock = PTHREAD_MUTEX_INITIALIZER};
}

static void resume_all(struct events *events)
{
    for (struct stream *stream = events->first; stream; stream = stream->next)
        MHD_resume_connection(stream->connection);
    events->first = NULL;
}

void events_wake(struct events *events)
{
    pthread_mutex_lock(&events->lock);
    resume_all(events);
    pthread_mutex_unlock(&events->lock);
}

void events_close(struct events *events)
{
    pthread_mutex_lock(&events->lock);
    events->closed = true;
    resume_all(events);
    pthread_mutex_unlock(&events->lock);
}

/* Make the text of the newest sample, where it is newer than the last one sent. */
static bool take_text(struct stream *stream)
{
    struct history *history = &stream->server->history;
    free(stream->text);
    stream->text = NULL;
    stream->size = stream->sent = 0;

    const struct window *window = history_enter(history);
    const struct sample *sample = window->count ? window->samples[window->count - 1] : NULL;
    if (sample && sample->number > stream->number) {
        FILE *out = open_memstream(&stream->text, &stream->size);
        if (out) {
            fprintf(out, "event: sample\nid: %llu\ndata: ", (unsigned long long)sample->number);
            sample_write_json(out, &stream->server->attachment, sample);
            fputs("\n\n", out);
            if (fclose(out) == 0)
                stream->number = sample->number;
        }
    }
    history_leave();
    return stream->size > 0;
}

/* Suspend, unless a sample came since we looked: the waker takes the same lock after it has
 * published, so it is either seen here or finds the stream in the list. */
static ssize_t wait_for_text(struct stream *stream)
{
    struct events *events = &stream->server->events;
    ssize_t result = 0;
    pthread_mutex_lock(&events->lock);
    if (events->closed) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (!take_text(stream)) {
        stream->next = events->first;
        events->first = stream;
        MHD_suspend_connection(stream->connection);
    }
    pthread_mutex_unlock(&events->lock);
    return result;
}

static ssize_t read_stream(void *arg, uint64_t position, char *buf, size_t max)
{
    (void)position;
    struct stream *stream = arg;
    if (stream->sent == stream->size && !take_text(stream)) {
        ssize_t result = wait_for_text(stream);
        if (result != 0 || stream->size == 0)
            return result;
    }
    size_t size = stream->size - stream->sent;
    if (size > max)
        size = max;
    memcpy(buf, stream->text + stream->sent, size);
    stream->sent += size;
    return (ssize_t)size;
}

static void free_stream(void *arg)
{
    struct stream *stream = arg;
    struct events *events = &stream->server->events;
    pthread_mutex_lock(&events->lock);
    events->streams--;
    pthread_mutex_unlock(&events->lock);
    free(stream->text);
    free(stream);
}

static bool reserve_stream(struct events *events)
{
    pthread_mutex_lock(&events->lock);
    bool granted = !events->closed && events->streams < EVENTS_MAX_STREAMS;
    events->streams += granted;
    pthread_mutex_unlock(&events->lock);
    return granted;
}

struct MHD_Response *events_response(struct server *server, struct MHD_Connection *connection)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    if (!reserve_stream(&server->events)) {
        free(stream);
        return NULL;
    }
    stream->server = server;
    stream->connection = connection;
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, EVENTS_BLOCK_BYTES, read_stream, stream, free_stream);
    if (!response)
        free_stream(stream);
    return response;
}
