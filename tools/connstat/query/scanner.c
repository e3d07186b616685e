/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "query/scanner.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS "\t\n\r "

void scanner_start(struct scanner *scanner, const char *text)
{
    *scanner = (struct scanner){.at = text};
}

void scanner_refuse(struct scanner *scanner, const char *format, ...)
{
    if (*scanner->problem)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(scanner->problem, sizeof(scanner->problem), format, arguments);
    va_end(arguments);
}

void scanner_skip_blanks(struct scanner *scanner)
{
    scanner->at += strspn(scanner->at, BLANKS);
}

/* Returns the length of the operator at the start of text; 0: there is none. */
static size_t read_comparison(const char *text, enum comparison *comparison)
{
    static const struct {
        const char *text;
        enum comparison comparison;
    } operators[] = {
        {"!=", IS_NOT}, {"<=", AT_MOST}, {">=", AT_LEAST}, {"*=", CONTAINS}, {"^=", BEGINS},
        {"=", IS},      {"<", BELOW},    {">", ABOVE},     {"~", MATCHES},
    };
    for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
        size_t length = strlen(operators[i].text);
        if (strncmp(text, operators[i].text, length) == 0) {
            *comparison = operators[i].comparison;
            return length;
        }
    }
    return 0;
}

static size_t bare_name_length(const char *text)
{
    enum comparison comparison;
    size_t length = 0;
    while (text[length] && !strchr(BLANKS "!|()\"&", text[length]) &&
           read_comparison(text + length, &comparison) == 0)
        length++;
    return length;
}

/* Returns the length of the quoted text, quotes included; 0: the closing quote is missing. */
static size_t quoted_length(const char *text)
{
    for (size_t i = 1; text[i]; i++) {
        if (text[i] == '"')
            return i + 1;
        if (text[i] == '\\' && text[i + 1])
            i++;
    }
    return 0;
}

/* Whether a condition begins here: parentheses, "!name", or a name and an operator. */
static bool begins_condition(const char *text)
{
    enum comparison comparison;
    text += strspn(text, "(" BLANKS);
    bool is_negated = *text == '!';
    text += is_negated;
    size_t length = *text == '"' ? quoted_length(text) : bare_name_length(text);
    if (length == 0)
        return false;
    text += length;
    text += strspn(text, BLANKS);
    return is_negated || read_comparison(text, &comparison) > 0;
}

static int hex_value(const char *text, size_t length)
{
    char digits[9], *end;
    if (length == 0 || length >= sizeof(digits))
        return -1;
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (digits[strspn(digits, "0123456789abcdefABCDEF")] != '\0')
        return -1;
    unsigned long value = strtoul(digits, &end, 16);
    return value <= 0x10FFFF ? (int)value : -1;
}

static char *put_code_point(char *out, uint32_t code_point)
{
    if (code_point < 0x80) {
        *out++ = (char)code_point;
        return out;
    }
    int more = code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xC0, 0xE0, 0xF0};
    *out++ = (char)(first[more] | code_point >> 6 * more);
    while (more-- > 0)
        *out++ = (char)(0x80 | (code_point >> 6 * more & 0x3F));
    return out;
}

/* Read a pair of surrogates, as in \uD83C\uDFAE, with which JSON writes a character above U+FFFF.
 * Returns how many bytes it takes behind \u; 0: it is none. */
static size_t read_surrogates(const char *text, size_t length, int high, int *code_point)
{
    if (length < 10 || text[4] != '\\' || text[5] != 'u')
        return 0;
    int low = hex_value(text + 6, 4);
    if (low < 0xDC00 || low > 0xDFFF)
        return 0;
    *code_point = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return 10;
}

/* Read what stands behind \u: {202e}, or four digits. Returns its length; 0: it is neither. */
static size_t read_unicode(const char *text, size_t length, int *code_point)
{
    if (length > 0 && *text == '{') {
        const char *end = memchr(text, '}', length);
        *code_point = end ? hex_value(text + 1, (size_t)(end - text - 1)) : -1;
        return end ? (size_t)(end - text) + 1 : 0;
    }
    *code_point = length >= 4 ? hex_value(text, 4) : -1;
    if (*code_point >= 0xD800 && *code_point < 0xDC00)
        return read_surrogates(text, length, *code_point, code_point);
    return 4;
}

/* Read what stands behind a backslash, and write what it stands for to *out. Returns its length; 0:
 * it is no escape. */
static size_t read_escape(const char *text, size_t length, char **out)
{
    static const char letters[] = "nrte\\\"/", meant[] = "\n\r\t\033\\\"/";
    int code_point = -1;
    const char *letter = length > 0 && *text ? strchr(letters, *text) : NULL;
    if (letter) {
        *(*out)++ = meant[letter - letters];
        return 1;
    }
    if (length >= 3 && *text == 'x') {
        int byte = hex_value(text + 1, 2);
        if (byte <= 0)
            return 0;
        *(*out)++ = (char)byte;
        return 3;
    }
    if (length == 0 || *text != 'u')
        return 0;
    size_t read = read_unicode(text + 1, length - 1, &code_point);
    if (read == 0 || code_point <= 0)
        return 0;
    *out = put_code_point(*out, (uint32_t)code_point);
    return read + 1;
}

