/* SPDX-License-Identifier: BSD-2-Clause */
/* See options_machine.h: each row prints its own option. */
#include "vmm/cmd/options_machine.h"

#include "vmm/cmd/option_commands.h"

/* A space before the option, unless it is the first or the row adds nothing. */
static void add_option(const struct option_row *row, const struct options *options, bool *begun,
                       struct text *text)
{
    const struct text before = *text;
    size_t begin;

    if (*begun)
        text_add(text, " ");
    begin = text->length_bytes;
    row->print(options, text);
    if (text->length_bytes > begin) {
        *begun = true;
        return;
    }
    *text = before;
    text->bytes[text->length_bytes] = '\0';
}

static void add_rank(const struct option_list *list, unsigned rank, const struct options *options,
                     bool *begun, struct text *text)
{
    for (unsigned i = 0; i < list->count; i++)
        if (list->rows[i]->print != NULL && list->rows[i]->print_rank == rank)
            add_option(list->rows[i], options, begun, text);
}

void options_add_machine(const struct options *options, struct text *text)
{
    struct option_list list;
    bool begun = false;

    option_commands_list(COMMAND_RUN, &list);
    for (unsigned rank = 1; rank <= OPTION_ROWS_MAX; rank++)
        add_rank(&list, rank, options, &begun, text);
    add_rank(&list, 0, options, &begun, text);
}
