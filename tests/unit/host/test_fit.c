/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A host's own texts: without a NUL, no UTF-8, or too long.
 */
#include "harness.h"

/* ---- slices --------------------------------------------------------------------------------- */

struct seen {
    char texts[4][200];
    enum connstat_field_type types[4];
    size_t count;
};

static int see(const struct connstat_entry *entry, void *arg)
{
    struct seen *seen = arg;

    seen->count = entry->metadata_count;
    for (size_t i = 0; i < entry->metadata_count; i++) {
        seen->types[i] = entry->metadata[i].type;
        if (entry->metadata[i].type == CONNSTAT_TEXT)
            snprintf(seen->texts[i], sizeof(seen->texts[i]), "%s", entry->metadata[i].value.text);
    }
    return 0;
}

static struct seen register_and_see(connstat_t *cs, const struct connstat_field *fields,
                                    size_t count)
{
    struct seen seen = {.count = 99};
    connstat_id id;

    assert_int_equal(connstat_register(cs, 0, fields, count, &id), 0);
    assert_int_equal(connstat_get(cs, id, see, &seen), 0);
    assert_int_equal(connstat_unregister(cs, id), 0);
    return seen;
}

static void test_slices(void **state)
{
    static const char request[] = "GET /lobby/17 HTTP/1.1";
    struct connstat_slice path = {request + 4, 9}, none = {NULL, 0}, zero = {"a\0b", 3};
    struct connstat_slice latin = {"caf\xe9", 4}, no_data = {NULL, 1}, cut = {"\xc3\xa9", 1};
    const struct connstat_slice *const bad[] = {&zero, &latin, &no_data, &cut, NULL};
    struct connstat_field fields[] = {connstat_slice("path", &path), connstat_int("n", 1),
                                      connstat_slice("query", &none)};
    connstat_t *cs = create_segment(8);
    struct seen seen;
    connstat_id id;

    (void)state;
    /* Several times, because the encoder remembers the names from the first time. */
    for (int i = 0; i < 20; i++) {
        seen = register_and_see(cs, fields, 3);
        assert_int_equal(seen.count, 3);
        assert_int_equal(seen.types[0], CONNSTAT_TEXT);
        assert_string_equal(seen.texts[0], "/lobby/17");
        assert_string_equal(seen.texts[2], "");
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        fields[0] = connstat_slice("path", bad[i]);
        id = 1;
        assert_int_equal(connstat_register(cs, 0, fields, 3, &id), -EINVAL);
        assert_int_equal(id, 0);
    }
    connstat_close(cs);
}

/* A slice of any length is encoded as the same text with a NUL at its end would be. */
static void test_slices_are_texts(void **state)
{
    uint8_t text_bytes[400], slice_bytes[400];
    char text[301];

    (void)state;
    for (size_t size = 0; size <= 300; size++) {
        struct connstat_slice slice = {text, size};
        struct connstat_field as_slice = connstat_slice("a", &slice);
        struct connstat_field as_text = connstat_text("a", text);
        int bytes;

        memset(text, 'x', size);
        text[size] = '\0';
        bytes = connstat_encode(&as_text, 1, text_bytes, sizeof(text_bytes));
        assert_true(bytes > 0);
        assert_int_equal(connstat_encode(&as_slice, 1, slice_bytes, sizeof(slice_bytes)), bytes);
        assert_memory_equal(text_bytes, slice_bytes, bytes);
        assert_int_equal(connstat_encode(&as_slice, 1, slice_bytes, (size_t)bytes - 1), -EMSGSIZE);
    }
}

/* ---- fitting -------------------------------------------------------------------------------- */

static void test_fit_leaves_what_is_right(void **state)
{
    struct connstat_slice path = {"/lobby", 6};
    struct connstat_field fields[] = {connstat_text("name", "Ren\xc3\xa9"), connstat_int("n", -5),
                                      connstat_slice("path", &path), connstat_bool("b", true)};
    struct connstat_field before[COUNT(fields)];
    connstat_t *cs = create_segment(8);
    char scratch[1];

    (void)state;
    memcpy(before, fields, sizeof(fields));
    assert_int_equal(connstat_fit(cs, fields, COUNT(fields), scratch, sizeof(scratch)), 4);
    assert_int_equal(connstat_fit(cs, fields, COUNT(fields), NULL, 0), 4);
    assert_memory_equal(before, fields, sizeof(fields));
    assert_int_equal(connstat_fit(cs, NULL, 0, NULL, 0), 0);
    connstat_close(cs);
}

