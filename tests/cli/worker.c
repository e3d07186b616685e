/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A worker on strings: reads a command a line, answers "ok", "ok NUMBER" or "error ERRNO", and
 * goes when its input ends.
 *
 *   create NAME CAPACITY          connstat_create with the nine types, 1 KiB of metadata
 *   open NAME
 *   join LABEL
 *   reaper                        connstat_reaper_start
 *   register TYPE KEY [FIELD]...  KEY is - for none, uN for a number, else tTEXT; answers the id
 *   many TYPE COUNT               registers {n: 0 ... COUNT - 1, user_id: n % 10}
 *   unregister ID
 *   crash SIGNAL
 *   exit STATUS
 *
 * A FIELD is a letter for its type, name=value: iuser_id=42, bauthenticated=1, frtt=1.5, tname=x.
 * Any byte of a word may be written as %XX.
 */
#include <connstat.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MAX_WORDS = 64 };

static connstat_t *cs;

static void unescape(char *word)
{
    char *out = word;
    for (; *word; word++) {
        if (*word == '%') {
            char hex[3] = {word[1], word[2], '\0'};
            *out++ = (char)strtoul(hex, NULL, 16);
            word += 2;
        } else {
            *out++ = *word;
        }
    }
    *out = '\0';
}

static struct connstat_field parse_field(char *word)
{
    char type = *word++;
    char *value = strchr(word, '=');
    if (!value)
        exit(99);
    *value++ = '\0';
    unescape(word);
    unescape(value);
    switch (type) {
    case 'i':
        return connstat_int(word, strtoll(value, NULL, 10));
    case 'b':
        return connstat_bool(word, *value == '1');
    case 'f':
        return connstat_float(word, strtod(value, NULL));
    default:
        return connstat_text(word, value);
    }
}

static long long register_one(char **words, int count)
{
    struct connstat_field fields[MAX_WORDS];
    struct connstat_key key;
    connstat_id id;
    int error, type = connstat_type_find(cs, words[1]);
    size_t field_count = (size_t)count - 3;
    for (int i = 3; i < count; i++)
        fields[i - 3] = parse_field(words[i]);
    unescape(words[2]);
    if (*words[2] == 'u')
        key = connstat_key_u64(strtoull(words[2] + 1, NULL, 10));
    else if (*words[2] == 'x')
        for (size_t i = 0; i < sizeof(key.bytes); i++)
            sscanf(words[2] + 1 + 2 * i, "%2hhx", &key.bytes[i]);
    else if (*words[2] == 't' && connstat_key_text(words[2] + 1, &key) < 0)
        return -EMSGSIZE;
    if (*words[2] == '-')
        error = connstat_register(cs, type, fields, field_count, &id);
    else
        error = connstat_register_key(cs, type, key, 0, fields, field_count, &id);
    return error < 0 ? error : (long long)id;
}

static long long update_one(char **words, int count)
{
    struct connstat_field fields[MAX_WORDS];
    for (int i = 2; i < count; i++)
        fields[i - 2] = parse_field(words[i]);
    return connstat_update(cs, strtoull(words[1], NULL, 10), fields, (size_t)count - 2);
}

static long long register_many(int type, long count)
{
    for (long n = 0; n < count; n++) {
        struct connstat_field fields[] = {connstat_int("n", n), connstat_int("user_id", n % 10)};
        connstat_id id;
        int error = connstat_register(cs, type, fields, 2, &id);
        if (error < 0)
            return error;
    }
    return count;
}

static long long create(const char *name, const char *capacity, const char *maximum)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    config.capacity = (uint32_t)strtoul(capacity, NULL, 10);
    config.max_capacity = maximum != NULL ? (uint32_t)strtoul(maximum, NULL, 10) : 0;
    config.metadata_bytes = 1024;
    return connstat_create(&cs, name, &config);
}

static long long crash(int number)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    signal(number, SIG_DFL);
    kill(getpid(), number);
    return -EINTR;
}

static long long obey(char **words, int count)
{
    if (strcmp(words[0], "create") == 0)
        return create(words[1], words[2], count > 3 ? words[3] : NULL);
    if (strcmp(words[0], "open") == 0)
        return connstat_open(&cs, words[1], 0);
    if (strcmp(words[0], "join") == 0) {
        unescape(words[1]);
        return connstat_join(cs, words[1]);
    }
    if (strcmp(words[0], "reap") == 0)
        return connstat_reap(cs);
    if (strcmp(words[0], "reaper") == 0)
        return connstat_reaper_start(cs);
    if (strcmp(words[0], "register") == 0)
        return register_one(words, count);
    if (strcmp(words[0], "many") == 0)
        return register_many(connstat_type_find(cs, words[1]), strtol(words[2], NULL, 10));
    if (strcmp(words[0], "unregister") == 0)
        return connstat_unregister(cs, strtoull(words[1], NULL, 10));
    if (strcmp(words[0], "update") == 0)
        return update_one(words, count);
    if (strcmp(words[0], "touch") == 0)
        return connstat_touch(cs, strtoull(words[1], NULL, 10));
    if (strcmp(words[0], "crash") == 0)
        return crash(atoi(words[1]));
    if (strcmp(words[0], "exit") == 0)
        _exit(atoi(words[1]));
    return -ENOSYS;
}

int main(void)
{
    char line[65536];
    while (fgets(line, sizeof(line), stdin)) {
        char *words[MAX_WORDS], *rest = line;
        int count = 0;
        line[strcspn(line, "\n")] = '\0';
        while (count < MAX_WORDS && (words[count] = strsep(&rest, " ")))
            count++;
        long long answer = obey(words, count);
        printf(answer < 0 ? "error %lld\n" : "ok %lld\n", answer < 0 ? -answer : answer);
        fflush(stdout);
    }
    connstat_close(cs);
    return 0;
}
