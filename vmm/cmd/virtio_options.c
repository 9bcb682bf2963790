/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_options.h. */
#include "vmm/cmd/virtio_options.h"

static bool apply_rng(struct options *options, const char *value)
{
    (void)value;
    options->config.virtio_rng = 1;
    return true;
}

static void print_rng(const struct options *options, struct text *text)
{
    if (options->config.virtio_rng)
        text_add(text, "--rng");
}

static const struct option_row rows[] = {
    {
        .name = "rng",
        .help = "virtio entropy device, with random bytes of the host",
        .apply = apply_rng,
        .print = print_rng,
    },
};

const struct option_table virtio_option_table = OPTION_TABLE(rows);
