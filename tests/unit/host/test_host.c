/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What connstat.h offers to fit a host's own data: a directory and a group for its segments, keys from
 * addresses and sockets, and texts of errors. Its texts: test_fit.c.
 */
#include "harness.h"
#include "machine.h"

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
    need_socket_cookies();
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
        TEST(test_key_addr),
        TEST(test_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
