/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What connstat.h offers to fit a host's own data: a directory and a group for its segments, texts
 * without a NUL, texts that are no UTF-8, keys from addresses and sockets, and texts of errors.
 */
#include "harness.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* ---- making and finding --------------------------------------------------------------------- */

static void test_directory(void **state)
{
    char other[] = "/tmp/connstat-host.XXXXXX", long_one[4200], file[64];
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    struct connstat_info info;
    connstat_t *cs, *reader;

    (void)state;
    assert_non_null(mkdtemp(other));
    config.directory = other;
    config.capacity = 8;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    assert_int_equal(connstat_info(cs, &info), 0);
    snprintf(file, sizeof(file), "%s/test.connstat", other);
    assert_string_equal(info.path, file);
    assert_int_equal(access(file, F_OK), 0);
    assert_int_equal(connstat_open(&reader, "test", 0), -ENOENT);
    assert_int_equal(connstat_open_at(&reader, NULL, "test", 0), -ENOENT);
    assert_int_equal(connstat_open_at(&reader, "", "test", 0), -EINVAL);
    memset(long_one, 'a', sizeof(long_one) - 1);
    long_one[sizeof(long_one) - 1] = '\0';
    assert_int_equal(connstat_open_at(&reader, long_one, "test", 0), -EINVAL);
    assert_int_equal(connstat_open_at(NULL, other, "test", 0), -EINVAL);
    assert_int_equal(connstat_open_at(&reader, other, "test", 4), -EINVAL);
    assert_int_equal(connstat_open_at(&reader, other, "test", CONNSTAT_READ_ONLY), 0);
    assert_int_equal(connstat_type_count(reader), 9);
    assert_int_equal(connstat_destroy("test"), -ENOENT);
    assert_int_equal(connstat_destroy_at(NULL, "test"), -ENOENT);
    assert_int_equal(connstat_destroy_at(other, "test"), 0);
    assert_int_equal(connstat_destroy_at(other, "test"), -ENOENT);
    connstat_close(reader);
    connstat_close(cs);
    assert_int_equal(rmdir(other), 0);
}

static void test_group(void **state)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    struct stat st;
    connstat_t *cs;

    (void)state;
    config.capacity = 8;
    config.mode = 0660;
    config.gid = geteuid() == 0 ? 4242 : getegid();
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    assert_int_equal(stat(segment_path("test"), &st), 0);
    assert_int_equal(st.st_gid, config.gid);
    assert_int_equal(st.st_mode & 07777, 0660);
    connstat_close(cs);
}

static void join_no_group(struct child *self, void *arg)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    (void)self;
    CHECK(geteuid() != 0 ||
          (chmod(getenv("CONNSTAT_DIR"), 0777) == 0 && setuid(*(uid_t *)arg) == 0));
    config.gid = 4242;
    CHECK(connstat_create(&cs, "test", &config) == -EACCES);
    CHECK(access(segment_path("test"), F_OK) < 0);
}

static void test_group_of_others(void **state)
{
    uid_t nobody = 65534;

    (void)state;
    in_child(join_no_group, &nobody);
}

/* A configuration that asks for what this version cannot do is refused, not ignored. */
static void test_config_of_the_future(void **state)
{
    uint32_t maxima[9] = {8, 8, 8, 8, 8, 8, 8, 8, 8};
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    (void)state;
    config.capacity = 8;
    config.flags = 1u << 31;
    assert_int_equal(connstat_create(&cs, "test", &config), -EINVAL);
    config.flags = 0;
    config.max_capacity = 7;
    assert_int_equal(connstat_create(&cs, "test", &config), -EINVAL);
    /* A program that was built before these fields existed passes a smaller size. They are not read. */
    config.size = offsetof(struct connstat_config, directory);
    config.directory = "/nowhere";
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    connstat_close(cs);
    config.size = sizeof(config);
    config.directory = NULL;
    config.max_capacity = 8;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    connstat_close(cs);
    config.max_capacities = maxima;
    config.max_capacity = 0;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    connstat_close(cs);
    maxima[8] = 7;
    assert_int_equal(connstat_create(&cs, "test", &config), -EINVAL);
}

