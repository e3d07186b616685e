/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which values of an option only a segment can tell, and by which question.
 */
#include <stddef.h>
#include <string.h>

#include "cli/command.h"
#include "completion/scripts.h"

const char *completion_subject(const char *choices)
{
    static const struct {
        const char *choices, *subject;
    } known[] = {
        {CHOOSE_TYPE, "types"}, {CHOOSE_FIELD, "fields"}, {CHOOSE_PID, "pids"}, {CHOOSE_ID, "ids"}};
    for (size_t i = 0; choices && i < sizeof(known) / sizeof(*known); i++) {
        if (strcmp(choices, known[i].choices) == 0)
            return known[i].subject;
    }
    return NULL;
}
