/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "common/text.h"

#include <connstat.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "common/clock.h"

#define NS_PER_SECOND 1000000000LL

/* printf takes ten times as long, and a list is made of numbers. */
char *text_decimal(uint64_t number, char *buf)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    char digits[21];
    size_t at = sizeof(digits) - 1;
    digits[at] = '\0';
    for (; number >= 100; number /= 100)
        memcpy(digits + (at -= 2), pairs + 2 * (number % 100), 2);
    if (number >= 10)
        memcpy(digits + (at -= 2), pairs + 2 * number, 2);
    else
        digits[--at] = (char)('0' + number);
    memcpy(buf, digits + at, sizeof(digits) - at);
    return buf;
}

char *text_signed(int64_t number, char *buf)
{
    *buf = '-';
    text_decimal(number < 0 ? -(uint64_t)number : (uint64_t)number, buf + (number < 0));
    return buf;
}

/* A number below 10^count with zeros before it. Returns what follows. */
static inline __attribute__((always_inline)) char *put_digits(char *out, uint64_t number, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        out[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return out + count;
}

char *text_milliseconds(double seconds, char *buf)
{
    double magnitude = fabs(seconds) * 1000;
    if (!(magnitude < 1e15)) {
        snprintf(buf, TEXT_NUMBER_BYTES, "%.3f", seconds);
        return buf;
    }
    uint64_t milliseconds = (uint64_t)llround(magnitude);
    *buf = '-';
    char *out = buf + (seconds < 0);
    text_decimal(milliseconds / 1000, out);
    out += strlen(out);
    *out++ = '.';
    *put_digits(out, milliseconds % 1000, 3) = '\0';
    return buf;
}

char *text_count(uint64_t number, char *buf, size_t size)
{
    char digits[24], grouped[TEXT_NUMBER_BYTES];
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
    size_t out = 0;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            grouped[out++] = ',';
        grouped[out++] = digits[i];
    }
    grouped[out] = '\0';
    snprintf(buf, size, "%s", grouped);
    return buf;
}

char *text_change(int64_t number, char *buf, size_t size)
{
    char magnitude[TEXT_NUMBER_BYTES];
    uint64_t absolute = number < 0 ? -(uint64_t)number : (uint64_t)number;
    const char *sign = number < 0 ? "-" : number > 0 ? "+" : "";
    snprintf(buf, size, "%s%s", sign, text_count(absolute, magnitude, sizeof(magnitude)));
    return buf;
}

char *text_percent(double percent, char *buf, size_t size)
{
    if (percent > 0 && percent < 1)
        snprintf(buf, size, "< 1");
    else
        snprintf(buf, size, "%.0f", floor(percent));
    return buf;
}

char *text_bytes(uint64_t bytes, char *buf, size_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double amount = (double)bytes;
    size_t unit = 0;
    while (amount >= 1024) {
        amount /= 1024;
        unit++;
    }
    snprintf(buf, size, unit == 0 || amount >= 100 ? "%.0f %s" : "%.1f %s", amount, units[unit]);
    return buf;
}

char *text_duration(double seconds, char *buf, size_t size)
{
    if (isnan(seconds))
        snprintf(buf, size, "-");
    else if (seconds < 120)
        snprintf(buf, size, "%d s", seconds > 0 ? (int)seconds : 0);
    else if (seconds < 3600)
        snprintf(buf, size, "%dm %ds", (int)seconds / 60, (int)seconds % 60);
    else
        connstat_format_uptime((uint64_t)seconds, buf, size);
    return buf;
}

char *text_span(double seconds, char *buf, size_t size)
{
    if (seconds > 0 && seconds < 0.001)
        snprintf(buf, size, "%.0f us", seconds * 1e6);
    else if (seconds > 0 && seconds < 0.1)
        snprintf(buf, size, "%.1f ms", seconds * 1e3);
    else if (seconds < 10)
        snprintf(buf, size, "%.0f ms", seconds * 1e3);
    else
        text_duration(seconds, buf, size);
    return buf;
}

