/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See profiles.h. Where the numbers come from:
 *   drift<=1ppm    Linux takes the ACPI PM timer for 3579545 Hz, which is 127 ppb too slow. A clock
 *                  whose rate the kernel is told is far better than that.
 *   drift<=500ppm  For a TSC that the kernel measures by itself. Its quick calibration ends when
 *                  the result is as good as this.
 *   realtime<=1s   Linux sets CLOCK_REALTIME from the whole seconds of the RTC, plus a half.
 */
#include "check/profiles.h"

#include <stddef.h>
#include <string.h>

static const struct profile profiles[] = {
    {PROFILE_DEFAULT,
     "any clock that keeps time; 500 ppm is what Linux allows itself for the TSC",
     {"monotonic", "drift<=500ppm", "stable", "realtime<=1s", NULL}},
    {"kvm-clock",
     "the paravirtual clock is chosen and runs as the host does",
     {"clocksource=kvm-clock", "monotonic", "drift<=1ppm", "stable", "realtime<=1s", NULL}},
    {"tsc",
     "the TSC is trusted",
     {"clocksource=tsc", "monotonic", "drift<=500ppm", "stable", "realtime<=1s", NULL}},
    {"hpet",
     "the HPET is chosen; its rate is in its registers. The kernel may well call the TSC unstable",
     {"clocksource=hpet", "monotonic", "drift<=1ppm", "realtime<=1s", NULL}},
    {"acpi_pm",
     "the ACPI PM timer is chosen. The kernel may well call the TSC unstable",
     {"clocksource=acpi_pm", "monotonic", "drift<=1ppm", "realtime<=1s", NULL}},
};

const struct profile *profile_find(const char *name)
{
    for (unsigned i = 0; i < sizeof profiles / sizeof profiles[0]; i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    return NULL;
}
