/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "common/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/text.h"

#define DIGITS        "0123456789"
#define NS_PER_SECOND 1000000000LL

/* Read the unit at the start of text. Returns its seconds; 0: there is none. A longer name stands
 * before a shorter one with which it begins. */
static double read_unit(const char **text)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {
        {"us", 1e-6}, {"ms", 0.001}, {"min", 60}, {"sec", 1}, {"w", 604800},
        {"d", 86400}, {"h", 3600},   {"m", 60},   {"s", 1},
    };
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        size_t length = strlen(units[i].name);
        if (strncmp(*text, units[i].name, length) == 0) {
            *text += length;
            return units[i].seconds;
        }
    }
    return 0;
}

/* Read an amount such as "12.5", and how much one more of its last digit is. */
static bool read_amount(const char **text, double *amount, double *step)
{
    char digits[TEXT_NUMBER_BYTES];
    size_t length = strspn(*text, DIGITS ".");
    if (length == 0 || length >= sizeof(digits))
        return false;
    memcpy(digits, *text, length);
    digits[length] = '\0';
    *text += length;
    *step = 1;
    const char *point = strchr(digits, '.');
    for (size_t i = point ? strlen(point + 1) : 0; i > 0; i--)
        *step /= 10;
    return text_real(digits, amount);
}

bool when_span(const char *text, double *seconds, double *step)
{
    double sum = 0, last_unit = 0, amount, precision;
    do {
        if (!read_amount(&text, &amount, &precision))
            return false;
        text += strspn(text, " ");
        bool is_bare = *text == '\0' && last_unit == 0;
        double unit = is_bare ? 1 : read_unit(&text);
        if (unit == 0 || (last_unit > 0 && unit >= last_unit))
            return false;
        last_unit = unit;
        sum += amount * unit;
        text += strspn(text, " ");
    } while (*text);
    *seconds = sum;
    *step = precision * last_unit;
    return true;
}

bool when_seconds(const char *text, double *seconds)
{
    double step;
    return when_span(text, seconds, &step);
}

/* Read exactly so many digits as a number from min to max. */
static bool read_digits(const char **text, size_t count, int min, int max, int *number)
{
    if (strspn(*text, DIGITS) < count)
        return false;
    *number = 0;
    for (size_t i = 0; i < count; i++)
        *number = *number * 10 + ((*text)[i] - '0');
    *text += count;
    return *number >= min && *number <= max;
}

static bool skip(const char **text, const char *any_of)
{
    bool is_one = **text && strchr(any_of, **text);
    *text += is_one;
    return is_one;
}

static bool read_date(const char **text, struct tm *tm)
{
    return read_digits(text, 4, 1970, 2261, &tm->tm_year) && skip(text, "-") &&
           read_digits(text, 2, 1, 12, &tm->tm_mon) && skip(text, "-") &&
           read_digits(text, 2, 1, 31, &tm->tm_mday);
}

/* Read a time of day: "14:03", "14:03:11", "14:03:11.204". */
static bool read_clock(const char **text, struct tm *tm, int64_t *rest_ns, int64_t *step_ns)
{
    if (!read_digits(text, 2, 0, 23, &tm->tm_hour) || !skip(text, ":") ||
        !read_digits(text, 2, 0, 59, &tm->tm_min))
        return false;
    *step_ns = 60 * NS_PER_SECOND;
    if (!skip(text, ":"))
        return true;
    if (!read_digits(text, 2, 0, 60, &tm->tm_sec))
        return false;
    *step_ns = NS_PER_SECOND;
    if (!skip(text, "."))
        return true;
    size_t decimals = strspn(*text, DIGITS);
    if (decimals == 0 || decimals > 9)
        return false;
    for (; decimals > 0; decimals--, ++*text) {
        *step_ns /= 10;
        *rest_ns += (**text - '0') * *step_ns;
    }
    return true;
}

/* Read a zone: "Z", "+01:00"; or nothing, which is local time. */
static bool read_zone(const char **text, bool *is_local, int *east_minutes)
{
    int hours, minutes;
    *is_local = **text == '\0';
    *east_minutes = 0;
    if (*is_local || skip(text, "Z"))
        return true;
    int sign = **text == '-' ? -1 : 1;
    if (!skip(text, "+-") || !read_digits(text, 2, 0, 23, &hours) || !skip(text, ":") ||
        !read_digits(text, 2, 0, 59, &minutes))
        return false;
    *east_minutes = sign * (hours * 60 + minutes);
    return true;
}

static bool read_nanoseconds(const char *text, int64_t *from_ns, int64_t *to_ns)
{
    if (!text_integer(text, from_ns) || *from_ns == INT64_MAX || strlen(text) < 12)
        return false;
    *to_ns = *from_ns + 1;
    return true;
}

bool when_time(const char *text, int64_t *from_ns, int64_t *to_ns)
{
    struct tm tm = {.tm_isdst = -1};
    int64_t rest_ns = 0, step_ns = 86400 * NS_PER_SECOND;
    bool is_local;
    int east_minutes;
    if (read_nanoseconds(text, from_ns, to_ns))
        return true;
    if (!read_date(&text, &tm) ||
        (skip(&text, "T ") && !read_clock(&text, &tm, &rest_ns, &step_ns)) ||
        !read_zone(&text, &is_local, &east_minutes) || *text)
        return false;
    int day = tm.tm_mday;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    time_t seconds = is_local ? mktime(&tm) : timegm(&tm);
    if (tm.tm_mday != day) /* the month has no such day */
        return false;
    *from_ns = (seconds - east_minutes * 60) * NS_PER_SECOND + rest_ns;
    *to_ns = *from_ns + step_ns;
    return true;
}