static time_t whole_seconds(int64_t time_ns, int *milliseconds)
{
    int64_t seconds = time_ns / NS_PER_SECOND;
    int64_t rest = time_ns % NS_PER_SECOND;
    if (rest < 0) {
        rest += NS_PER_SECOND;
        seconds--;
    }
    *milliseconds = (int)(rest / 1000000);
    return (time_t)seconds;
}

char *text_local_time(int64_t time_ns, char *buf, size_t size)
{
    int milliseconds;
    time_t seconds = whole_seconds(time_ns, &milliseconds);
    struct tm tm;
    localtime_r(&seconds, &tm);
    if (strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm) == 0 && size > 0)
        buf[0] = '\0';
    return buf;
}

/* "2026-11-22T" of a day since the epoch. A list is of few days, and gmtime is slow. */
static const char *date_of_day(int64_t day)
{
    static _Thread_local int64_t last_day = INT64_MIN;
    static _Thread_local char date[TEXT_NUMBER_BYTES];
    if (day != last_day) {
        time_t seconds = (time_t)(day * 86400);
        struct tm tm;
        gmtime_r(&seconds, &tm);
        strftime(date, sizeof(date), "%Y-%m-%dT", &tm);
        last_day = day;
    }
    return date;
}

char *text_utc_time(int64_t time_ns, char *buf, size_t size)
{
    int milliseconds;
    int64_t seconds = whole_seconds(time_ns, &milliseconds);
    int64_t day = seconds / 86400 - (seconds % 86400 < 0);
    uint64_t second = (uint64_t)(seconds - day * 86400);
    char text[2 * TEXT_NUMBER_BYTES];
    char *out = stpcpy(text, date_of_day(day));
    out = put_digits(out, second / 3600, 2);
    *out++ = ':';
    out = put_digits(out, second / 60 % 60, 2);
    *out++ = ':';
    out = put_digits(out, second % 60, 2);
    *out++ = '.';
    out = put_digits(out, (uint64_t)milliseconds, 3);
    *out++ = 'Z';
    *out = '\0';
    if (size > 0) {
        size_t length = strnlen(text, size - 1);
        memcpy(buf, text, length);
        buf[length] = '\0';
    }
    return buf;
}

/* Most are decimal fractions of few digits. Where both parts of numerator / 10^k are exact, the
 * quotient is rounded as strtod would round "numerator e-k". */
static bool print_fraction(double number, char *buf, size_t size)
{
    static const double powers[] = {1, 10, 100, 1000, 1e4, 1e5, 1e6};
    double magnitude = fabs(number);
    for (int decimals = 0; decimals <= 6 && magnitude < 1e9; decimals++) {
        int64_t numerator = llround(magnitude * powers[decimals]);
        if ((double)numerator / powers[decimals] != magnitude)
            continue;
        int64_t power = (int64_t)powers[decimals];
        if (size < TEXT_NUMBER_BYTES)
            return false;
        *buf = '-';
        char *out = buf + (signbit(number) != 0);
        text_decimal((uint64_t)(numerator / power), out);
        out += strlen(out);
        *out = '.';
        *put_digits(out + (decimals > 0), (uint64_t)(numerator % power), decimals) = '\0';
        return true;
    }
    return false;
}

