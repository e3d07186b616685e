/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Looking on from outside: who is there, with what metadata. It maps the segment read-only, so it
 * can neither damage nor delay the server. Argument: the segment's name (connstat ls shows them).
 */
#include <connstat.h>
#include <stdio.h>

static void print_field(const struct connstat_field *field)
{
    switch (field->type) {
    case CONNSTAT_TEXT:
        printf(" %s=%s", field->name, field->value.text);
        break;
    case CONNSTAT_INT:
        printf(" %s=%lld", field->name, (long long)field->value.integer);
        break;
    case CONNSTAT_BOOL:
        printf(" %s=%s", field->name, field->value.boolean ? "true" : "false");
        break;
    case CONNSTAT_FLOAT:
        printf(" %s=%g", field->name, field->value.real);
        break;
    case CONNSTAT_SLICE: /* given to register only: what is read is CONNSTAT_TEXT */
        break;
    }
}

/* What the entry holds is good during the visit only: copy what is to stay. */
static int print_entry(const struct connstat_entry *entry, void *arg)
{
    connstat_t *cs = arg;

    printf("%s of worker %d:", connstat_type_name(cs, entry->type), (int)entry->pid);
    for (size_t i = 0; i < entry->metadata_count; i++)
        print_field(&entry->metadata[i]);
    putchar('\n');
    return 0; /* go on */
}

int main(int argc, char **argv)
{
    connstat_t *cs;
    int64_t entries;
    int error = connstat_open(&cs, argc > 1 ? argv[1] : NULL, CONNSTAT_READ_ONLY);

    if (error < 0)
        return fprintf(stderr, "reader: %s\n", connstat_strerror(error)), 1;
    (void)connstat_reap(cs); /* on a read-only handle: judge who is dead, for this handle alone */
    entries = connstat_for_each(cs, CONNSTAT_ANY_TYPE, print_entry, cs);
    printf("%lld entries\n", (long long)entries);
    connstat_close(cs);
    return entries < 0;
}
