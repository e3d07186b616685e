/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "common/output.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <unistd.h>

#include "common/failure.h"

static struct sigaction inherited;
static int write_error; /* the errno of the first write to standard output that failed */

void output_start(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, &inherited);
    __fsetlocking(stdout, FSETLOCKING_BYCALLER); /* only one thread prints: no locks */
}

void output_restore_signals(void)
{
    sigaction(SIGPIPE, &inherited, NULL);
}

bool output_failed(void)
{
    if (write_error == 0 && ferror(stdout))
        write_error = errno ? errno : EIO;
    return write_error != 0;
}

bool output_flush(void)
{
    if (!output_failed() && fflush(stdout) != 0)
        write_error = errno;
    return output_failed();
}

bool output_wait(double seconds)
{
    struct pollfd reader = {.fd = STDOUT_FILENO};
    int changed = poll(&reader, 1, (int)ceil(seconds * 1000));
    return changed <= 0 || !(reader.revents & (POLLERR | POLLNVAL));
}

int output_end(int status)
{
    if (!output_flush() || write_error == EPIPE)
        return status;
    failure("cannot write the output: %s", strerror(write_error));
    return status == STATUS_OK ? STATUS_RUNTIME : status;
}
