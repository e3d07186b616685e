/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Stands for diag.c where there is no libmnl.
 */
#include "net/diag.h"

#include <errno.h>

int diag_open(struct diag *diag)
{
    *diag = (struct diag){0};
    return -ENOSYS;
}

void diag_close(struct diag *diag)
{
    (void)diag;
}

int diag_dump(struct diag *diag, const struct diag_request *request,
              const struct diag_visitor *visitor)
{
    (void)diag, (void)request, (void)visitor;
    return -ENOSYS;
}