static void test_fit_cleans(void **state)
{
    static const struct {
        const char *ugly, *clean;
    } cases[] = {
        {"caf\xe9", "caf\xef\xbf\xbd"},
        {"\xc3\xa9\xc3", "\xc3\xa9\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
        {"\xf0\x9f\x98x", "\xef\xbf\xbdx"},                       /* three bytes of four */
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* overlong */
        {"\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd"},
    };
    struct connstat_slice slice = {"a\0b", 3};
    connstat_t *cs = create_segment(8);
    char scratch[96];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct connstat_field fields[] = {connstat_text("t", cases[i].ugly), connstat_int("n", 1)};

        assert_int_equal(connstat_fit(cs, fields, 2, scratch, sizeof(scratch)), 2);
        assert_string_equal(fields[0].value.text, cases[i].clean);
        assert_string_equal(register_and_see(cs, fields, 2).texts[0], cases[i].clean);
    }
    struct connstat_field fields[] = {connstat_slice("t", &slice)};
    assert_int_equal(connstat_fit(cs, fields, 1, scratch, sizeof(scratch)), 1);
    assert_string_equal(register_and_see(cs, fields, 1).texts[0], "a\xef\xbf\xbd"
                                                                  "b");
    connstat_close(cs);
}

/* connstat_fit cuts the longest texts, between characters, and no more of them than it must. */
static void test_fit_cuts(void **state)
{
    char agent[301], name[61], scratch[200];
    connstat_t *cs = create_segment(8);
    struct seen seen;

    (void)state;
    memset(agent, 'm', 300);
    agent[300] = '\0';
    for (int i = 0; i < 20; i++)
        memcpy(name + 3 * i, "\xe2\x82\xac", 3);
    name[60] = '\0';
    struct connstat_field fields[] = {connstat_text("addr", "10.0.0.7"),
                                      connstat_text("agent", agent), connstat_text("name", name),
                                      connstat_int("user_id", 42)};
    struct connstat_field too_small[COUNT(fields)];
    memcpy(too_small, fields, sizeof(fields));
    assert_int_equal(connstat_register(cs, 0, fields, 4, &(connstat_id){0}), -EMSGSIZE);
    assert_int_equal(connstat_fit(cs, too_small, 4, scratch, 10), -EMSGSIZE);
    assert_memory_equal(too_small, fields, sizeof(fields));
    assert_int_equal(connstat_fit(cs, fields, 4, scratch, sizeof(scratch)), 4);
    seen = register_and_see(cs, fields, 4);
    assert_string_equal(seen.texts[0], "10.0.0.7");
    assert_true(strlen(seen.texts[1]) > 15 && strlen(seen.texts[2]) > 12);
    assert_int_equal(strlen(seen.texts[2]) % 3, 0);
    assert_true(strlen(seen.texts[1]) - strlen(seen.texts[2]) < 3);
    connstat_close(cs);
}

/* What stands beside a text is counted with its exact bytes: one byte more of the text, and an entry
 * is updated with it no more. */
static void test_fit_cuts_no_more_than_it_must(void **state)
{
    static const char long_name[] = "a name of 24 characters.";
    const struct connstat_field beside[] = {
        connstat_int("n", 0),           connstat_int("n", 23),
        connstat_int("n", 24),          connstat_int("n", UINT8_MAX),
        connstat_int("n", 256),         connstat_int("n", UINT16_MAX),
        connstat_int("n", 65536),       connstat_int("n", UINT32_MAX),
        connstat_int("n", 4294967296),  connstat_int("n", INT64_MAX),
        connstat_int("n", -24),         connstat_int("n", -25),
        connstat_int("n", -256),        connstat_int("n", -257),
        connstat_int("n", INT64_MIN),   connstat_float("n", 0.1),
        connstat_bool("n", true),       connstat_text("n", "x"),
        connstat_int(long_name + 1, 0), connstat_int(long_name, 0),
    };
    connstat_t *cs = create_segment(8);
    char text[301], scratch[302];
    connstat_id id;

    (void)state;
    memset(text, 'm', 300);
    text[300] = '\0';
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    for (size_t i = 0; i < COUNT(beside); i++) {
        struct connstat_field fields[] = {beside[i], connstat_text("text", text)};

        assert_int_equal(connstat_fit(cs, fields, 2, scratch, sizeof(scratch)), 2);
        assert_int_equal(connstat_update(cs, id, fields, 2), 0);
        fields[1].value.text = text + 300 - strlen(scratch) - 1;
        assert_int_equal(connstat_update(cs, id, fields, 2), -EMSGSIZE);
    }
    connstat_close(cs);
}

