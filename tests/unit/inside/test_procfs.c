/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What /proc says of this boot, and of a program.
 */
#include "harness.h"

#include "os/procfs.h"

/* A segment of another boot is nobody's: each of its sixteen bytes tells. Where one of the two is
 * not known, nothing is said to differ. */
static void test_same_boot(void **state)
{
    uint8_t boot_id[16], unknown[16] = {0};
    bool same = false;

    (void)state;
    assert_int_equal(procfs_boot_id(boot_id), 0);
    assert_memory_not_equal(boot_id, unknown, sizeof(boot_id));
    assert_int_equal(procfs_same_boot(boot_id, &same), 0);
    assert_true(same);
    for (unsigned i = 0; i < sizeof(boot_id); i++) {
        boot_id[i] ^= 1;
        assert_int_equal(procfs_same_boot(boot_id, &same), 0);
        assert_false(same);
        boot_id[i] ^= 1;
    }
    assert_int_equal(procfs_same_boot(unknown, &same), 0);
    assert_true(same);
}

/* Of the two numbers that a program is known by, one is behind the other, and this function between them. */
static void test_where_the_code_is(void **state)
{
    struct proc_stat stat;

    (void)state;
    assert_int_equal(procfs_stat_self(false, &stat), 0);
    assert_true(stat.start_code <= (uintptr_t)&test_where_the_code_is);
    assert_true(stat.end_code > (uintptr_t)&test_where_the_code_is);
    assert_true(stat.end_code < stat.start_stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_same_boot), TEST(test_where_the_code_is)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
