/*
 * The reference device: a port at which the machine answers with the host's clocks, all of one
 * instant, in one exit; devices/reference.h is its contract. Other machines have no such port.
 */
#ifndef GUEST_IMAGES_PROBE_REFERENCE_H
#define GUEST_IMAGES_PROBE_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "guest-images/probe/drift.h"

/* Gets at the port; false if no reference device answers there. */
bool reference_open(void);

/* The narrowest of up to tries samples between two reads of the guest's clock. */
struct bracket reference_bracket(clockid_t clock, unsigned tries);

#endif
