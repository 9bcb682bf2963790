/* SPDX-License-Identifier: BSD-2-Clause */
/* See clock_options.h. */
#include "vmm/cmd/clock_options.h"

#include "vmm/cmd/option_value.h"

static const char *const kvmclock_words[] = {
    [KVMCLOCK_USER] = "user", [KVMCLOCK_KERNEL] = "kernel", [KVMCLOCK_OFF] = "off", NULL};
static const char *const follow_words[] = {
    [KVMCLOCK_FOLLOW_RAW] = "raw", [KVMCLOCK_FOLLOW_MONOTONIC] = "monotonic", NULL};

static bool apply_kvmclock(struct options *options, const char *value)
{
    options->config.kvmclock_asked = true;
    return option_value_word(kvmclock_words, value, &options->config.kvmclock);
}

/* Also of the default: a machine's description begins with it. */
static void print_kvmclock(const struct options *options, struct text *text)
{
    text_add(text, "--kvmclock %s", kvmclock_words[options->config.kvmclock]);
}

static bool apply_follow(struct options *options, const char *value)
{
    return option_value_word(follow_words, value, &options->config.kvmclock_follow);
}

static void print_follow(const struct options *options, struct text *text)
{
    if (options->config.kvmclock_follow != machine_config_default.kvmclock_follow)
        text_add(text, "--kvmclock-follow %s", follow_words[options->config.kvmclock_follow]);
}

static const struct option_row rows[] = {
    {
        .name = "kvmclock",
        .value = "WHO",
        .help = "kvm-clock published by user (default), kernel or off",
        .accepted = "user, kernel or off",
        .words = kvmclock_words,
        .apply = apply_kvmclock,
        .print = print_kvmclock,
        .print_rank = 2,
    },
    {
        .name = "kvmclock-follow",
        .value = "CLOCK",
        .help = "of the host that guest time keeps to: raw\n"
                "(default), or monotonic, which NTP corrects",
        .accepted = "raw or monotonic",
        .words = follow_words,
        .apply = apply_follow,
        .print = print_follow,
        .print_rank = 3,
    },
};

const struct option_table clock_option_table = OPTION_TABLE(rows);
