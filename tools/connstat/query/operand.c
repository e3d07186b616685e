/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "query/operand.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "common/when.h"
#include "format/key.h"
#include "format/literal.h"

static bool compares_text(enum comparison comparison)
{
    return comparison == MATCHES || comparison == CONTAINS || comparison == BEGINS;
}

static bool read_number(const char *text, struct operand *operand)
{
    int64_t integer;
    uint64_t natural;
    double real;
    operand->is_nan = strcmp(text, "NaN") == 0;
    if (text_integer(text, &integer))
        operand->number = integer;
    else if (text_number(text, &natural))
        operand->number = natural;
    else if (text_real(text, &real))
        operand->number = real;
    else if (strcmp(text, "Infinity") == 0)
        operand->number = (long double)INFINITY;
    else if (strcmp(text, "-Infinity") == 0)
        operand->number = -(long double)INFINITY;
    else
        return operand->is_nan;
    return true;
}

static bool is_printed(const struct connstat_field *field, const char *text)
{
    char printed[FIELD_NUMBER_BYTES];
    return strcmp(field_number(field, printed), text) == 0;
}

/* Whether a bare word can only be a number, as 42, 1.5 or -0 in the form in which output writes it; a
 * bare 007 may be a text as well. */
static bool is_exactly_a_number(const char *text, const struct operand *operand)
{
    struct connstat_field field;
    int64_t integer;
    double real;
    if (operand->is_nan || isinf(operand->number))
        return true;
    if (text_integer(text, &integer)) {
        field = connstat_int("", integer);
        if (is_printed(&field, text))
            return true;
    }
    if (!isdigit((unsigned char)text[strlen(text) - 1]) || !text_real(text, &real))
        return false;
    field = connstat_float("", real);
    return is_printed(&field, text);
}

static void read_bare(struct operand *operand)
{
    const char *text = operand->text;
    operand->has_boolean = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
    operand->boolean = *text == 't';
    operand->has_number = read_number(text, operand);
    operand->is_text =
        !operand->has_boolean && !(operand->has_number && is_exactly_a_number(text, operand));
    if (strchr(text, '\\'))
        operand->shown = scanner_unescape(text, strlen(text));
}

/* Whether compiling and matching the expression cost little enough. \1 is refused, as it would make
 * matching exponential. */
static bool is_affordable_pattern(const char *pattern)
{
    enum { MAX_BYTES = 256, MAX_REPETITIONS = 100 };
    unsigned long repetitions = 0;
    for (const char *c = pattern; *c; c++) {
        if (*c == '\\' && c[1]) {
            if (isdigit((unsigned char)*++c))
                return false;
        } else if (*c == '{' || *c == ',') {
            unsigned long count = strtoul(c + 1, NULL, 10);
            repetitions += count > MAX_REPETITIONS ? MAX_REPETITIONS + 1 : count;
        }
    }
    return strlen(pattern) <= MAX_BYTES && repetitions <= MAX_REPETITIONS;
}

static bool read_pattern(struct scanner *scanner, struct operand *operand)
{
    if (!is_affordable_pattern(operand->text)) {
        scanner_refuse(scanner,
                       "the expression \"%.100s\" is too costly: at most 256 bytes, repetitions "
                       "{N} of at most 100 altogether, and no \\1",
                       operand->text);
        return false;
    }
    int error = regcomp(&operand->regex, operand->text, REG_EXTENDED | REG_NOSUB);
    if (error == 0) {
        operand->has_regex = true;
        return true;
    }
    char message[128];
    regerror(error, &operand->regex, message, sizeof(message));
    scanner_refuse(scanner, "\"%.100s\" is no regular expression: %s", operand->text, message);
    return false;
}

static bool read_whole_number(struct scanner *scanner, struct field_ref field,
                              struct operand *operand)
{
    uint64_t number;
    if (!text_number(operand->text, &number)) {
        scanner_refuse(scanner, "%s is a number, not \"%.100s\"", field.name, operand->text);
        return false;
    }
    operand->has_number = true;
    operand->number = number;
    return true;
}

static bool read_key(struct scanner *scanner, struct operand *operand)
{
    if (key_parse(operand->text, &operand->key) == 0)
        return true;
    scanner_refuse(scanner, "key is a number, a UUID or a text of at most 16 bytes, not \"%.100s\"",
                   operand->text);
    return false;
}