/* An escape is never shorter than what it stands for, so the result fits into as many bytes. */
char *scanner_unescape(const char *text, size_t length)
{
    char *result = malloc(length + 1), *out = result;
    for (size_t i = 0; result && i < length; i++) {
        if (text[i] != '\\') {
            *out++ = text[i];
            continue;
        }
        size_t read = read_escape(text + i + 1, length - i - 1, &out);
        if (read == 0) {
            free(result);
            return NULL;
        }
        i += read;
    }
    if (result)
        *out = '\0';
    return result;
}

/* A regular expression in quotes has only one escape of ours: \". */
static char *unescape_regex(const char *text, size_t length)
{
    char *result = malloc(length + 1), *out = result;
    for (size_t i = 0; result && i < length; i++) {
        bool quote = text[i] == '\\' && i + 1 < length && text[i + 1] == '"';
        if (!quote && text[i] == '\\' && i + 1 < length)
            *out++ = text[i++];
        if (!quote)
            *out++ = text[i];
    }
    if (result)
        *out = '\0';
    return result;
}

static bool give(struct scanner *scanner, char *text, bool is_quoted, struct word *word)
{
    if (!text) {
        scanner->out_of_memory = true;
        scanner_refuse(scanner, "out of memory");
        return false;
    }
    *word = (struct word){text, is_quoted};
    return true;
}

static bool read_quoted(struct scanner *scanner, bool is_regex, struct word *word)
{
    size_t length = quoted_length(scanner->at);
    const char *inside = scanner->at + 1;
    if (length == 0) {
        scanner_refuse(scanner, "the closing quote of %.100s is missing", scanner->at);
        return false;
    }
    scanner->at += length;
    char *text =
        is_regex ? unescape_regex(inside, length - 2) : scanner_unescape(inside, length - 2);
    if (!text && memchr(inside, '\\', length - 2)) {
        scanner_refuse(scanner,
                       "what \\ stands before in \"%.*s\" is none of \\\\ \\\" \\n \\r \\t \\e "
                       "\\xff \\u{202e}",
                       length > 100 ? 100 : (int)(length - 2), inside);
        return false;
    }
    return give(scanner, text, true, word);
}

bool scanner_name(struct scanner *scanner, struct word *word)
{
    scanner_skip_blanks(scanner);
    if (*scanner->at == '"') {
        if (!read_quoted(scanner, false, word))
            return false;
        if (*word->text != '\0')
            return true;
        free(word->text);
        scanner_refuse(scanner, "a field has no name");
        return false;
    }
    size_t length = bare_name_length(scanner->at);
    if (length == 0) {
        scanner_refuse(scanner, "\"%.100s\" begins with no name of a field: write field=value",
                       scanner->at);
        return false;
    }
    char *name = strndup(scanner->at, length);
    scanner->at += length;
    return give(scanner, name, false, word);
}

bool scanner_comparison(struct scanner *scanner, enum comparison *comparison)
{
    scanner_skip_blanks(scanner);
    size_t length = read_comparison(scanner->at, comparison);
    scanner->at += length;
    scanner_skip_blanks(scanner);
    return length > 0;
}

static bool ends_value(const char *at)
{
    const char *next = at + strspn(at, BLANKS);
    if (*next == '\0' || *next == '|' || *next == ')')
        return true;
    return next > at && begins_condition(next);
}

static size_t bare_value_length(const struct scanner *scanner)
{
    const char *text = scanner->at;
    size_t depth = 0, i = 0;
    while (text[i] && (depth > 0 || !ends_value(text + i))) {
        depth += text[i] == '(';
        depth -= text[i] == ')' && depth > 0;
        size_t blanks = strspn(text + i, BLANKS);
        i += blanks ? blanks : 1;
    }
    while (i > 0 && strchr(BLANKS, text[i - 1]))
        i--;
    return i;
}

static bool ends_with_word(const char *text, size_t length, const char *word)
{
    size_t size = strlen(word);
    return length > size && strchr(BLANKS, text[length - size - 1]) &&
           strncasecmp(text + length - size, word, size) == 0;
}

/* Whether a bare value is refused because it most likely means something else. */
static bool is_misleading(struct scanner *scanner, size_t length)
{
    const char *text = scanner->at, *and = strstr(text, "&&");
    if (length > 0 && strchr("=<>~\"", *text))
        scanner_refuse(scanner,
                       "a value that begins with %c stands in quotes, not as in \"%.100s\"", *text,
                       text);
    else if (and&&and < text + length)
        scanner_refuse(scanner, "a blank means and, | means or; a value with && stands in quotes");
    else if (text[length] &&
             (ends_with_word(text, length, "and") || ends_with_word(text, length, "or")))
        scanner_refuse(scanner, "a blank alone means and, | means or; a value that ends with such "
                                "a word stands in quotes");
    return *scanner->problem != '\0';
}

bool scanner_value(struct scanner *scanner, enum comparison comparison, struct word *word)
{
    if (*scanner->at == '"') {
        if (!read_quoted(scanner, comparison == MATCHES, word))
            return false;
        if (ends_value(scanner->at))
            return true;
        free(word->text);
        scanner_refuse(scanner, "after a closing quote stands \"%.100s\"", scanner->at);
        return false;
    }
    size_t length = bare_value_length(scanner);
    if (is_misleading(scanner, length))
        return false;
    if (length == 0 && comparison != IS && comparison != IS_NOT) {
        scanner_refuse(scanner, "a value is missing at the end");
        return false;
    }
    char *text = strndup(scanner->at, length);
    scanner->at += length;
    return give(scanner, text, false, word);
}
