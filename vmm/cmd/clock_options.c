/* SPDX-License-Identifier: BSD-2-Clause */
/* See clock_options.h. */
#include "vmm/cmd/clock_options.h"

#include <string.h>

static const char *const kvmclock_words[] = {
    [KVMCLOCK_USER] = "user", [KVMCLOCK_KERNEL] = "kernel", [KVMCLOCK_OFF] = "off"};

const char *clock_options_kvmclock_word(enum kvmclock_mode mode)
{
    return kvmclock_words[mode];
}

bool clock_options_apply_kvmclock(struct options *options, const char *value)
{
    for (unsigned i = 0; i < sizeof kvmclock_words / sizeof kvmclock_words[0]; i++)
        if (strcmp(value, kvmclock_words[i]) == 0) {
            options->config.kvmclock = (uint8_t)i;
            options->config.kvmclock_asked = true;
            return true;
        }
    return false;
}

bool clock_options_apply_follow(struct options *options, const char *value)
{
    bool monotonic = strcmp(value, "monotonic") == 0;

    options->config.kvmclock_follow = monotonic ? KVMCLOCK_FOLLOW_MONOTONIC : KVMCLOCK_FOLLOW_RAW;
    return monotonic || strcmp(value, "raw") == 0;
}
