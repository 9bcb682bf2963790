/* SPDX-License-Identifier: BSD-2-Clause */
/* See kernel_options.h. */
#include "vmm/cmd/kernel_options.h"

#include "vmm/cmd/option_value.h"

static const char *const reboot_words[] = {"end", "again", NULL};

bool kernel_options_apply_initrd(struct options *options, const char *value)
{
    struct host_options *host = &options->host;

    if (*value == '\0' || host->initrd_count == HOST_OPTIONS_MAX_INITRDS)
        return false;
    host->initrds[host->initrd_count++] = value;
    return true;
}

static void print_initrd(const struct options *options, struct text *text)
{
    for (unsigned i = 0; i < options->host.initrd_count; i++) {
        text_add(text, i > 0 ? " --initrd " : "--initrd ");
        text_add_shell_quoted(text, options->host.initrds[i]);
    }
}

static bool apply_append(struct options *options, const char *value)
{
    options->host.append = value;
    return true;
}

static void print_append(const struct options *options, struct text *text)
{
    if (options->host.append == NULL)
        return;
    text_add(text, "--append ");
    text_add_shell_quoted(text, options->host.append);
}

static bool apply_cmdline(struct options *options, const char *value)
{
    options->host.cmdline = value;
    options->host.linux_words = "";
    return true;
}

static void print_cmdline(const struct options *options, struct text *text)
{
    if (options->host.cmdline == NULL)
        return;
    text_add(text, "--cmdline ");
    text_add_shell_quoted(text, options->host.cmdline);
}

static bool apply_reboot(struct options *options, const char *value)
{
    uint8_t place;

    if (!option_value_word(reboot_words, value, &place))
        return false;
    options->host.reboot_again = place == 1;
    return true;
}

static const struct option_row rows[] = {
    {
        .name = "initrd",
        .letter = 'i',
        .value = "FILE",
        .help = "initramfs (default: a clock probe), or a module",
        .accepted = "the name of a file, at most 32 times",
        .words = option_value_file_words,
        .apply = kernel_options_apply_initrd,
        .print = print_initrd,
        .print_rank = 15,
    },
    {
        .name = "append",
        .letter = 'a',
        .value = "TEXT",
        .help = "add TEXT to the kernel command line",
        .accepted = "words for the kernel command line",
        .apply = apply_append,
        .print = print_append,
        .print_rank = 17,
        .is_of_restore_too = true,
    },
    {
        .name = "cmdline",
        .value = "TEXT",
        .help = "replace \"" KERNEL_OPTIONS_CMDLINE "\"",
        .accepted = "words for the kernel command line",
        .apply = apply_cmdline,
        .print = print_cmdline,
        .print_rank = 16,
    },
    {
        .name = "reboot",
        .value = "HOW",
        .help = "at a reset: end the run (default), or boot again",
        .accepted = "end or again",
        .words = reboot_words,
        .apply = apply_reboot,
    },
};

const struct option_table kernel_option_table = OPTION_TABLE(rows);
