/* SPDX-License-Identifier: BSD-2-Clause */
/* See size_options.h. */
#include "vmm/cmd/size_options.h"

#include <inttypes.h>

#include "vmm/cmd/option_value.h"

#define BYTES_PER_KIB 1024
#define BYTES_PER_MIB (UINT64_C(1) << 20)

static bool apply_cpus(struct options *options, const char *value)
{
    uint64_t count;

    if (!option_value_number(&value, UINT32_MAX, &count) || *value != '\0')
        return false;
    options->config.cpu_count = (uint32_t)count;
    return true;
}

/* Also of the default: a machine's description begins with it. */
static void print_cpus(const struct options *options, struct text *text)
{
    text_add(text, "--cpus %" PRIu32, options->config.cpu_count);
}

static bool apply_memory(struct options *options, const char *value)
{
    return option_value_size(value, &options->config.memory_bytes);
}

static void print_memory(const struct options *options, struct text *text)
{
    uint64_t bytes = options->config.memory_bytes;

    if (bytes == machine_config_default.memory_bytes)
        return;
    if (bytes % BYTES_PER_MIB == 0)
        text_add(text, "--memory %" PRIu64 "M", bytes / BYTES_PER_MIB);
    else
        text_add(text, "--memory %" PRIu64 "K", bytes / BYTES_PER_KIB);
}

static const struct option_row rows[] = {
    {
        .name = "cpus",
        .letter = 'c',
        .value = "N",
        .help = "virtual CPUs, 1 to 255 (default 1)",
        .accepted = "a number from 1 to 255",
        .apply = apply_cpus,
        .print = print_cpus,
        .print_rank = 1,
    },
    {
        .name = "memory",
        .letter = 'm',
        .value = "SIZE",
        .help = "RAM in MiB, or with suffix K, M or G (default 512)",
        .accepted = "a number of MiB or one with suffix K, M or G, from 2M to 1024G in steps of 4K",
        .apply = apply_memory,
        .print = print_memory,
        .print_rank = 13,
    },
};

const struct option_table size_option_table = OPTION_TABLE(rows);