char *text_shortest(double number, char *buf, size_t size)
{
    if (isnan(number) || isinf(number)) {
        snprintf(buf, size, "%s", isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
        return buf;
    }
    if (print_fraction(number, buf, size))
        return buf;
    bool is_precise = fabs(number) >= DBL_MIN; /* else it has fewer than 15 digits */
    for (int digits = is_precise ? 15 : 1; digits <= 17; digits++) {
        snprintf(buf, size, "%.*g", digits, number);
        if (strtod(buf, NULL) == number)
            break;
    }
    return buf;
}

bool text_time_is_known(int64_t time_ns)
{
    return time_ns >= 946684800 * NS_PER_SECOND;
}

double text_span_seconds(int64_t from_ns, int64_t to_ns)
{
    if (!text_time_is_known(from_ns) || !text_time_is_known(to_ns))
        return NAN;
    double span = ((double)to_ns - (double)from_ns) / (double)NS_PER_SECOND;
    return span > 0 ? span : 0;
}

double text_age_seconds(int64_t since_ns)
{
    return text_span_seconds(since_ns, clock_now_ns());
}

bool text_number(const char *text, uint64_t *number)
{
    if (!isdigit((unsigned char)*text))
        return false;
    char *end;
    errno = 0;
    unsigned long long parsed = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0')
        return false;
    *number = parsed;
    return true;
}

bool text_size(const char *text, uint64_t *size)
{
    char digits[TEXT_NUMBER_BYTES];
    size_t length = strspn(text, "0123456789");
    static const char units[] = "kMG";
    const char *unit =
        text[length] ? strchr(units, text[length] == 'K' ? 'k' : text[length]) : NULL;
    if (!unit)
        return text_number(text, size);
    if (text[length + 1] != '\0' || length >= sizeof(digits))
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    int shift = 10 * (int)(unit - units + 1);
    if (!text_number(digits, size) || *size > UINT64_MAX >> shift)
        return false;
    *size <<= shift;
    return true;
}

bool text_integer(const char *text, int64_t *number)
{
    if (!isdigit((unsigned char)text[*text == '-']))
        return false;
    char *end;
    errno = 0;
    long long parsed = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0')
        return false;
    *number = parsed;
    return true;
}

bool text_real(const char *text, double *number)
{
    if (*text == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    char *end;
    double parsed = strtod(text, &end);
    if (*end != '\0' || !isfinite(parsed))
        return false;
    *number = parsed;
    return true;
}

int text_code_point(const char *text, uint32_t *code_point)
{
    const unsigned char *bytes = (const unsigned char *)text;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    int length = bytes[0] < 0x80   ? 1
                 : bytes[0] < 0xC2 ? -1
                 : bytes[0] < 0xE0 ? 2
                 : bytes[0] < 0xF0 ? 3
                 : bytes[0] < 0xF5 ? 4
                                   : -1;
    if (length < 0)
        return -1;
    uint32_t value = length == 1 ? bytes[0] : bytes[0] & (0x7Fu >> length);
    for (int i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return -1;
        value = value << 6 | (bytes[i] & 0x3Fu);
    }
    bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < smallest[length] || surrogate || value > 0x10FFFF)
        return -1;
    *code_point = value;
    return length;
}

bool text_is_unsafe(uint32_t code_point)
{
    if (code_point >= ' ' && code_point <= '~')
        return false;
    static const struct {
        uint32_t first, last;
    } unsafe[] = {
        {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},       {0x34F, 0x34F},   {0x61C, 0x61C},
        {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F}, {0xFE00, 0xFE0F},
        {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF},
    };
    for (size_t i = 0; i < sizeof(unsafe) / sizeof(*unsafe); i++) {
        if (code_point >= unsafe[i].first && code_point <= unsafe[i].last)
            return true;
    }
    return false;
}

bool text_has_unsafe(const char *text)
{
    while (*text) {
        uint32_t code_point;
        int length = text_code_point(text, &code_point);
        if (length < 0 || text_is_unsafe(code_point))
            return true;
        text += length;
    }
    return false;
}

size_t text_width(const char *text)
{
    size_t width = 0;
    while (*text) {
        uint32_t code_point;
        int length = text_code_point(text, &code_point);
        bool plain = length < 0 || (code_point >= ' ' && code_point <= '~');
        int columns = plain ? 1 : wcwidth((wchar_t)code_point);
        width += columns < 0 ? 1 : (size_t)columns;
        text += length < 0 ? 1 : length;
    }
    return width;
}
