/* SPDX-License-Identifier: BSD-2-Clause */
/* See host_options.h. */
#include "vmm/host/host_options.h"

#include <stdio.h>
#include <stdlib.h>

/* Adds a space and the words to the line, if there are any. */
static void add_words(FILE *line, const char *words)
{
    if (words != NULL && *words != '\0')
        fprintf(line, " %s", words);
}

char *host_options_kernel_cmdline(const struct host_options *options, bool other_date)
{
    char *line;
    size_t length;
    FILE *stream = open_memstream(&line, &length);

    if (stream == NULL)
        return NULL;
    fputs(options->cmdline, stream);
    add_words(stream, other_date && options->initrd_path == NULL ? "probe.wall=any" : NULL);
    add_words(stream, options->check_words);
    add_words(stream, options->append);
    if (fclose(stream) == 0)
        return line;
    free(line);
    return NULL;
}
