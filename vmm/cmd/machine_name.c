/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_name.h. */
#include "vmm/cmd/machine_name.h"

#include <string.h>

#include "vmm/cmd/options_machine.h"

void machine_name_options(const struct options *options, char bytes[RESULT_OPTIONS_BYTES])
{
    struct text text;

    text_init(&text, bytes, RESULT_OPTIONS_BYTES);
    options_add_machine(options, &text);
    if (text.cut)
        strcpy(bytes + RESULT_OPTIONS_BYTES - sizeof "...", "...");
}

/* How much of a file's name, which ends at a blank, a comma or a quote, is its folder. */
static size_t folder_bytes(const char *path)
{
    size_t folder = 0;

    for (size_t i = 0; path[i] != '\0' && strchr(" ,'", path[i]) == NULL; i++)
        if (path[i] == '/')
            folder = i + 1;
    return folder;
}

void machine_name_anywhere(const char *options_text, char bytes[RESULT_OPTIONS_BYTES])
{
    static const char *const before_file[] = {"--initrd ", "nvram="};
    struct text text;

    text_init(&text, bytes, RESULT_OPTIONS_BYTES);
    while (*options_text != '\0') {
        const char *next = options_text + 1;

        for (size_t i = 0; i < sizeof before_file / sizeof before_file[0]; i++)
            if (strncmp(options_text, before_file[i], strlen(before_file[i])) == 0)
                next = options_text + strlen(before_file[i]);
        if (next > options_text + 1 && *next == '\'')
            next++;
        text_add(&text, "%.*s", (int)(next - options_text), options_text);
        options_text = next > options_text + 1 ? next + folder_bytes(next) : next;
    }
}
