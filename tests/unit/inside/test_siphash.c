/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * SipHash-1-3 of sixteen bytes against what other programs compute. One build of the library reads
 * the index of keys that another build has written, so both must compute this hash and no other.
 */
#include "keys/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* The bytes 0, 1, 2, ... under a key. The first is vector 16 of the 64 that Rust's standard library
 * is tested with. Each was also computed by a program written after the paper that gives the paper's
 * own vector for SipHash-2-4; the second is what CPython 3.11 calls hash(bytes(range(16))) with
 * PYTHONHASHSEED=0. */
static const struct {
    uint64_t secret[2], hash;
} vectors[] = {
    {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}, UINT64_C(0xcc4fdd1a7d908b66)},
    {{0, 0}, UINT64_C(0x8972188433a5c5b7)},
};

static void test_known_vectors(void **state)
{
    uint8_t bytes[16];
    uint64_t words[2];

    (void)state;
    for (uint8_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = i;
    memcpy(words, bytes, sizeof(words));
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        assert_true(siphash_two_words(vectors[i].secret, words) == vectors[i].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known_vectors)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
