/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "records/obituary.h"

#include "records/record.h"
#include "records/tally.h"

#include <string.h>

/* The subject of an entry, that is, whose death it tells: number 48 | record 14 | state 2. */
enum { SUBJECT_NONE, SUBJECT_SET };

#define TAG_BITS     16u
#define CONTENT_MASK ((UINT64_C(1) << 48) - 1)

/* The content of OBITUARY_WHO: status known 1 | status 8 | cause 3 | pid 22. */
#define WHO_CAUSE_SHIFT  RECORD_PID_BITS
#define WHO_STATUS_SHIFT 25u
#define WHO_STATUS_KNOWN (UINT64_C(1) << 33)
#define CAUSE_MASK       7u
#define STATUS_MASK      0xffu

static uint64_t subject_word(uint64_t number, uint32_t record)
{
    return number << 16 | (uint64_t)record << 2 | SUBJECT_SET;
}

static uint64_t subject_number(uint64_t subject)
{
    return subject >> 16;
}

static uint32_t subject_record(uint64_t subject)
{
    return (uint32_t)(subject >> 2) & RECORD_INDEX_MASK;
}

static _Atomic uint64_t *fields(struct obituary *obituary)
{
    return (_Atomic uint64_t *)(obituary + 1);
}

/* The lap of the ring that a number is in; starts at 1, so that zeroed memory is of no lap. */
static uint64_t lap(uint64_t number)
{
    return (number / OBITUARY_COUNT + 1) & ((1u << TAG_BITS) - 1);
}

/* Write a field, unless it has been written in this lap of the ring or in a later one: so a writer
 * who slept spoils nothing. */
static void put(_Atomic uint64_t *field, uint64_t number, uint64_t content)
{
    uint64_t seen = atomic_load_explicit(field, memory_order_relaxed);
    uint64_t next = lap(number) | (content & CONTENT_MASK) << TAG_BITS;

    if ((uint16_t)(lap(number) - (uint16_t)seen) - 1u < 0x7fffu)
        atomic_compare_exchange_strong_explicit(field, &seen, next, memory_order_release,
                                                memory_order_relaxed);
}

static uint64_t who(const struct segment *s, uint32_t record, uint64_t word)
{
    uint64_t status =
        atomic_load_explicit(&segment_record(s, record)->exit_status, memory_order_relaxed);

    if (!exit_status_speaks_of(status, record_incarnation(word)))
        return record_pid(word);
    return record_pid(word) | (status >> 32 & CAUSE_MASK) << WHO_CAUSE_SHIFT |
           (status & STATUS_MASK) << WHO_STATUS_SHIFT | WHO_STATUS_KNOWN;
}

static void fill(const struct segment *s, uint64_t number, uint32_t record, uint64_t word,
                 int64_t now_ns)
{
    _Atomic uint64_t *field = fields(segment_obituary(s, number));
    struct record *r = segment_record(s, record);
    int64_t joined = atomic_load_explicit(&r->joined_at_ns, memory_order_relaxed);
    int64_t died = atomic_load_explicit(&r->died_at_ns, memory_order_relaxed);
    uint64_t thread = atomic_load_explicit(&r->thread, memory_order_relaxed);
    struct worker_tally tally;
    char label[36] = {0};

    tally_record(s, record, &tally);
    record_get_label(r, label);
    /* The record has been read. If it is still DEAD now, all that was read was of this holder. */
    if (!record_is(s, record, word))
        return;
    put(&field[OBITUARY_WHO], number, who(s, record, word));
    put(&field[OBITUARY_THREAD], number, thread >> 32);
    put(&field[OBITUARY_JOINED], number, (uint64_t)(joined / 1000000));
    put(&field[OBITUARY_DIED], number, (uint64_t)((died < joined ? now_ns : died) / 1000000));
    for (uint32_t i = 0; i < 6; i++) {
        uint64_t part = 0;

        memcpy(&part, label + 6 * i, 6);
        put(&field[OBITUARY_LABEL + i], number, part);
    }
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++)
        put(&field[OBITUARY_LOST + t], number, tally.live[t] > 0 ? (uint64_t)tally.live[t] : 0);
}

/* Do all steps of entry number that are not done yet, whichever reaper began it. */
static void complete(const struct segment *s, uint64_t number, uint64_t subject, int64_t now_ns)
{
    uint32_t record = subject_record(subject);
    _Atomic uint64_t *deaths = &segment_header(s)->deaths;
    uint64_t word;

    if (record < s->geometry.record_count) {
        word = atomic_load_explicit(&segment_record(s, record)->word, memory_order_acquire);
        /* If the record is not DEAD, somebody else has filled the entry and buried the record. If it is,
         * we look at the number of deaths once more. As long as that is this entry's number, the
         * record has the holder for whom the entry was begun, because no record is released before
         * its obituary is counted (obituary_finish). */
        if (record_state(word) == RECORD_DEAD &&
            atomic_load_explicit(deaths, memory_order_relaxed) == number) {
            fill(s, number, record, word, now_ns);
            /* release: the text comes before the burial, the burial before the next number */
            atomic_compare_exchange_strong_explicit(&segment_record(s, record)->word, &word,
                                                    record_become(word, RECORD_BURIED),
                                                    memory_order_acq_rel, memory_order_relaxed);
        }
    }
    atomic_compare_exchange_strong_explicit(deaths, &number, number + 1, memory_order_acq_rel,
                                            memory_order_relaxed);
}

