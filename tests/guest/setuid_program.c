/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Made set-uid by test_setuid: whose directory and name does the library take?
 * Exit status: 0 its own, 2 those of the environment, 3 it was not started set-uid, 1 otherwise.
 */
#include <connstat.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

static int of_environment(const char *expected)
{
    char path[300];
    connstat_t *cs;
    int error = connstat_open(&cs, NULL, CONNSTAT_READ_ONLY);

    if (connstat_path(NULL, path, sizeof(path)) == NULL)
        return 1;
    if (error == 0)
        connstat_close(cs);
    if (strcmp(path, expected) == 0)
        return error == 0 ? 2 : 1;
    return error == -ENOENT ? 0 : 1;
}

int main(int argc, char **argv)
{
    int result = argc == 2 ? of_environment(argv[1]) : 1;

    return result == 0 && getauxval(AT_SECURE) == 0 ? 3 : result;
}