static void test_path(void **state)
{
    char buf[4096];
    size_t length;

    (void)state;
    assert_ptr_equal(connstat_path("test", buf, sizeof(buf)), buf);
    assert_string_equal(buf, segment_path("test"));
    length = strlen(buf);
    assert_null(connstat_path("test", buf, length));
    assert_non_null(connstat_path("test", buf, length + 1));
    assert_null(connstat_path(".test", buf, sizeof(buf)));
    assert_null(connstat_path("", buf, sizeof(buf)));
    assert_null(connstat_path("test", NULL, sizeof(buf)));
    assert_non_null(connstat_path(NULL, buf, sizeof(buf)));
    assert_string_equal(buf, segment_path("default"));
    setenv("CONNSTAT_NAME", "named", 1);
    assert_non_null(connstat_path(NULL, buf, sizeof(buf)));
    assert_string_equal(buf, segment_path("named"));
    unsetenv("CONNSTAT_NAME");
}

static void test_strerror(void **state)
{
    static const int known[] = {EINVAL, ENOENT,  ENOTCONN, EEXIST, EACCES, EPERM,   EROFS,
                                EPROTO, ENOSPC,  EMSGSIZE, EUSERS, EDQUOT, EBUSY,   EBADMSG,
                                EMFILE, EDEADLK, ENFILE,   ENOMEM, EAGAIN, ENOTSOCK};
    const char *other = connstat_strerror(-EXDEV);

    (void)state;
    assert_string_equal(connstat_strerror(0), "done");
    assert_non_null(other);
    assert_ptr_equal(connstat_strerror(EINVAL), other);
    assert_ptr_equal(connstat_strerror(INT32_MIN), other);
    for (size_t i = 0; i < COUNT(known); i++) {
        assert_ptr_not_equal(connstat_strerror(-known[i]), other);
        assert_string_not_equal(connstat_strerror(-known[i]), strerror(known[i]));
    }
}

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

/* ---- addresses and sockets ------------------------------------------------------------------ */

static void test_key_addr(void **state)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(80)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr other = {.sa_family = AF_UNIX};
    struct connstat_key mapped, plain, key = {{1}}, untouched = key;
    uint8_t wanted[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7};

    (void)state;
    v4.sin_addr.s_addr = htonl(0x0a000007);
    memcpy(&v6.sin6_addr, wanted, 16);
    assert_int_equal(connstat_key_addr((struct sockaddr *)&v4, &plain), 0);
    assert_memory_equal(plain.bytes, wanted, 16);
    assert_int_equal(connstat_key_addr((struct sockaddr *)&v6, &mapped), 0);
    assert_memory_equal(&plain, &mapped, sizeof(plain));
    assert_int_equal(connstat_key_addr(&other, &key), -EAFNOSUPPORT);
    assert_int_equal(connstat_key_addr(NULL, &key), -EINVAL);
    assert_int_equal(connstat_key_addr((struct sockaddr *)&v4, NULL), -EINVAL);
    assert_memory_equal(&key, &untouched, sizeof(key));
}

static void test_socket(void **state)
{
    struct connstat_field field = connstat_int("untouched", 1), again, other;
    int pair[2], pipes[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(connstat_socket(-1, &field), -EBADF);
    assert_int_equal(connstat_socket(pipes[0], &field), -ENOTSOCK);
    assert_int_equal(connstat_socket(pair[0], NULL), -EINVAL);
    assert_string_equal(field.name, "untouched");
    assert_int_equal(connstat_socket(pair[0], &field), 0);
    assert_int_equal(connstat_socket(pair[0], &again), 0);
    assert_int_equal(connstat_socket(pair[1], &other), 0);
    assert_string_equal(field.name, "socket");
    assert_int_equal(field.type, CONNSTAT_INT);
    assert_true(field.value.integer > 0 && field.value.integer == again.value.integer);
    assert_true(field.value.integer != other.value.integer);
    close(pair[0]);
    close(pair[1]);
    close(pipes[0]);
    close(pipes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_directory),
        TEST(test_group),
        TEST(test_group_of_others),
        TEST(test_config_of_the_future),
        TEST(test_path),
        TEST(test_strerror),
        TEST(test_slices),
        TEST(test_slices_are_texts),
        TEST(test_fit_leaves_what_is_right),
        TEST(test_fit_cleans),
        TEST(test_fit_cuts),
        TEST(test_fit_cuts_no_more_than_it_must),
        TEST(test_fit_refuses),
        TEST(test_fit_anything),
        TEST(test_key_addr),
        TEST(test_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