void obituary_write(const struct segment *s, uint32_t record, uint64_t word, int64_t now_ns)
{
    /* Bounded, because a damaged segment could keep us here. If the record is still DEAD at the
     * end, the next pass tries again. */
    for (uint32_t round = 0; round < 4 * s->geometry.record_count; round++) {
        /* We read the number first and the record's word after it. If the record is still DEAD then, none
         * of the obituaries before this number is its own: complete buries a record before it counts
         * the obituary. */
        uint64_t number = atomic_load_explicit(&segment_header(s)->deaths, memory_order_acquire);
        struct obituary *entry = segment_obituary(s, number);
        uint64_t subject = atomic_load_explicit(&entry->subject, memory_order_acquire);

        if (!record_is(s, record, word))
            return;
        if (subject != 0 && subject_number(subject) == number) {
            complete(s, number, subject, now_ns);
            continue;
        }
        if (subject_number(subject) > number)
            continue; /* the ring has gone on: load the number again */
        if (atomic_compare_exchange_strong_explicit(&entry->subject, &subject,
                                                    subject_word(number, record),
                                                    memory_order_acq_rel, memory_order_relaxed))
            complete(s, number, subject_word(number, record), now_ns);
    }
}

void obituary_finish(const struct segment *s, int64_t now_ns)
{
    uint64_t number = obituary_last(s);
    uint64_t subject =
        atomic_load_explicit(&segment_obituary(s, number)->subject, memory_order_acquire);

    if (subject != 0 && subject_number(subject) == number)
        complete(s, number, subject, now_ns);
}

void obituary_set_cause(const struct segment *s, uint32_t record, uint64_t word, uint32_t cause,
                        uint32_t status)
{
    struct record *r = segment_record(s, record);
    uint64_t next = exit_status_word(record_incarnation(word), cause, status & STATUS_MASK);
    uint64_t seen = atomic_load_explicit(&r->exit_status, memory_order_relaxed);

    /* The loop ends when a status of this incarnation stands there. A status of another incarnation is
     * replaced: a reaper that slept has written it too late. */
    while (!exit_status_speaks_of(seen, record_incarnation(word))) {
        if (!record_is(s, record, word))
            return;
        if (atomic_compare_exchange_strong_explicit(&r->exit_status, &seen, next,
                                                    memory_order_relaxed, memory_order_relaxed))
            return;
    }
}

uint64_t obituary_last(const struct segment *s)
{
    return atomic_load_explicit(&segment_header(s)->deaths, memory_order_acquire);
}

static bool get(_Atomic uint64_t *field, uint64_t number, uint64_t *content)
{
    uint64_t word = atomic_load_explicit(field, memory_order_acquire);

    *content = word >> TAG_BITS;
    return (word & ((1u << TAG_BITS) - 1)) == lap(number);
}

bool obituary_read(const struct segment *s, uint64_t number, struct obituary_text *text)
{
    _Atomic uint64_t *field = fields(segment_obituary(s, number - 1));
    uint64_t content, label[6];
    bool whole = true;

    memset(text, 0, sizeof(*text));
    text->number = number--;
    whole &= get(&field[OBITUARY_WHO], number, &content);
    text->pid = content & ((1u << RECORD_PID_BITS) - 1);
    text->cause = content & WHO_STATUS_KNOWN ? content >> WHO_CAUSE_SHIFT & CAUSE_MASK : 0;
    text->status = content >> WHO_STATUS_SHIFT & STATUS_MASK;
    whole &= get(&field[OBITUARY_THREAD], number, &content);
    text->tid = (uint32_t)content;
    whole &= get(&field[OBITUARY_JOINED], number, &content);
    text->joined_at_ms = (int64_t)content;
    whole &= get(&field[OBITUARY_DIED], number, &content);
    text->died_at_ms = (int64_t)content;
    for (uint32_t i = 0; i < 6; i++) {
        whole &= get(&field[OBITUARY_LABEL + i], number, &label[i]);
        memcpy(text->label + 6 * i, &label[i], 6);
    }
    text->label[35] = '\0';
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++)
        whole &= get(&field[OBITUARY_LOST + t], number, &text->lost[t]);
    return whole;
}
