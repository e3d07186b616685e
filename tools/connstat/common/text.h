/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Numbers, times and UTF-8 as text: for people, for programs, and what people type.
 */
#ifndef TOOLS_TEXT_H
#define TOOLS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_NUMBER_BYTES 32 /* enough for each number and time below */

/* A whole number in decimal digits. Returns buf; size of buf: TEXT_NUMBER_BYTES. */
char *text_decimal(uint64_t number, char *buf);
char *text_signed(int64_t number, char *buf);

/* For people. Each returns buf. */
char *text_count(uint64_t number, char *buf, size_t size); /* "1,312" */
char *text_change(int64_t number, char *buf, size_t size); /* "+1,312", "-4", "0" */
char *text_bytes(uint64_t bytes, char *buf, size_t size);  /* "41.3 MiB" */
char *text_duration(double seconds, char *buf,
                    size_t size);                        /* "12 s", "3m 20s", "2h 5m"; NaN: "-" */
char *text_span(double seconds, char *buf, size_t size); /* "150 us", "12.4 ms"; then as above */
char *text_local_time(int64_t time_ns, char *buf, size_t size); /* "2026-11-22 14:03:11" */

/* Whole percents that are reached: "93", 100 only where all is; "< 1" for a little. */
char *text_percent(double percent, char *buf, size_t size);

/* For machines. RFC 3339, UTC, milliseconds: "2026-11-22T13:03:11.204Z". */
char *text_utc_time(int64_t time_ns, char *buf, size_t size);

/* Seconds with three decimals; size of buf: TEXT_NUMBER_BYTES. Returns buf. */
char *text_milliseconds(double seconds, char *buf);

/* The fewest digits that read back as the same number; NaN, Infinity, -Infinity. Returns buf. */
char *text_shortest(double number, char *buf, size_t size);

/* False of one stamped by a clock that had not been set yet: before 2000. */
bool text_time_is_known(int64_t time_ns);
double text_span_seconds(int64_t from_ns, int64_t to_ns); /* likewise */
double text_age_seconds(int64_t since_ns); /* never below 0; NaN: since an unknown time */

/* Read what somebody typed. Each returns false, and leaves its result, where text is no such
 * number. */
bool text_number(const char *text, uint64_t *number); /* decimal digits only */
bool text_size(const char *text, uint64_t *size);     /* digits, with k, M or G: 1024 times ... */
bool text_integer(const char *text, int64_t *number);
bool text_real(const char *text, double *number); /* finite */

/* Decode one code point of UTF-8. Returns its bytes, or -1 where text is no UTF-8. text ends
 * with NUL. */
int text_code_point(const char *text, uint32_t *code_point);

/* Whether a terminal would obey or hide the character instead of showing it: control characters,
 * and those that reorder or break lines or have no width of their own. */
bool text_is_unsafe(uint32_t code_point);
bool text_has_unsafe(const char *text); /* or is no UTF-8 */

/* How many columns safe text takes on a terminal. */
size_t text_width(const char *text);

#endif