static bool read_time(struct scanner *scanner, struct operand *operand)
{
    int64_t from_ns, to_ns;
    if (!when_time(operand->text, &from_ns, &to_ns)) {
        scanner_refuse(scanner,
                       "started is a time as in \"2026-11-22 14:03:11\" or "
                       "2026-11-22T13:03:11.204Z, not \"%.100s\"",
                       operand->text);
        return false;
    }
    operand->number = from_ns;
    operand->end = to_ns;
    return true;
}

static bool read_age(struct scanner *scanner, struct operand *operand)
{
    double seconds, step;
    if (!when_span(operand->text, &seconds, &step)) {
        scanner_refuse(scanner, "age is a time as in 90s, 10m, 1h30m or 2d, not \"%.100s\"",
                       operand->text);
        return false;
    }
    operand->number = seconds;
    operand->end = (long double)seconds + step;
    return true;
}

/* A cookie as it is shown: 0x1f. */
static bool read_socket(struct operand *operand)
{
    char *end;
    if (strncmp(operand->text, "0x", 2) != 0 || !isxdigit((unsigned char)operand->text[2]))
        return false;
    errno = 0;
    operand->number = (long double)(int64_t)strtoull(operand->text, &end, 16);
    operand->is_text = *end != '\0' || errno != 0;
    return operand->has_number = !operand->is_text;
}

static bool read_of_source(struct scanner *scanner, struct field_ref field, struct operand *operand)
{
    const struct source_field *described = &field.source->fields[field.number];
    operand->is_text = described->is_text;
    if (field.source->read(field.number, field.name, operand->text, &operand->number)) {
        operand->has_number = !described->is_text;
        return true;
    }
    scanner_refuse(scanner, "%s is %s, not \"%.100s\"", field.name, described->takes,
                   operand->text);
    return false;
}

static bool read_own_field(struct scanner *scanner, struct field_ref field, struct operand *operand)
{
    switch (field.kind) {
    case FIELD_ID:
    case FIELD_PID:
        return read_whole_number(scanner, field, operand);
    case FIELD_KEY:
        return read_key(scanner, operand);
    case FIELD_STARTED:
        return read_time(scanner, operand);
    case FIELD_AGE:
    case FIELD_IDLE:
        return read_age(scanner, operand);
    case FIELD_OF_SOURCE:
        return read_of_source(scanner, field, operand);
    default:
        return true; /* which type it is, is known only with the segment */
    }
}

static bool has_order(struct field_ref field, const struct operand *operand)
{
    if (field.kind == FIELD_TYPE || field.kind == FIELD_KEY)
        return false;
    return !operand->is_nan;
}

static bool is_allowed(struct scanner *scanner, struct field_ref field, enum comparison comparison,
                       const struct operand *operand)
{
    bool is_ordering = comparison >= BELOW && comparison <= AT_LEAST;
    if (is_ordering && !has_order(field, operand))
        scanner_refuse(scanner, "nothing is below or above %s",
                       operand->is_nan ? "NaN" : field.name);
    else if (compares_text(comparison) &&
             (field.kind == FIELD_STARTED || field.kind == FIELD_AGE || field.kind == FIELD_IDLE))
        scanner_refuse(scanner, "%s is a time: compare it with = != < <= > >=", field.name);
    return *scanner->problem == '\0';
}

bool operand_read(struct scanner *scanner, struct field_ref field, enum comparison comparison,
                  struct word word, struct operand *operand)
{
    *operand = (struct operand){.text = word.text, .is_text = true};
    if (comparison == MATCHES) {
        if (!read_pattern(scanner, operand))
            return false;
    } else if (!word.is_quoted) {
        bool is_socket = field.kind == FIELD_METADATA && literal_is_socket(field.name);
        if (!is_socket || !read_socket(operand))
            read_bare(operand);
    }
    if (!is_allowed(scanner, field, comparison, operand))
        return false;
    return field.kind == FIELD_METADATA || compares_text(comparison) ||
           read_own_field(scanner, field, operand);
}

void operand_free(struct operand *operand)
{
    if (operand->has_regex)
        regfree(&operand->regex);
    free(operand->text);
    free(operand->shown);
    *operand = (struct operand){0};
}
