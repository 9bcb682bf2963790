/* SPDX-License-Identifier: BSD-2-Clause */
/* See fault_options.h. */
#include "vmm/cmd/fault_options.h"

#include "timelab/fault_schedule.h"

static bool read_entry(const char *value, struct scheduled_fault *entry, struct text *error)
{
    static char line[FAULT_ERROR_BYTES];

    text_init(error, line, sizeof line);
    return scheduled_fault_from_words(value, entry, error);
}

static bool apply_at(struct options *options, const char *value)
{
    struct scheduled_fault entry;
    struct text error;

    return read_entry(value, &entry, &error) && fault_schedule_add(&options->faults, &entry);
}

static const char *fault_of_at(const char *value)
{
    struct scheduled_fault entry;
    struct text error;

    return read_entry(value, &entry, &error) ? "a run has 64 faults at most" : error.bytes;
}
_Static_assert(FAULT_SCHEDULE_MAX == 64, "said above");

static void add_argument(const struct fault_argument *argument, struct text *text)
{
    text_add(text, "    %s: ", argument->name);
    fault_value_add_range(argument, text);
    if (argument->use == FAULT_OPTIONAL && fault_value_may_be(argument, argument->preset)) {
        text_add(text, "; without it ");
        fault_value_add(argument, argument->preset, text);
    }
    text_add(text, "\n");
}

void fault_options_add_list(struct text *text)
{
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++) {
        const struct fault_row *row = &fault_rows[kind];

        text_add(text, "%s", row->name);
        fault_add_usage(row, text);
        text_add(text, "\n    %s\n", row->help);
        for (unsigned i = 0; row->arguments[i].name != NULL; i++)
            add_argument(&row->arguments[i], text);
        text_add(text, "    needs ");
        fault_add_needs(row, text);
        text_add(text, "\n");
    }
}

static const struct option_row rows[] = {
    {
        .name = "at",
        .value = "'TIME FAULT...'",
        .help = "a fault, as '5s jump by=1h'; --faults lists them",
        .accepted = "a guest time and a fault, as '5s jump by=1h'",
        .fault = fault_of_at,
        .apply = apply_at,
    },
    {
        .name = "faults",
        .ends = OPTIONS_FAULTS,
    },
};

const struct option_table fault_option_table = OPTION_TABLE(rows);
