/* SPDX-License-Identifier: BSD-2-Clause */
/* See host_options.h. */
#include "vmm/host/host_options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_PARTS         3
#define PROBE_WORDS_BYTES 64

/* The parts that are neither NULL nor empty, with spaces between them. */
static char *join(const char *const parts[static MAX_PARTS])
{
    char *line;
    size_t length;
    const char *space = "";
    FILE *stream = open_memstream(&line, &length);

    if (stream == NULL)
        return NULL;
    for (unsigned i = 0; i < MAX_PARTS; i++)
        if (parts[i] != NULL && *parts[i] != '\0') {
            fprintf(stream, "%s%s", space, parts[i]);
            space = " ";
        }
    if (fclose(stream) == 0)
        return line;
    free(line);
    return NULL;
}

char *host_options_linux_words(const struct host_options *options, bool other_date,
                               struct dilation time_rate)
{
    char probe_words[PROBE_WORDS_BYTES] = "";
    const char *const parts[MAX_PARTS] = {
        options->linux_words,
        options->initrd_count == 0 ? probe_words : NULL,
        options->check_words,
    };

    if (!dilation_is_one(time_rate))
        snprintf(probe_words, sizeof probe_words, "probe.wall=any probe.rate=%" PRIu32 "/%" PRIu32,
                 time_rate.guest_ns, time_rate.host_ns);
    else if (other_date)
        snprintf(probe_words, sizeof probe_words, "probe.wall=any");

    return join(parts);
}

char *host_options_command_line(const struct host_options *options)
{
    const char *const parts[MAX_PARTS] = {options->cmdline, options->append};

    return join(parts);
}
