/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "redis/url.h"

static struct redis_url parse(const char *text)
{
    struct redis_url url;
    assert_null(redis_url_parse(text, &url));
    return url;
}

static void assert_address(const struct redis_url *url, int index, const char *host,
                           const char *port)
{
    assert_string_equal(url->addresses[index].host, host);
    assert_string_equal(url->addresses[index].port, port);
}

static void test_tcp(void **state)
{
    (void)state;
    struct redis_url url = parse("redis://db.example");
    assert_int_equal(url.kind, REDIS_TCP);
    assert_false(url.tls);
    assert_address(&url, 0, "db.example", "6379");
    assert_int_equal(url.database, 0);
    assert_string_equal(url.user, "");

    url = parse("rediss://writer@10.0.0.7:6380/12");
    assert_true(url.tls);
    assert_address(&url, 0, "10.0.0.7", "6380");
    assert_int_equal(url.database, 12);
    assert_string_equal(url.user, "writer");
    assert_string_equal(url.password, "");

    url = parse("redis://[2001:db8::7]:6380/");
    assert_address(&url, 0, "2001:db8::7", "6380");
}

static void test_secrets(void **state)
{
    (void)state;
    struct redis_url url = parse("redis://a%40b:p%3Aw%25:x@h");
    assert_string_equal(url.user, "a@b");
    assert_string_equal(url.password, "p:w%:x");
    url = parse("redis://:only@h");
    assert_string_equal(url.user, "");
    assert_string_equal(url.password, "only");
    url = parse("redis://a:b@c@h");
    assert_string_equal(url.password, "b@c");
}

static void test_unix(void **state)
{
    (void)state;
    struct redis_url url = parse("unix:///run/redis/a%20b.sock?db=3");
    assert_int_equal(url.kind, REDIS_UNIX);
    assert_string_equal(url.path, "/run/redis/a b.sock");
    assert_int_equal(url.database, 3);
    url = parse("unix://me:secret@/s");
    assert_string_equal(url.user, "me");
    assert_string_equal(url.password, "secret");
    assert_string_equal(url.path, "/s");
}

static void test_sentinels(void **state)
{
    (void)state;
    struct redis_url url = parse("rediss-sentinel://u@a,b:1,[::1]:2/game/4");
    assert_int_equal(url.kind, REDIS_SENTINEL);
    assert_true(url.tls);
    assert_int_equal(url.address_count, 3);
    assert_address(&url, 0, "a", "26379");
    assert_address(&url, 1, "b", "1");
    assert_address(&url, 2, "::1", "2");
    assert_string_equal(url.service, "game");
    assert_int_equal(url.database, 4);
    url = parse("redis-sentinel://a");
    assert_string_equal(url.service, "mymaster");
}

static void test_wrong(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "redis",
        "redis:",
        "redis:/h",
        "REDIS://h",
        "redis://",
        "redis://:1",
        "redis://h:",
        "redis://h:0",
        "redis://h:65536",
        "redis://h:1x",
        "redis://h:-1",
        "redis://[::1",
        "redis://[]",
        "redis://h/1x",
        "redis://h/99999999999999999999",
        "redis://a,b",
        "redis://h h",
        "redis://%zz@h",
        "redis://a%0@h",
        "redis://a%00b@h",
        "unix://",
        "unix://s",
        "unix:///s?x=1",
        "unix:///s?db=x",
        "redis-sentinel://",
        "redis-sentinel://a,",
        "redis-sentinel://,a",
        "redis-sentinel://a,b,c,d,e,f,g,h,i",
        "http://h",
    };
    struct redis_url url;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        if (!redis_url_parse(wrong[i], &url))
            fail_msg("\"%s\" was taken", wrong[i]);
    }
}

/* What is too long is refused, never cut. */
static void test_long(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
        size_t fits;
    } cases[] = {
        {"redis://", "", REDIS_HOST_BYTES - 1},
        {"redis://", "@h", 127},
        {"redis://u:", "@h", REDIS_SECRET_BYTES - 1},
        {"unix:///", "", 106},
        {"redis-sentinel://h/", "", 127},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        for (size_t over = 0; over < 2; over++) {
            char text[1024] = "";
            struct redis_url url;
            strcpy(text, cases[i].before);
            memset(text + strlen(text), 'a', cases[i].fits + over);
            strcat(text, cases[i].after);
            assert_int_equal(redis_url_parse(text, &url) == NULL, over == 0);
        }
    }
}

/* What is wrong with a URL is said without a part of it: it may hold a secret. */
static void test_words_hold_no_secret(void **state)
{
    (void)state;
    struct redis_url url;
    const char *words = redis_url_parse("redis://u:hunter2@h:x", &url);
    assert_non_null(words);
    assert_null(strstr(words, "hunter2"));
    assert_non_null(redis_url_parse("redis://u:hunter2/3@h", &url));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_unix),
        cmocka_unit_test(test_sentinels),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_words_hold_no_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
