/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "common/cut.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void (*volatile otherwise)(int signal);
static uintptr_t page_bytes; /* sysconf is not for signal handlers */

static void say_once(void)
{
    static volatile sig_atomic_t said;
    static const char text[] =
        "connstat: the file of the segment was cut while it was read: what is "
        "missing counts as empty\n";

    if (!said)
        (void)!write(STDERR_FILENO, text, strlen(text));
    said = 1;
}

/* Read-only: who would write there is a worker, whose file nobody but its own user can cut. */
static int put_zeros(uintptr_t address)
{
    void *page = (void *)(address & ~(page_bytes - 1));

    return mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
                   MAP_FAILED
               ? -1
               : 0;
}

static void on_bus_error(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (info->si_code == BUS_ADRERR && put_zeros((uintptr_t)info->si_addr) == 0) {
        say_once();
        return;
    }
    signal(number, SIG_DFL);
    if (otherwise != NULL)
        otherwise(number);
    else
        raise(number);
}

void cut_survive(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_NODEFER};

    page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    sigaction(SIGBUS, &action, NULL);
}

void cut_otherwise(void (*handler)(int signal))
{
    otherwise = handler;
}
