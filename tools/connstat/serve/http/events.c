/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/http/events.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "serve/sample/sample_json.h"
#include "serve/sample/subject.h"
#include "serve/sample/subjects.h"

#define EVENTS_BLOCK_BYTES 4096

struct stream {
    struct events *events;
    struct subjects *subjects;
    struct subject *subject; /* the stream holds it */
    uint64_t number;         /* number of the last sample that was sent */
    uint64_t resume_until;   /* up to this number no sample is left out */
    bool begun;
    char *text; /* what is being sent; from malloc */
    size_t size, sent;
};

void events_init(struct events *events)
{
    *events =
        (struct events){.lock = PTHREAD_MUTEX_INITIALIZER, .sampled = PTHREAD_COND_INITIALIZER};
}

void events_wake(struct events *events)
{
    pthread_mutex_lock(&events->lock);
    pthread_cond_broadcast(&events->sampled);
    pthread_mutex_unlock(&events->lock);
}

void events_close(struct events *events)
{
    pthread_mutex_lock(&events->lock);
    events->closed = true;
    pthread_cond_broadcast(&events->sampled);
    pthread_mutex_unlock(&events->lock);
}

static void write_event(struct stream *stream, const struct sample *sample, const char *problem,
                        bool is_newest)
{
    FILE *out = open_memstream(&stream->text, &stream->size);
    if (!out)
        return;
    if (!stream->begun)
        fprintf(out, "retry: %d\n\n", EVENTS_RETRY_MS);
    fprintf(out, "event: sample\nid: %llu\ndata: ", (unsigned long long)sample->number);
    sample_write_json(out, stream->subject, sample, problem, is_newest);
    fputs("\n\n", out);
    if (fclose(out) == 0) {
        stream->number = sample->number;
        stream->begun = true;
    }
}

/* Which sample to send next. A client that comes back gets the oldest that it does not have yet;
 * otherwise it is the newest, as a slow client is not served the past. NULL: the client has them
 * all. */
static const struct sample *next_sample(const struct stream *stream, const struct window *window)
{
    const struct sample *next = NULL;
    for (size_t i = window->count; i > 0; i--) {
        const struct sample *sample = window->samples[i - 1];
        if (sample->number <= stream->number)
            break;
        if (!next || sample->number <= stream->resume_until)
            next = sample;
    }
    return next;
}

/* Is there a next sample, and did it find no segment? */
static bool next_lacks_segment(const struct stream *stream)
{
    const struct sample *next = next_sample(stream, history_enter(&stream->subject->history));
    bool lacks = next && next->created_at_ns == 0;
    history_leave();
    return lacks;
}

/* Make the text of the next sample. False: there is none yet. */
static bool take_text(struct stream *stream)
{
    char problem[SOURCE_PROBLEM_BYTES] = "";
    free(stream->text);
    stream->text = NULL;
    stream->size = stream->sent = 0;
    if (next_lacks_segment(stream)) /* asked outside the section, see source.h */
        source_problem(&stream->subject->source, problem, sizeof(problem));
    const struct window *window = history_enter(&stream->subject->history);
    const struct sample *sample = next_sample(stream, window);
    if (sample && (sample->created_at_ns || problem[0]))
        write_event(stream, sample, problem, sample == window->samples[window->count - 1]);
    history_leave();
    return stream->size > 0;
}

/* Wait for the text of a new sample. The sampler publishes a sample before it takes the lock to
 * wake us, so none is slept through. False: the stream ends. */
static bool wait_for_text(struct stream *stream)
{
    struct events *events = stream->events;
    bool found;
    pthread_mutex_lock(&events->lock);
    while (!(found = take_text(stream)) && !events->closed)
        pthread_cond_wait(&events->sampled, &events->lock);
    pthread_mutex_unlock(&events->lock);
    return found;
}

static ssize_t read_stream(void *arg, uint64_t position, char *buf, size_t max)
{
    (void)position;
    struct stream *stream = arg;
    if (stream->sent == stream->size && !wait_for_text(stream))
        return MHD_CONTENT_READER_END_OF_STREAM;
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
    struct events *events = stream->events;
    pthread_mutex_lock(&events->lock);
    events->streams--;
    pthread_mutex_unlock(&events->lock);
    subjects_drop(stream->subjects, stream->subject);
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

/* Go on after that sample, if it is the number of one that this server has sent. */
static void resume(struct stream *stream, uint64_t after)
{
    const struct window *window = history_enter(&stream->subject->history);
    uint64_t newest = window->samples[window->count - 1]->number;
    history_leave();
    if (after == 0 || after > newest)
        return;
    stream->number = after;
    stream->resume_until = newest;
}

struct MHD_Response *events_response(struct events *events, struct subjects *subjects,
                                     struct subject *subject, uint64_t after)
{
    struct stream *stream = calloc(1, sizeof(*stream));
    if (!stream)
        return NULL;
    if (!reserve_stream(events)) {
        free(stream);
        return NULL;
    }
    stream->events = events;
    stream->subjects = subjects;
    stream->subject = subject;
    resume(stream, after);
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, EVENTS_BLOCK_BYTES, read_stream, stream, free_stream);
    if (!response) {
        stream->subject = NULL; /* the hold on it stays the caller's */
        free_stream(stream);
    }
    return response;
}
