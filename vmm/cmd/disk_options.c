/* SPDX-License-Identifier: BSD-2-Clause */
/* See disk_options.h. */
#include "vmm/cmd/disk_options.h"

#include <stdio.h>
#include <string.h>

#define READ_ONLY ",ro"

static const char *const words[] = {"FILE", NULL};

static bool ends_with(const char *text, size_t length, const char *end)
{
    size_t end_length = strlen(end);

    return length > end_length && memcmp(text + length - end_length, end, end_length) == 0;
}

static bool apply_disk(struct options *options, const char *value)
{
    struct host_options *host = &options->host;
    size_t length = strlen(value);
    bool is_read_only = ends_with(value, length, READ_ONLY);
    struct disk_choice *disk = &host->disks[host->disk_count];

    if (is_read_only)
        length -= strlen(READ_ONLY);
    if (host->disk_count == HOST_OPTIONS_MAX_DISKS || length == 0 || length >= sizeof disk->path)
        return false;
    snprintf(disk->path, sizeof disk->path, "%.*s", (int)length, value);
    disk->is_read_only = is_read_only;
    options->config.disk_count = (uint8_t)++host->disk_count;
    return true;
}

static void print_disk(const struct options *options, struct text *text)
{
    for (unsigned i = 0; i < options->host.disk_count; i++) {
        text_add(text, i > 0 ? " --disk " : "--disk ");
        text_add_shell_quoted(text, options->host.disks[i].path);
        if (options->host.disks[i].is_read_only)
            text_add(text, READ_ONLY);
    }
}

static const struct option_row rows[] = {
    {
        .name = "disk",
        .value = "FILE[,ro]",
        .help = "virtio disk: a raw file, which is written unless ,ro",
        .accepted = "the name of a file, at most 4 times",
        .words = words,
        .apply = apply_disk,
        .print = print_disk,
        .is_of_restore_too = true,
    },
};

const struct option_table disk_option_table = OPTION_TABLE(rows);
