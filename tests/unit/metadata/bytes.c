/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "bytes.h"

#include <sys/mman.h>
#include <unistd.h>

uint8_t *guarded(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size + page - 1) / page * page;
    uint8_t *map =
        mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(map, MAP_FAILED);
    assert_int_equal(mprotect(map + whole, page, PROT_NONE), 0);
    return map + whole - size;
}

void unguard(uint8_t *bytes, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size + page - 1) / page * page;

    munmap(bytes + size - whole, whole + page);
}

int validate_guarded(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = guarded(size ? size : 1) + (size ? 0 : 1);
    int result;

    memcpy(copy, bytes, size);
    result = metadata_validate(copy, size);
    unguard(copy - (size ? 0 : 1), size ? size : 1);
    return result;
}

size_t unhex(const char *hex, uint8_t *bytes)
{
    size_t size = strlen(hex) / 2;

    for (size_t i = 0; i < size; i++)
        assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &bytes[i]), 1);
    return size;
}

size_t wrap(const char *hex, uint8_t *bytes)
{
    memcpy(bytes, "\xa1\x61k", 3);
    return 3 + unhex(hex, bytes + 3);
}
