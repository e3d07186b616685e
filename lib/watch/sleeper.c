/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "watch/sleeper.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

void sleeper_open(struct sleeper *sleeper)
{
    aio_context_t context = 0;

    *sleeper = (struct sleeper){0};
    if (syscall(SYS_io_setup, SLEEPER_FILES, &context) == 0)
        sleeper->context = context;
}

void sleeper_close(struct sleeper *sleeper)
{
    if (sleeper->context != 0)
        (void)syscall(SYS_io_destroy, (aio_context_t)sleeper->context);
    *sleeper = (struct sleeper){0};
}

int sleeper_take(struct sleeper *sleeper, unsigned name, int fd, short events)
{
    struct iocb poll_file = {
        .aio_data = name,
        .aio_lio_opcode = IOCB_CMD_POLL,
        .aio_fildes = (uint32_t)fd,
        .aio_buf = (uint16_t)events,
    };
    struct iocb *list[] = {&poll_file};

    if (sleeper->taken[name])
        return 0;
    if (syscall(SYS_io_submit, (aio_context_t)sleeper->context, 1L, list) != 1)
        return -errno;
    sleeper->taken[name] = true;
    return 0;
}

int sleeper_sleep(struct sleeper *sleeper)
{
    struct io_event events[SLEEPER_FILES];
    long count;

    do
        count = syscall(SYS_io_getevents, (aio_context_t)sleeper->context, 1L, (long)SLEEPER_FILES,
                        events, NULL);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return -errno;
    for (long i = 0; i < count; i++)
        sleeper->taken[events[i].data] = false;
    return 0;
}
