/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Prints what an audit has found, in every format.
 */
#ifndef ACT_AUDIT_REPORT_H
#define ACT_AUDIT_REPORT_H

#include "common/context.h"
#include "net/look.h"

struct audit_report {
    const struct context *context;
    connstat_t *cs;
    struct look *look; /* sorted by type and worker while it is printed */
    uint64_t cannot_tell;
    bool fix_hint;
};

void audit_print(const struct audit_report *report);

/* Whether anything is certainly wrong. Sockets are not, as long as each may be that of an entry
 * without a cookie. */
bool audit_is_bad(const struct audit_report *report);

#endif
