/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which entries connstat top shows: what a filter finds, and how a scope grows narrower.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "top/model/scope.h"
#include "top/model/search.h"

static struct connstat_entry entry_of(const struct connstat_field *fields, size_t count,
                                      const struct connstat_key *key)
{
    return (struct connstat_entry){
        .id = 99, .pid = 4711, .metadata = fields, .metadata_count = count, .key = key};
}

static void a_filter_finds_entries(void **state)
{
    (void)state;
    struct connstat_field fields[] = {connstat_int("user_id", 42),
                                      connstat_text("page", "/Lobby one"), connstat_bool("vip", 1)};
    struct connstat_key key = connstat_key_u64(1234);
    struct connstat_entry entry = entry_of(fields, 3, &key);
    static const struct {
        const char *filter;
        bool found;
    } filters[] = {
        {"", true},
        {"=", true},
        {"lobby", true},
        {"user_id=4", true},
        {"123", true},
        {"4711", false},
        {"=4711", true},
        {"=99", true},
        {"=1234", true},
        {"=123", false},
        {"=42", true},
        {"=4", false},
        {"=user_id=42", true},
        {"=user_id=4", false},
        {"=/lobby ONE", true},
        {"=/lobby", false},
        {"=page=\"/lobby one\"", true},
        {"=true", true},
        {"nothing", false},
    };
    struct buffer scratch = {0};
    for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++)
        assert_int_equal(top_search_entry(&entry, filters[i].filter, &scratch), filters[i].found);
    entry.key = NULL;
    assert_false(top_search_entry(&entry, "=1234", &scratch));
    buffer_free(&scratch);
}

static void a_filter_finds_words(void **state)
{
    (void)state;
    assert_true(top_search_words("10 Chat-one sleeping", "chat"));
    assert_true(top_search_words("10 Chat-one sleeping", "=chat-ONE"));
    assert_true(top_search_words("10 Chat-one sleeping", "=sleeping"));
    assert_false(top_search_words("10 Chat-one sleeping", "=chat"));
    assert_true(top_search_words("10", "="));
}

static void a_scope_grows_narrower(void **state)
{
    (void)state;
    struct top_scope scope = {.type = 2}, copy;
    struct connstat_field pid = connstat_int("worker", 7), page = connstat_text("page", "/lobby");
    struct connstat_field key = connstat_text("key", "42");
    struct field_ref by_page = {FIELD_METADATA, "page"}, by_pid = {FIELD_PID, "worker"};
    struct field_ref by_key = {FIELD_KEY, "key"};
    assert_false(top_scope_fixes(&scope, by_pid));
    assert_int_equal(top_scope_narrow(&scope, NULL, by_pid, &pid), 0);
    assert_int_equal(scope.pid, 7);
    assert_int_equal(top_scope_narrow(&scope, NULL, by_key, &key), 0);
    assert_true(scope.has_key);
    assert_int_equal(top_scope_narrow(&scope, NULL, by_page, &page), 0);
    assert_true(top_scope_fixes(&scope, by_pid) && top_scope_fixes(&scope, by_key) &&
                top_scope_fixes(&scope, by_page));
    assert_false(top_scope_fixes(&scope, (struct field_ref){FIELD_METADATA, "other"}));

    assert_int_equal(top_scope_copy(&copy, &scope), 0);
    top_scope_free(&scope);
    assert_string_equal(copy.conditions[0].name, "page");
    assert_string_equal(copy.conditions[0].value.value.text, "/lobby");
    while (copy.condition_count < TOP_MAX_CONDITIONS)
        assert_int_equal(top_scope_narrow(&copy, NULL, by_page, NULL), 0);
    assert_int_equal(top_scope_narrow(&copy, NULL, by_page, &page), -ENOSPC);
    top_scope_free(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter_finds_entries),
        cmocka_unit_test(a_filter_finds_words),
        cmocka_unit_test(a_scope_grows_narrower),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
