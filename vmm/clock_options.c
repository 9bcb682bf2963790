/* See clock_options.h. */
#include "vmm/clock_options.h"

#include <string.h>

bool clock_options_apply_kvmclock(struct options *options, const char *value)
{
    static const char *const names[] = {
        [KVMCLOCK_USER] = "user", [KVMCLOCK_KERNEL] = "kernel", [KVMCLOCK_OFF] = "off"};

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(value, names[i]) == 0) {
            options->kvmclock = (enum kvmclock_mode)i;
            options->kvmclock_asked = true;
            return true;
        }
    return false;
}

bool clock_options_apply_follow(struct options *options, const char *value)
{
    bool monotonic = strcmp(value, "monotonic") == 0;

    options->kvmclock_follow = monotonic ? KVMCLOCK_FOLLOW_MONOTONIC : KVMCLOCK_FOLLOW_RAW;
    return monotonic || strcmp(value, "raw") == 0;
}
