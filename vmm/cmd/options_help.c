/* SPDX-License-Identifier: BSD-2-Clause */
/* See options_help.h. */
#include "vmm/cmd/options_help.h"

#include <string.h>

#include "vmm/cmd/option_commands.h"

/* Where the text begins, if the option before it is short enough. */
#define TEXT_COLUMN 25

/* "-c, --cpus N", as far as the row has it. */
static void add_option(struct text *text, const struct option_row *row)
{
    if (row->letter != 0)
        text_add(text, "-%c, ", row->letter);
    text_add(text, "--%s", row->name);
    if (row->value != NULL)
        text_add(text, " %s", row->value);
}

/* Lines behind the first begin at the same column. */
static void add_lines(struct text *text, const char *lines)
{
    for (;;) {
        size_t length = strcspn(lines, "\n");

        text_add(text, "%.*s\n", (int)length, lines);
        if (lines[length] == '\0')
            return;
        text_add(text, "%*s", TEXT_COLUMN, "");
        lines += length + 1;
    }
}

static void add_row(struct text *text, const struct option_row *row)
{
    size_t begin = text->length_bytes;
    size_t width;

    text_add(text, row->letter != 0 ? "  " : "      ");
    add_option(text, row);
    width = text->length_bytes - begin;
    text_add(text, "%*s", width < TEXT_COLUMN ? TEXT_COLUMN - (int)width : 2, "");
    add_lines(text, row->help);
}

/* One line for the options that need no words. */
static void add_last_line(struct text *text, const struct option_list *list)
{
    const char *gap = "  ";

    for (unsigned i = 0; i < list->count; i++) {
        if (list->rows[i]->help != NULL || list->rows[i]->letter == 0)
            continue;
        text_add(text, "%s", gap);
        add_option(text, list->rows[i]);
        gap = "    ";
    }
    text_add(text, "\n");
}

void options_help_add(enum options_command command, struct text *text)
{
    const struct option_command *of = &option_commands[command];
    struct option_list list = {.count = 0};

    if (of->helps_own_only)
        option_list_add(&list, of->own);
    else
        option_commands_list(command, &list);
    text_add(text, "%s\n", of->usage);
    for (unsigned i = 0; i < list.count; i++)
        if (list.rows[i]->help != NULL)
            add_row(text, list.rows[i]);
    if (!of->helps_own_only)
        add_last_line(text, &list);
    text_add(text, "\n%s", of->ending);
}
