/* SPDX-License-Identifier: BSD-2-Clause */
/* See clock_options.h. */
#include "vmm/cmd/clock_options.h"

#include "vmm/cmd/option_value.h"

static const char *const kvmclock_words[] = {
    [KVMCLOCK_USER] = "user", [KVMCLOCK_KERNEL] = "kernel", [KVMCLOCK_OFF] = "off", NULL};
static const char *const follow_words[] = {
    [KVMCLOCK_FOLLOW_RAW] = "raw", [KVMCLOCK_FOLLOW_MONOTONIC] = "monotonic", NULL};

/* From PTP_KVM_GUEST on. */
static const char *const ptp_kvm_words[] = {"guest", "host", "off", NULL};

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

static bool apply_ptp_kvm(struct options *options, const char *value)
{
    uint8_t place;

    if (!option_value_word(ptp_kvm_words, value, &place))
        return false;
    options->config.ptp_kvm = (uint8_t)(PTP_KVM_GUEST + place);
    return true;
}

static void print_ptp_kvm(const struct options *options, struct text *text)
{
    if (options->config.ptp_kvm != PTP_KVM_UNSAID)
        text_add(text, "--ptp-kvm %s", ptp_kvm_words[options->config.ptp_kvm - PTP_KVM_GUEST]);
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
        .help = "host clock to keep to: raw (default), monotonic",
        .accepted = "raw or monotonic",
        .words = follow_words,
        .apply = apply_follow,
        .print = print_follow,
        .print_rank = 3,
    },
    {
        .name = "ptp-kvm",
        .value = "WHOSE",
        .help = "time that ptp_kvm gives: guest (default), host, or off",
        .accepted = "guest, host or off",
        .words = ptp_kvm_words,
        .apply = apply_ptp_kvm,
        .print = print_ptp_kvm,
    },
};

const struct option_table clock_option_table = OPTION_TABLE(rows);