static void test_fit_refuses(void **state)
{
    struct connstat_field same[] = {connstat_int("a", 1), connstat_int("a", 2)};
    struct connstat_field nameless = connstat_int(NULL, 1), empty = connstat_int("", 1);
    struct connstat_field ugly = connstat_int("caf\xe9", 1), null = connstat_text("a", NULL);
    struct connstat_field slice = connstat_slice("a", NULL), many[40];
    struct connstat_field no_type = {.name = "a", .type = (enum connstat_field_type)9};
    connstat_t *cs = create_segment(8);
    char scratch[100], names[40][4];

    (void)state;
    assert_int_equal(connstat_fit(NULL, same, 1, scratch, 100), -ENOTCONN);
    assert_int_equal(connstat_fit(cs, NULL, 1, scratch, 100), -EINVAL);
    assert_int_equal(connstat_fit(cs, same, 2, scratch, 100), -EINVAL);
    assert_int_equal(connstat_fit(cs, &nameless, 1, scratch, 100), -EINVAL);
    assert_int_equal(connstat_fit(cs, &empty, 1, scratch, 100), -EINVAL);
    assert_int_equal(connstat_fit(cs, &ugly, 1, scratch, 100), -EINVAL);
    assert_int_equal(connstat_fit(cs, &null, 1, scratch, 100), -EINVAL);
    assert_int_equal(connstat_fit(cs, &slice, 1, scratch, 100), -EINVAL);
    assert_int_equal(connstat_fit(cs, &no_type, 1, scratch, 100), -EINVAL);
    assert_int_equal(connstat_fit(cs, same, 1, NULL, 100), -EINVAL);
    for (int i = 0; i < 40; i++) {
        snprintf(names[i], sizeof(names[i]), "%d", i);
        many[i] = connstat_float(names[i], i);
    }
    assert_int_equal(connstat_fit(cs, many, 40, scratch, 100), -EMSGSIZE);
    connstat_close(cs);
    assert_int_equal(connstat_fit(cs, same, 1, scratch, 100), -ENOTCONN);
}

/* Random bytes as texts: after connstat_fit they are accepted. */
static void test_fit_anything(void **state)
{
    static const char *const names[] = {"a", "name", "user_agent", "path"};
    connstat_t *cs = create_segment(8);
    char scratch[96 + 4];
    uint8_t bytes[4][400];

    (void)state;
    srand(17);
    for (int round = 0; round < 3000; round++) {
        struct connstat_slice slices[4];
        struct connstat_field fields[4];
        size_t count = 1 + (size_t)rand() % 4;

        for (size_t i = 0; i < count; i++) {
            size_t size = (size_t)rand() % (round % 2 ? 40 : sizeof(bytes[i]));

            for (size_t k = 0; k < size; k++)
                bytes[i][k] = (uint8_t)(rand() % (round % 3 ? 256 : 128));
            slices[i] = (struct connstat_slice){(const char *)bytes[i], size};
            fields[i] = connstat_slice(names[i], &slices[i]);
        }
        assert_int_equal(connstat_fit(cs, fields, count, scratch, 96 + count), count);
        (void)register_and_see(cs, fields, count);
    }
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_slices),
        TEST(test_slices_are_texts),
        TEST(test_fit_leaves_what_is_right),
        TEST(test_fit_cleans),
        TEST(test_fit_cuts),
        TEST(test_fit_cuts_no_more_than_it_must),
        TEST(test_fit_refuses),
        TEST(test_fit_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
