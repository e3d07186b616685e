/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "cli/command.h"

#include <string.h>

#include "common/similar.h"

const struct command_option global_options[GLOBAL_OPTION_COUNT + 1] = {
    {'n', "name", "NAME", "the segment ($CONNSTAT_NAME, else default); serve and top take several",
     CHOOSE_SEGMENT, .is_repeatable = true}, /* of those two alone: options.c */
    {'o', "output", "FORMAT", "table, wide, json, jsonl or csv", "table wide json jsonl csv"},
    {GLOBAL_JSON, "json", NULL, "the same as -o json", NULL},
    {GLOBAL_CSV_SAFE, "csv-safe", NULL, "in CSV, no text is a formula to a spreadsheet", NULL},
    {GLOBAL_COLOR, "color", "WHEN",
     "auto, always or never; without it NO_COLOR, CLICOLOR_FORCE and the terminal decide",
     "auto always never"},
    {'h', "help", NULL, "show the help", NULL},
    {'V', "version", NULL, "show the version", NULL},
    {0},
};

const struct command *command_find(const struct command *const *commands, const char *name)
{
    for (; *commands; commands++) {
        if (strcmp((*commands)->name, name) == 0)
            return *commands;
    }
    return NULL;
}

char *command_advice(const struct command *const *commands, const char *name, char *buf,
                     size_t size)
{
    struct similar similar = {.word = name};
    for (; *commands; commands++)
        similar_offer(&similar, (*commands)->name);
    return similar_advice(&similar, "", buf, size);
}
