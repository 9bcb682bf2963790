/* SPDX-License-Identifier: BSD-2-Clause */
/* See clock_options.h. */
#include "vmm/cmd/clock_options.h"

#include <inttypes.h>

#include "vmm/cmd/option_value.h"

static const char *const kvmclock_words[] = {
    [KVMCLOCK_USER] = "user", [KVMCLOCK_KERNEL] = "kernel", [KVMCLOCK_OFF] = "off", NULL};
static const char *const follow_words[] = {[KVMCLOCK_FOLLOW_RAW] = "raw",
                                           [KVMCLOCK_FOLLOW_MONOTONIC] = "monotonic",
                                           [KVMCLOCK_FOLLOW_REALTIME] = "realtime",
                                           "realtime,max=",
                                           NULL};

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
    struct machine_config *config = &options->config;
    uint64_t ppm = KVMCLOCK_FOLLOW_DEFAULT_PPM;

    if (option_value_skip(&value, "realtime,max=")) {
        config->kvmclock_follow = KVMCLOCK_FOLLOW_REALTIME;
        if (!option_value_number(&value, KVMCLOCK_FOLLOW_MAX_PPM, &ppm) || *value != '\0')
            return false;
    } else if (!option_value_word(follow_words, value, &config->kvmclock_follow) ||
               config->kvmclock_follow >= KVMCLOCK_FOLLOW_KINDS) {
        return false;
    }
    config->follow_max_ppm =
        config->kvmclock_follow == KVMCLOCK_FOLLOW_REALTIME ? (uint32_t)ppm : 0;
    return true;
}

static void print_follow(const struct options *options, struct text *text)
{
    const struct machine_config *config = &options->config;

    if (config->kvmclock_follow == machine_config_default.kvmclock_follow)
        return;
    text_add(text, "--kvmclock-follow %s", follow_words[config->kvmclock_follow]);
    if (config->kvmclock_follow == KVMCLOCK_FOLLOW_REALTIME &&
        config->follow_max_ppm != KVMCLOCK_FOLLOW_DEFAULT_PPM)
        text_add(text, ",max=%" PRIu32, config->follow_max_ppm);
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

/* The digits behind a decimal point, which is there: *number has them as well, *unit is 1 in them.
 */
static bool read_decimals(const char **text, uint64_t *number, uint64_t *unit)
{
    for (; **text >= '0' && **text <= '9'; ++*text) {
        if (*unit >= DILATION_MAX_TERM)
            return false;
        *unit *= 10;
        *number = *number * 10 + (uint64_t)(**text - '0');
    }
    return *unit > 1;
}

/* K as 10, 0.1 or 1/10. */
static bool apply_time_rate(struct options *options, const char *value)
{
    uint64_t guest = 0, host = 1;

    options->time_rate_count++;
    if (!option_value_number(&value, DILATION_MAX_TERM, &guest))
        return false;
    if (option_value_skip(&value, "/")) {
        if (!option_value_number(&value, DILATION_MAX_TERM, &host))
            return false;
    } else if (option_value_skip(&value, ".") && !read_decimals(&value, &guest, &host)) {
        return false;
    }
    return *value == '\0' && dilation_set(&options->config.time_rate, guest, host);
}

static void print_time_rate(const struct options *options, struct text *text)
{
    struct dilation rate = options->config.time_rate;

    if (dilation_is_one(rate))
        return;
    text_add(text, "--time-rate %" PRIu32, rate.guest_ns);
    if (rate.host_ns != 1)
        text_add(text, "/%" PRIu32, rate.host_ns);
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
        .help = "raw (default), monotonic or realtime[,max=PPM]",
        .accepted = "raw, monotonic, realtime, or realtime,max=PPM with 1 to 100000 PPM",
        .words = follow_words,
        .apply = apply_follow,
        .print = print_follow,
        .print_rank = 3,
    },
    {
        .name = "time-rate",
        .value = "K",
        .help = "guest time runs at K times the host's, 1/10 to 10",
        .accepted = "a number from 0.1 to 10, or a fraction as 1/10",
        .apply = apply_time_rate,
        .print = print_time_rate,
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
