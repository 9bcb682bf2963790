/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reference device: a port at which the machine answers with the host's clocks, all of one
 * instant, in one exit; devices/pc/reference.h is its contract. Other machines have no such port.
 */
#ifndef GUEST_IMAGES_PROBE_REFERENCE_H
#define GUEST_IMAGES_PROBE_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "guest-images/probe/drift.h"

/*
 * Gets at the port; false if no reference device answers there. From now on the host's
 * CLOCK_MONOTONIC_RAW is taken times rate_num / rate_den, by which guest time is to run.
 */
bool reference_open(uint64_t rate_num, uint64_t rate_den);

/* Which of the tries so far are the narrowest: for the guest's clock, and for the host's sample. */
struct reference_best {
    struct bracket bracket;
    struct reference_sample host_pair;
};

/* Takes samples between two reads of the guest's clock. */
struct reference_best reference_take(clockid_t clock, unsigned tries);

#endif
