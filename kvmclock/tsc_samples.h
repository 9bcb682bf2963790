/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Samples of a guest's TSC, each between two readings of the host's, and what they prove.
 *
 * A guest that reads its TSC has read it somewhere in the bracket. So samples can contradict that
 * its TSC is a given function of the host's, and otherwise leave no room for another than brackets
 * allow: an offset is right to the width of a bracket, and since host_tsc * ratio grows with the
 * host's uptime, a ratio is right to that width over the uptime. Example: brackets of 10 us, a day
 * after the host was started, leave a ratio no room beyond 0.12 parts per billion.
 */
#ifndef KVMCLOCK_TSC_SAMPLES_H
#define KVMCLOCK_TSC_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/guest_tsc.h"

struct tsc_sample {
    uint64_t host_before;
    uint64_t guest;
    uint64_t host_after;
};

/* Two samples, the second one later than the first. */
struct tsc_samples {
    struct tsc_sample first;
    struct tsc_sample last;
};

/* Width of a bracket, in cycles of the host's TSC. */
uint64_t tsc_sample_width(const struct tsc_sample *sample);

/* Whether a guest with this TSC could have read what it has. */
bool tsc_samples_fit(const struct tsc_samples *samples, const struct guest_tsc *tsc);

#endif
